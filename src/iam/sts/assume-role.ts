import { KmsError } from '../../api/errors.ts'
import { type Input, integer, text } from '../../api/shapes.ts'
import type { Call, Permission } from '../../dispatch/operation.ts'
import type { ContextLookup } from '../../policy/context.ts'
import { hiddenDenial } from '../../policy/denial.ts'
import { findTag } from '../credentials/callers.ts'
import type { RoleValue } from '../iam-records.ts'
import { trustPolicy } from '../policies/policies.ts'
import { sessionOf } from '../sessions/session-credentials.ts'
import type { RoleClaims } from '../sessions/session-token.ts'
import { keysOfMfa, verifyMfa } from './mfa.ts'
import {
  findRole,
  makeRoleSession,
  readSessionPolicies,
  roleResource,
  sessionSeconds,
  sessionTags,
} from './role-session.ts'
import { ASSUMED_ROLE_USER_ANSWER, CREDENTIALS_ANSWER } from './sts-answers.ts'
import type { StsDependencies } from './sts-dependencies.ts'
import { stsOperation } from './sts-operation.ts'
import { ASSUME_ROLE } from './sts-shapes.ts'

type AssumeRoleInput = Input<typeof ASSUME_ROLE>

/** Temporary credentials of a role. Source: STS API Reference, "AssumeRole". */
export const assumeRole = stsOperation(
  {
    name: 'AssumeRole',
    readOnly: true,
    input: ASSUME_ROLE,
    output: {
      AssumedRoleUser: ASSUMED_ROLE_USER_ANSWER,
      Credentials: CREDENTIALS_ANSWER,
      PackedPolicySize: integer(),
      SourceIdentity: text(),
    },
  },
  ({ call, input, dependencies }) => begin(call, input, dependencies),
)

async function begin(call: Call, input: AssumeRoleInput, dependencies: StsDependencies) {
  const { caller, now } = call
  refuseUnsupported(input)
  const mfa = await verifyMfa(call, input, dependencies)
  // Before the role is looked up: the error for a wrong parameter does not show whether the role exists.
  const calling = callingSession(call)
  const sourceIdentity = calling?.sourceIdentity ?? input.SourceIdentity
  const { tags, transitive } = sessionTags(input.Tags ?? [], input.TransitiveTagKeys ?? [], calling)
  const { account, arn, role } = await findRole(dependencies.records, input.RoleArn)
  if (caller.principal.type === 'Root') throw denied('Roles may not be assumed by root accounts.')
  if (role === undefined) throw denied(hiddenDenial(caller.arn, 'sts:AssumeRole', arn))
  call.involve(roleResource(account, role.value))
  const actions = ['sts:AssumeRole']
  if (tags.length > 0) actions.push('sts:TagSession')
  if (sourceIdentity !== undefined) actions.push('sts:SetSourceIdentity')
  const context = assumeContext(input, role.value, { tags, transitive, sourceIdentity }, mfa && keysOfMfa)
  return {
    permissions: actions.map((action): Permission => {
      return { action, resource: arn, account, policy: trustPolicy(role.value), context }
    }),
    check: () => refuseOtherSource(calling, input),
    run: async () => {
      const chained = caller.principal.type === 'AssumedRole'
      const seconds = sessionSeconds(input.DurationSeconds, role.value, chained)
      const policies = await readSessionPolicies(dependencies.records, account, input)
      const said = { name: input.RoleSessionName, tags, transitive, sourceIdentity, provider: undefined }
      const session = { role: role.value, account, seconds, now, ...policies, ...said }
      const made = makeRoleSession(dependencies, { ...session, mfaAt: mfa && now })
      return { ...made, changes: mfa?.changes ?? [] }
    },
  }
}

function refuseUnsupported(input: AssumeRoleInput): void {
  if (input.ProvidedContexts !== undefined) {
    throw new KmsError('UnsupportedOperationException', 'ProvidedContexts are not supported.')
  }
}

/** The role session that calls, if one does: it passes on some of its properties. */
function callingSession({ caller }: Call): RoleClaims | undefined {
  const session = sessionOf(caller)
  return session?.type === 'role' ? session : undefined
}

/** A chain of sessions keeps its source identity. Source: IAM User Guide, "Source identity". */
function refuseOtherSource(calling: RoleClaims | undefined, { SourceIdentity }: AssumeRoleInput): void {
  const present = calling?.sourceIdentity
  if (present === undefined || SourceIdentity === undefined || SourceIdentity === present) return
  throw denied('The source identity of a session cannot be changed.')
}

const REQUEST_TAG = 'aws:requesttag/'
const RESOURCE_TAG = /^(?:aws|iam):resourcetag\//

/** Source: Service Authorization Reference, "Condition keys for AWS Security Token Service". */
export function assumeContext(
  input: Pick<AssumeRoleInput, 'RoleSessionName' | 'ExternalId' | 'DurationSeconds'>,
  role: RoleValue,
  { tags, transitive, sourceIdentity }: Pick<RoleClaims, 'tags' | 'transitive' | 'sourceIdentity'>,
  more: ContextLookup = () => undefined,
): ContextLookup {
  return (name) => {
    switch (name) {
      case 'sts:externalid':
        return input.ExternalId
      case 'sts:rolesessionname':
        return input.RoleSessionName
      case 'sts:sourceidentity':
        return sourceIdentity
      case 'sts:durationseconds':
        return input.DurationSeconds?.toString()
      case 'sts:transitivetagkeys':
        return transitive
      case 'aws:tagkeys':
        return tags.map(({ key }) => key)
    }
    if (name.startsWith(REQUEST_TAG)) return findTag(tags, name.slice(REQUEST_TAG.length))
    if (RESOURCE_TAG.test(name)) return findTag(role.tags, name.slice(name.indexOf('/') + 1))
    return more(name)
  }
}

function denied(message: string): KmsError {
  return new KmsError('AccessDeniedException', message)
}
