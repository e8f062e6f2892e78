import { accessTo, inPlace, resourcePlace } from '../dispatch/access.ts'
import type { Call, Permission } from '../dispatch/operation.ts'
import { SERVICE_ROLE_PATH } from '../iam/entities/service-linked.ts'
import { levelTargets, placeNow } from '../iam/organization/place.ts'
import { type GrantTrace, traceGrants } from '../kms/grants/grant-trace.ts'
import type { ContextValue } from '../policy/context.ts'
import { type AccessRequest, type Decision, decide, type Policies } from '../policy/decide.ts'
import { type Explanation, explainDecision } from '../policy/explain.ts'
import { isKeyArn } from '../policy/key-actions.ts'
import type { Principal } from '../policy/principal.ts'
import type { LevelTargets } from '../policy/reason.ts'
import { type Change, smallestChange, withChanges, withSent } from '../policy/smallest-change.ts'
import type { Records } from '../store/records.ts'

/** One permission that a call needs, and the whole path to the decision about it. */
export type Examined = {
  readonly request: AccessRequest
  readonly decision: Decision
  readonly explanation: Explanation
  /** The grants on the key for the caller. */
  readonly grants: readonly GrantTrace[]
  /** The fewest changes that would have allowed it; nothing when none would, or it is allowed. */
  readonly change: readonly Change[] | undefined
  /** The condition keys that policies ask for, in lower case, with what the request has. */
  readonly asked: ReadonlyMap<string, ContextValue | undefined>
  /** What the control policies at each level are attached to. */
  readonly levels: LevelTargets
}

/** A request and all that decides about it. */
export type Question = {
  readonly request: AccessRequest
  readonly policies: Policies
  readonly asked: Map<string, ContextValue | undefined>
}

/** The question that a permission puts, as the server puts it. */
export async function questionOf(
  records: Records,
  call: Pick<Call, 'caller' | 'context'>,
  permission: Permission,
): Promise<Question> {
  const asked = new Map<string, ContextValue | undefined>()
  const own = await call.caller.policies()
  const place = await resourcePlace(call, permission, own, (account) => placeNow(records, account))
  const { request: known, policies } = accessTo(inPlace(call, own.place), permission, own, place)
  const request: AccessRequest = {
    ...known,
    context: (key) => {
      const value = known.context(key)
      asked.set(key, value)
      return value
    },
  }
  return { request, policies, asked }
}

/** Decides as the server does: grants are asked only when policies do not allow, and none of them denies. */
export async function settle(
  { request, policies }: Question,
  { grants }: Permission,
): Promise<{ readonly decision: Decision; readonly policies: Policies }> {
  const decision = decide(request, policies)
  if (decision.allow || grants === undefined || decision.why.kind !== 'NotAllowed')
    return { decision, policies }
  const withGrants = { ...policies, grants: await grants() }
  return { decision: decide(request, withGrants), policies: withGrants }
}

/** Decides about a permission, and looks at everything on the way. */
export async function examine(records: Records, call: Call, permission: Permission): Promise<Examined> {
  const question = await questionOf(records, call, permission)
  const { request, asked } = question
  const { decision, policies } = await settle(question, permission)
  const explanation = explainDecision(request, policies)
  const { action, resource: keyArn } = permission
  // Grants ask for the encryption context whatever they say of it: what policies ask for has been noted.
  const seen = new Map([...asked].sort(([a], [b]) => (a < b ? -1 : 1)))
  const grants = isKeyArn(keyArn)
    ? await traceGrants({ records, call, keyArn, action, context: request.context })
    : []
  const change = decision.allow ? undefined : changeFor(request, policies, grants)
  const levels = {
    scp: await levelTargets(records, call.caller.account),
    rcp: await levelTargets(records, permission.account),
  }
  return { request, decision, explanation, grants, change, asked: seen, levels }
}

/** Whether a principal is a service-linked role, whose policies are the service's. */
export function isServiceLinked(principal: Principal): boolean {
  return principal.type === 'AssumedRole' && principal.roleArn.includes(`:role${SERVICE_ROLE_PATH}`)
}

/** What policies allow under conditions comes first, then what a grant allows, then what has to change. */
function changeFor(
  request: AccessRequest,
  policies: Policies,
  grants: readonly GrantTrace[],
): readonly Change[] | undefined {
  const change = smallestChange(request, policies)
  if (change?.every(({ kind }) => kind === 'SendContext') === true) return change
  for (const { needs } of grants) {
    if (needs === undefined) continue
    const sent: readonly Change[] = [{ kind: 'SendContext', keys: needs.keys }]
    const granted = { ...policies, grants: [needs.grant] }
    if (decide(withSent(request, sent), granted).allow) return sent
  }
  return isServiceLinked(request.principal) ? withoutItsOwn(request, policies, change) : change
}

/** The policies of a service-linked role cannot be changed; that of the key can. */
function withoutItsOwn(
  request: AccessRequest,
  policies: Policies,
  change: readonly Change[] | undefined,
): readonly Change[] | undefined {
  const isOwn = (one: Change): boolean =>
    one.kind !== 'SendContext' && (one.policy === 'identity' || one.policy === 'boundary')
  if (change?.some(isOwn) !== true || request.principal.type !== 'AssumedRole') return change
  if (!isKeyArn(request.resource)) return undefined
  const { action, resource, principal } = request
  const named = { principal: principal.roleArn, conditions: [] }
  const own: readonly Change[] = [
    { kind: 'AddAllow', policy: 'resource', level: undefined, action, resource, ...named },
  ]
  return decide(request, withChanges(policies, own)).allow ? own : undefined
}
