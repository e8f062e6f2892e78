import type { EpochMs } from '../../base/ports.ts'
import type { Caller } from '../../dispatch/caller.ts'
import type { Records } from '../../store/records.ts'
import { ROLE, read, type Tag, USER } from '../iam-records.ts'
import { type PolicySource, policiesNow } from '../policies/policies.ts'
import type { Federation } from '../sessions/session-token.ts'
import {
  federatedCaller,
  ownSessionCaller,
  roleSessionCaller,
  rootCaller,
  type SessionFacts,
  userCaller,
} from './callers.ts'

/** The identity of a caller in an audit event. */
export type RecordedIdentity = {
  readonly type?: string
  readonly principalId?: string
  readonly arn?: string
  readonly accountId?: string
  readonly accessKeyId?: string
  readonly sessionContext?: {
    readonly attributes?: { readonly creationDate?: string; readonly mfaAuthenticated?: string }
    readonly sessionIssuer?: { readonly type?: string; readonly principalId?: string; readonly arn?: string }
    readonly sourceIdentity?: string
    readonly webIdFederationData?: { readonly federatedProvider?: string }
  }
}

/** What was passed when a role was assumed, and is not in the events of the session. */
export type PassedToSession = {
  readonly policy: string | undefined
  readonly policyArns: readonly string[]
  readonly tags: readonly Tag[]
  /** The identity provider's claims about the caller. */
  readonly federation?: Federation | undefined
}

/**
 * The caller that an audit event names, as it is now; nothing when it is gone, or when the event names none
 * that signs calls.
 */
export async function recordedCaller(
  records: Records,
  identity: RecordedIdentity,
  passed: PassedToSession,
): Promise<Caller | undefined> {
  const { type, accountId: account = '', accessKeyId = '', principalId = '' } = identity
  switch (type) {
    case 'Root':
      return identity.sessionContext === undefined
        ? rootCaller(account, accessKeyId, policiesNow(records, { account }))
        : ownSessionCaller(account, undefined, factsOf(identity), policiesNow(records, { account }))
    case 'IAMUser':
      return recordedUser(records, identity, { account, entity: { kind: 'user', id: principalId } })
    case 'AssumedRole':
      return recordedRole(records, identity, passed)
    case 'FederatedUser':
      return recordedFederated(records, identity, passed)
    default:
      return undefined
  }
}

async function recordedUser(
  records: Records,
  identity: RecordedIdentity,
  source: PolicySource & { readonly entity: { readonly id: string } },
): Promise<Caller | undefined> {
  const { account, entity } = source
  const user = await read(records, USER, account, entity.id)
  if (user === undefined) return undefined
  const policies = policiesNow(records, source)
  return identity.sessionContext === undefined
    ? userCaller(account, user.value, identity.accessKeyId ?? '', policies)
    : ownSessionCaller(account, user.value, factsOf(identity), policies)
}

async function recordedRole(
  records: Records,
  identity: RecordedIdentity,
  { policy, policyArns, tags, federation }: PassedToSession,
): Promise<Caller | undefined> {
  const { accountId: account = '', principalId = '' } = identity
  const colon = principalId.indexOf(':')
  const [roleId, name] = [principalId.slice(0, colon), principalId.slice(colon + 1)]
  const role = await read(records, ROLE, account, roleId)
  if (role === undefined) return undefined
  const session = { inline: policy, arns: policyArns }
  const policies = policiesNow(records, { account, entity: { kind: 'role', id: roleId }, session })
  return roleSessionCaller(account, role.value, { ...factsOf(identity), name, tags, federation }, policies)
}

async function recordedFederated(
  records: Records,
  identity: RecordedIdentity,
  { policy, policyArns, tags }: PassedToSession,
): Promise<Caller | undefined> {
  const { accountId: account = '', principalId = '', sessionContext = {} } = identity
  const { type, principalId: makerId = '' } = sessionContext.sessionIssuer ?? {}
  const maker = type === 'Root' ? undefined : await read(records, USER, account, makerId)
  if (maker === undefined && type !== 'Root') return undefined
  const entity = maker && { entity: { kind: 'user', id: makerId } as const }
  const session = { inline: policy, arns: policyArns }
  const policies = policiesNow(records, { account, ...entity, session })
  const name = principalId.slice(principalId.indexOf(':') + 1)
  return federatedCaller(account, maker?.value, { ...factsOf(identity), name, tags }, policies)
}

function factsOf({ accessKeyId = '', sessionContext = {} }: RecordedIdentity): SessionFacts {
  const { attributes, sourceIdentity, webIdFederationData } = sessionContext
  const issuedAt = instantOf(attributes?.creationDate)
  return {
    accessKeyId,
    issuedAt,
    // The code is verified when the session is made.
    ...(attributes?.mfaAuthenticated === 'true' && { mfaAt: issuedAt }),
    sourceIdentity,
    provider: webIdFederationData?.federatedProvider,
  }
}

function instantOf(text = ''): EpochMs {
  const at = Date.parse(text)
  return Number.isNaN(at) ? 0 : at
}
