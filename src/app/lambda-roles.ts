import { SERVICES } from '../api/services.ts'
import type { Clock, Random } from '../base/ports.ts'
import type { TokenSealer } from '../custody/token-sealer.ts'
import type { FindCredential, FindPlace } from '../dispatch/caller.ts'
import { eventIdFor } from '../dispatch/event-id.ts'
import type { Journal } from '../dispatch/journal.ts'
import { formatCallEvent } from '../dispatch/recording.ts'
import type { RoleValue } from '../iam/iam-records.ts'
import { trustPolicy } from '../iam/policies/policies.ts'
import { assumeContext } from '../iam/sts/assume-role.ts'
import { findRole, makeRoleSession, roleResource } from '../iam/sts/role-session.ts'
import { LAMBDA_PRINCIPAL } from '../lambda/access.ts'
import { type FunctionPlace, functionArn } from '../lambda/function-record.ts'
import type { ExecutionRole, RoleSession, Roles } from '../lambda/roles.ts'
import { decide } from '../policy/decide.ts'
import type { Records } from '../store/records.ts'

/** The dependencies of execution roles. */
export type LambdaRoleDependencies = {
  readonly records: Records
  readonly sealer: TokenSealer
  readonly random: Random
  readonly clock: Clock
  readonly journal: Journal
  readonly findCredential: FindCredential
  readonly findPlace: FindPlace
}

/** How long a session of an execution role lasts: longer than an environment and its last invocation. */
const SESSION_SECONDS = 3_600

/** The execution roles of functions: IAM finds them and says whom they trust, and STS makes their sessions. */
export function lambdaRoles(dependencies: LambdaRoleDependencies): Roles {
  return {
    find: (arn) => find(dependencies, arn),
    assume: (role, place) => assume(dependencies, role, place),
  }
}

async function find(dependencies: LambdaRoleDependencies, arn: string): Promise<ExecutionRole | undefined> {
  const { account, role } = await findRole(dependencies.records, arn)
  if (role === undefined) return undefined
  const { value } = role
  return {
    account,
    arn,
    id: value.id,
    tags: value.tags,
    trusts: (place) => trusts(dependencies, { account, arn, value }, place),
  }
}

type Known = { readonly account: string; readonly arn: string; readonly value: RoleValue }

/** Whether the policies let the service assume a role for a function. */
async function trusts(
  { findPlace }: LambdaRoleDependencies,
  { account, arn, value }: Known,
  place: FunctionPlace,
): Promise<boolean> {
  const { rcps } = await findPlace(account)
  const said = { tags: [], transitive: [], sourceIdentity: undefined }
  const own = assumeContext({ RoleSessionName: place.name }, value, said)
  const request = {
    principal: { type: 'Service', arn: LAMBDA_PRINCIPAL } as const,
    action: 'sts:AssumeRole',
    resource: arn,
    resourceAccount: account,
    context: (key: string) => {
      switch (key) {
        case 'aws:sourcearn':
          return functionArn(place)
        case 'aws:sourceaccount':
          return place.account
        case 'aws:principalisawsservice':
          return 'true'
        case 'aws:principalservicename':
          return LAMBDA_PRINCIPAL
        default:
          return own(key)
      }
    },
  }
  return decide(request, { resource: trustPolicy(value), identity: [], rcps }).allow
}

/** Makes a session as the service, and records it. Source: CloudTrail User Guide, events of AssumeRole by services. */
async function assume(
  dependencies: LambdaRoleDependencies,
  { account, arn, id }: ExecutionRole,
  place: FunctionPlace,
): Promise<RoleSession> {
  const { records, clock, random, journal, findCredential } = dependencies
  const { role } = await findRole(records, arn)
  if (role?.value.id !== id) throw new Error('the execution role has gone meanwhile')
  const now = clock.now()
  const made = makeRoleSession(dependencies, {
    role: role.value,
    account,
    seconds: SESSION_SECONDS,
    now,
    name: place.name,
    policy: undefined,
    policyArns: [],
    tags: [],
    transitive: [],
    sourceIdentity: undefined,
    provider: undefined,
  })
  const requestId = random.uuid()
  const resources = [roleResource(account, role.value)]
  await journal.append(
    formatCallEvent(
      {
        requestId,
        eventId: eventIdFor(requestId, random),
        service: SERVICES.sts,
        eventName: 'AssumeRole',
        readOnly: true,
        request: {
          method: 'POST',
          target: '/',
          rawHeaders: ['user-agent', LAMBDA_PRINCIPAL],
          body: new Uint8Array(0),
          connection: { address: LAMBDA_PRINCIPAL, tls: undefined },
        },
        region: place.region,
        account,
        identityJson: JSON.stringify({ type: 'AWSService', invokedBy: LAMBDA_PRINCIPAL }),
      },
      {
        at: now,
        parameters: { roleArn: arn, roleSessionName: place.name },
        resources,
        outcome: { event: made.event ?? {} },
      },
    ),
  )
  const { AccessKeyId, SecretAccessKey, SessionToken } = parseCredentials(made)
  const credential = await findCredential({ accessKeyId: AccessKeyId, securityToken: SessionToken })
  if (credential === undefined) throw new Error('the execution role has gone meanwhile')
  return {
    caller: credential.caller,
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
    expiresAt: now + SESSION_SECONDS * 1000,
  }
}

type Made = { readonly AccessKeyId: string; readonly SecretAccessKey: string; readonly SessionToken: string }

/** The credentials that `makeRoleSession` has made. */
function parseCredentials({ output }: { readonly output?: object }): Made {
  return Reflect.get(output ?? {}, 'Credentials') as Made
}
