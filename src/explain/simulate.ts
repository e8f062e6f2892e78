import { parseArn } from '../api/arn.ts'
import { KmsError } from '../api/errors.ts'
import { SERVICES } from '../api/services.ts'
import type { Caller } from '../dispatch/caller.ts'
import type { Permission } from '../dispatch/operation.ts'
import { parseIamArn } from '../iam/entities/arns.ts'
import { findByName, ROLES } from '../iam/entities/entities.ts'
import { trustPolicy } from '../iam/policies/policies.ts'
import { grantsFor } from '../kms/grants/grant-access.ts'
import { type Identifier, parseIdentifier } from '../kms/keys/identifier.ts'
import { keyContext, requestAlias } from '../kms/keys/key-context.ts'
import { findKey, type Key } from '../kms/keys/keys.ts'
import type { ContextLookup, ContextValue } from '../policy/context.ts'
import { CROSS_ACCOUNT_ACTIONS, isTrustAction } from '../policy/key-actions.ts'
import type { Records } from '../store/records.ts'
import { type Examined, examine } from './examine.ts'
import type { ExplainingDependencies } from './explain-dependencies.ts'
import { type NamedCaller, namedCaller, SimulationError } from './named-caller.ts'

/** A request to simulate. */
export type SimulatedRequest = NamedCaller & {
  readonly action: string
  /** An ARN, `*`, or a key ID or alias name of the principal's account in `region`. */
  readonly resource: string
  readonly region?: string
  /** Condition keys, by lower-case name. */
  readonly context: ReadonlyMap<string, ContextValue>
}

/** Decides a request by the deployment's current policies. @throws SimulationError. */
export async function simulateRequest(
  dependencies: ExplainingDependencies,
  request: SimulatedRequest,
): Promise<Examined> {
  const { records } = dependencies
  const now = dependencies.now()
  const { resource: named } = request
  const caller = await namedCaller(records, request, now)
  const key = await keyOf(records, request, now)
  const resource = key?.arn ?? named
  if (
    key === undefined &&
    parseArn(named) === undefined &&
    CROSS_ACCOUNT_ACTIONS.has(request.action.toLowerCase())
  )
    throw new SimulationError(`${request.action} is about one key: say which with --resource`)
  const region = key?.region ?? parseArn(resource)?.region ?? ''
  const alias = requestAlias(named)
  const requested = request.action.startsWith('iam:') ? SERVICES.iam.eventRegion : region
  const context: ContextLookup = (key) =>
    request.context.get(key) ??
    (key === 'kms:requestalias' ? alias : undefined) ??
    knownKey(key, requested, now) ??
    caller.keys(key)
  const call = {
    requestId: '',
    caller,
    region,
    input: {},
    now,
    context,
    involve: () => {},
    redact: () => {},
    identify: () => {},
  }
  const permission: Permission =
    key === undefined
      ? {
          action: request.action,
          resource,
          ...(await otherResource(records, request, caller)),
          context: (wanted) => request.context.get(wanted),
        }
      : keyPermission(dependencies, request, key, call)
  return examine(dependencies, call, permission)
}

/** The values of condition keys that need no input. Given values take precedence. */
function knownKey(key: string, region: string | undefined, now: number): ContextValue | undefined {
  switch (key) {
    case 'aws:currenttime':
      return new Date(now).toISOString()
    case 'aws:epochtime':
      return String(Math.floor(now / 1000))
    case 'aws:requestedregion':
      return region || undefined
    case 'aws:viaawsservice':
    case 'aws:principalisawsservice':
      return 'false'
    default:
      return undefined
  }
}

/** The key of a resource: its ARN or an alias ARN. @throws SimulationError. */
async function keyOf(
  records: Records,
  { resource, principal, region: home = '' }: SimulatedRequest,
  now: number,
): Promise<Key | undefined> {
  const arn = parseArn(resource)
  if (resource === '*' || (arn !== undefined && arn.service !== 'kms')) return undefined
  const { account, region } = arn ?? { account: parseArn(principal)?.account ?? '', region: home }
  const where = arn === undefined ? ` of account ${account} in ${region}` : ''
  const key = await findKey({ records, region, now }, identifierOf(resource, account, region))
  if (key === undefined) throw new SimulationError(`there is no key ${resource}${where}`)
  return key
}

/** @throws SimulationError for a text that cannot name a key. */
function identifierOf(resource: string, account: string, region: string): Identifier {
  try {
    return parseIdentifier(resource, account, region)
  } catch (error) {
    if (!(error instanceof KmsError)) throw error
    throw new SimulationError(`'${resource}' is no resource: an ARN, a key id, an alias name or * is needed`)
  }
}

function keyPermission(
  { kms }: ExplainingDependencies,
  { action, context: given }: SimulatedRequest,
  key: Key,
  call: Parameters<typeof grantsFor>[0]['call'],
): Permission {
  const context = keyContext(key, call.caller.account, (name) => given.get(name))
  const name = action.slice(action.indexOf(':') + 1)
  return {
    action,
    resource: key.arn,
    account: key.account,
    policy: key.policy,
    managedByAws: key.record.value.managed === true,
    context: (wanted) => given.get(wanted) ?? context(wanted),
    grants: grantsFor({ call, dependencies: kms, key, name, context }),
  }
}

/** Another resource: a role has its trust policy for AssumeRole and its kind; no other resource has a policy. */
async function otherResource(records: Records, { action, resource }: SimulatedRequest, caller: Caller) {
  const named = isTrustAction(action, resource) ? parseIamArn(resource) : undefined
  if (named?.kind !== 'role')
    return { account: parseArn(resource)?.account || caller.account, policy: undefined }
  const role = await findByName(records, ROLES, named.account, named.name)
  return { account: named.account, policy: role && trustPolicy(role.value) }
}
