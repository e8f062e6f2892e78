import { accountRootArn } from '../../api/arn.ts'
import type { EpochMs } from '../../base/ports.ts'
import { isoSeconds } from '../../base/ports.ts'
import type { Caller, CallerPolicies } from '../../dispatch/caller.ts'
import type { ContextLookup } from '../../policy/context.ts'
import { federatedArn, pathedArn, sessionArn } from '../entities/arns.ts'
import type { RoleValue, Tag, UserValue } from '../iam-records.ts'
import type { ConsoleBinding, Federation } from '../sessions/session-token.ts'

/** Returns the present policies of a caller. */
export type PoliciesNow = () => CallerPolicies | Promise<CallerPolicies>

/** The root user of an account. */
export function rootCaller(account: string, accessKeyId: string, policies: PoliciesNow): Caller {
  const arn = accountRootArn(account)
  const identity = { type: 'Root', principalId: account, arn, accountId: account, accessKeyId }
  return {
    account,
    arn,
    accessKeyId,
    principal: { type: 'Root', account, arn },
    identityJson: JSON.stringify(identity),
    keys: keysOf({ account, arn, type: 'Account', userId: account }),
    policies,
  }
}

/** A user, with an access key of its own. */
export function userCaller(
  account: string,
  user: UserValue,
  accessKeyId: string,
  policies: PoliciesNow,
): Caller {
  const arn = pathedArn(account, 'user', user)
  const { id, name, tags } = user
  const identity = userIdentity(account, user, accessKeyId)
  return {
    account,
    arn,
    accessKeyId,
    principal: { type: 'User', account, arn, id },
    identityJson: JSON.stringify(identity),
    keys: keysOf({ account, arn, type: 'User', userId: id, userName: name, tags }),
    policies,
  }
}

function userIdentity(account: string, { id, name, ...rest }: UserValue, accessKeyId: string): object {
  const arn = pathedArn(account, 'user', { name, ...rest })
  return { type: 'IAMUser', principalId: id, arn, accountId: account, accessKeyId, userName: name }
}

/** The facts of a session, whoever uses it. */
export type SessionFacts = {
  readonly accessKeyId: string
  readonly issuedAt: EpochMs
  /** When the code of an MFA device was verified; nothing for a session without MFA. */
  readonly mfaAt?: EpochMs | undefined
  readonly sourceIdentity?: string | undefined
  /** The identity provider that vouched for the caller of the AssumeRole operation. */
  readonly provider?: string | undefined
  /** The provider's claims, by condition key in lower case. */
  readonly federation?: Federation | undefined
  /** For a role's session of the web console. */
  readonly console?: ConsoleBinding | undefined
}

/** A session that a user, or an account's root user, has made for itself. */
export function ownSessionCaller(
  account: string,
  user: UserValue | undefined,
  facts: SessionFacts,
  policies: PoliciesNow,
): Caller {
  const { accessKeyId } = facts
  const caller =
    user === undefined
      ? rootCaller(account, accessKeyId, policies)
      : userCaller(account, user, accessKeyId, policies)
  const identity =
    user === undefined
      ? { type: 'Root', principalId: account, arn: caller.arn, accountId: account, accessKeyId }
      : userIdentity(account, user, accessKeyId)
  const sessionContext = { attributes: sessionAttributes(facts) }
  return {
    ...caller,
    identityJson: JSON.stringify({ ...identity, sessionContext }),
    keys: sessionKeys(facts, caller.keys),
    ...mfaOf(facts),
  }
}

/** A user, or an account's root user, who has signed in to the web console. */
export function consoleCaller(
  account: string,
  user: UserValue | undefined,
  facts: SessionFacts,
  policies: PoliciesNow,
): Caller {
  return { ...ownSessionCaller(account, user, facts, policies), isConsole: true }
}

/**
 * A session that a user, or an account's root user, has made for another. @param maker nothing for the root
 * user.
 */
export function federatedCaller(
  account: string,
  maker: UserValue | undefined,
  session: SessionFacts & { readonly name: string; readonly tags: readonly Tag[] },
  policies: PoliciesNow,
): Caller {
  const { accessKeyId, name } = session
  const arn = federatedArn(account, name)
  const issuerArn = maker === undefined ? accountRootArn(account) : pathedArn(account, 'user', maker)
  const userId = `${account}:${name}`
  const tags = [...session.tags, ...(maker?.tags ?? [])]
  const identity = { type: 'FederatedUser', principalId: userId, arn, accountId: account, accessKeyId }
  const sessionIssuer = {
    type: maker === undefined ? 'Root' : 'IAMUser',
    principalId: maker?.id ?? account,
    arn: issuerArn,
    accountId: account,
    ...(maker && { userName: maker.name }),
  }
  const sessionContext = { sessionIssuer, attributes: sessionAttributes(session) }
  const issuerId = maker && { issuerId: maker.id }
  return {
    account,
    arn,
    accessKeyId,
    principal: { type: 'FederatedUser', account, arn, issuerArn, ...issuerId },
    identityJson: JSON.stringify({ ...identity, sessionContext }),
    keys: sessionKeys(session, keysOf({ account, arn, type: 'FederatedUser', userId, tags })),
    policies,
  }
}

/** A session of a role. @param tags of the session; they precede those of the role. */
export function roleSessionCaller(
  account: string,
  role: RoleValue,
  session: SessionFacts & { readonly name: string; readonly tags: readonly Tag[] },
  policies: PoliciesNow,
): Caller {
  const arn = sessionArn(account, role.name, session.name)
  const roleArn = pathedArn(account, 'role', role)
  const userId = `${role.id}:${session.name}`
  const tags = [...session.tags, ...role.tags]
  return {
    account,
    arn,
    accessKeyId: session.accessKeyId,
    principal: { type: 'AssumedRole', account, arn, roleArn, roleId: role.id },
    identityJson: JSON.stringify(roleIdentity(account, role, session)),
    keys: sessionKeys(session, keysOf({ account, arn: roleArn, type: 'AssumedRole', userId, tags })),
    ...mfaOf(session),
    ...(session.console !== undefined && { isConsole: true }),
    policies,
  }
}

/** The `userIdentity` of audit records of a role's session. */
export function roleIdentity(
  account: string,
  role: RoleValue,
  session: SessionFacts & { readonly name: string },
): object {
  const { accessKeyId, sourceIdentity, provider } = session
  return {
    type: 'AssumedRole',
    principalId: `${role.id}:${session.name}`,
    arn: sessionArn(account, role.name, session.name),
    accountId: account,
    accessKeyId,
    sessionContext: {
      sessionIssuer: {
        type: 'Role',
        principalId: role.id,
        arn: pathedArn(account, 'role', role),
        accountId: account,
        userName: role.name,
      },
      ...(provider && { webIdFederationData: { federatedProvider: provider, attributes: {} } }),
      attributes: sessionAttributes(session),
      ...(sourceIdentity && { sourceIdentity }),
    },
  }
}

function sessionAttributes({ issuedAt, mfaAt }: SessionFacts): object {
  return { creationDate: isoSeconds(issuedAt), mfaAuthenticated: String(mfaAt !== undefined) }
}

function mfaOf({ mfaAt }: SessionFacts): Pick<Caller, 'mfaAt'> {
  return mfaAt === undefined ? {} : { mfaAt }
}

/** The facts from which {@link keysOf} computes condition keys. */
type Who = {
  readonly account: string
  readonly arn: string
  readonly type: 'Account' | 'User' | 'AssumedRole' | 'FederatedUser'
  readonly userId: string
  readonly userName?: string
  readonly tags?: readonly Tag[]
}

const TAG_PREFIX = 'aws:principaltag/'

/** Source: IAM User Guide, "AWS global condition context keys". */
function keysOf({ account, arn, type, userId, userName, tags = [] }: Who): ContextLookup {
  return (name) => {
    switch (name) {
      case 'aws:principalaccount':
        return account
      case 'aws:principalarn':
        return arn
      case 'aws:principaltype':
        return type
      case 'aws:userid':
        return userId
      case 'aws:username':
        return userName
      default:
        return name.startsWith(TAG_PREFIX) ? findTag(tags, name.slice(TAG_PREFIX.length)) : undefined
    }
  }
}

/** The value of a tag: of the first key that is equal without regard to case. */
export function findTag(tags: readonly Tag[], lowerCasedKey: string): string | undefined {
  return tags.find(({ key }) => key.toLowerCase() === lowerCasedKey)?.value
}

/** Condition keys of sessions only. `globalContext` adds the age of MFA, which depends on the time of the call. */
function sessionKeys(
  { issuedAt, mfaAt, sourceIdentity, provider, federation }: SessionFacts,
  more: ContextLookup,
): ContextLookup {
  const said = federation && new Map(federation)
  return (name) => {
    switch (name) {
      case 'aws:tokenissuetime':
        return isoSeconds(issuedAt)
      case 'aws:multifactorauthpresent':
        return String(mfaAt !== undefined)
      case 'aws:sourceidentity':
        return sourceIdentity
      case 'aws:federatedprovider':
        return provider
      default:
        return said?.get(name) ?? more(name)
    }
  }
}
