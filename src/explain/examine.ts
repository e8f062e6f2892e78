import { type GiveWay, inSlices, type Steps } from '../base/slices.ts'
import { accessTo, inPlace, resourcePlace } from '../dispatch/access.ts'
import type { Call, Permission } from '../dispatch/operation.ts'
import { SERVICE_ROLE_PATH } from '../iam/entities/service-linked.ts'
import { levelTargets, placeNow } from '../iam/organization/place.ts'
import { contextKeysSteps } from '../iam/policies/simulation.ts'
import { type GrantTrace, traceGrants } from '../kms/grants/grant-trace.ts'
import type { ContextValue } from '../policy/context.ts'
import { type AccessRequest, type Decision, decide, type Policies } from '../policy/decide.ts'
import { type Explanation, explainDecisionSteps } from '../policy/explain.ts'
import { isKeyArn } from '../policy/key-actions.ts'
import { allPolicies } from '../policy/places.ts'
import type { Principal } from '../policy/principal.ts'
import type { LevelTargets } from '../policy/reason.ts'
import { type Change, smallestChangeSteps, withChanges, withSent } from '../policy/smallest-change.ts'
import type { Records } from '../store/records.ts'

/** A permission that a call needs, with the complete trace of its decision. */
export type Examined = {
  readonly request: AccessRequest
  readonly decision: Decision
  readonly explanation: Explanation
  /** The grants on the key for the caller. */
  readonly grants: readonly GrantTrace[]
  /** The smallest set of changes that would allow it; nothing when there is none, or it is allowed. */
  readonly change: readonly Change[] | undefined
  /** The condition keys in policies, as written there, with the request's values. */
  readonly asked: ReadonlyMap<string, ContextValue | undefined>
  /** The targets of the control policies at each level. */
  readonly levels: LevelTargets
}

/** A request with everything that its decision depends on. */
export type Question = {
  readonly request: AccessRequest
  readonly policies: Policies
  readonly asked: Map<string, ContextValue | undefined>
}

/** The decision input of a permission, as the server builds it. */
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

/** Decides as the server does: grants count only when policies neither allow nor explicitly deny. */
export async function settle(
  { request, policies }: Question,
  { grants }: Permission,
  giveWay: GiveWay,
): Promise<{ readonly decision: Decision; readonly policies: Policies }> {
  await giveWay()
  const decision = decide(request, policies)
  await giveWay()
  if (decision.allow || grants === undefined || decision.why.kind !== 'NotAllowed')
    return { decision, policies }
  const withGrants = { ...policies, grants: await grants() }
  return { decision: decide(request, withGrants), policies: withGrants }
}

/** What {@link examine} works with. */
export type ExaminingDependencies = { readonly records: Records; readonly giveWay: GiveWay }

/** Decides a permission and traces every policy and grant. */
export async function examine(
  { records, giveWay }: ExaminingDependencies,
  call: Call,
  permission: Permission,
): Promise<Examined> {
  const question = await questionOf(records, call, permission)
  const { request, asked } = question
  const { decision, policies } = await settle(question, permission, giveWay)
  const explanation = await inSlices(explainDecisionSteps(request, policies), giveWay)
  const { action, resource: keyArn } = permission
  // Grants read the encryption context in any case, so only the keys in policies are listed.
  const seen = await inSlices(asWrittenSteps(asked, policies, action), giveWay)
  const grants = isKeyArn(keyArn)
    ? await traceGrants({ records, call, keyArn, action, context: request.context, giveWay })
    : []
  const change = decision.allow ? undefined : await inSlices(changeFor(request, policies, grants), giveWay)
  const levels = {
    scp: await levelTargets(records, call.caller.account),
    rcp: await levelTargets(records, permission.account),
  }
  return { request, decision, explanation, grants, change, asked: seen, levels }
}

/** The keys as the policies write them, sorted. */
function* asWrittenSteps(
  asked: Examined['asked'],
  policies: Policies,
  action: string,
): Steps<Examined['asked']> {
  const compiled = allPolicies(policies, action.toLowerCase()).map(({ policy }) => policy)
  const written = new Map((yield* contextKeysSteps(compiled)).map((key) => [key.toLowerCase(), key]))
  return new Map(
    [...asked]
      .map(([key, value]) => [written.get(key) ?? key, value] as const)
      .sort(([one], [other]) => (one < other ? -1 : 1)),
  )
}

/** Whether a principal is a service-linked role, whose policies are the service's. */
export function isServiceLinked(principal: Principal): boolean {
  return principal.type === 'AssumedRole' && principal.roleArn.includes(`:role${SERVICE_ROLE_PATH}`)
}

/** The change: first a condition to meet, then a grant's constraint, then a policy change. */
function* changeFor(
  request: AccessRequest,
  policies: Policies,
  grants: readonly GrantTrace[],
): Steps<readonly Change[] | undefined> {
  const change = yield* smallestChangeSteps(request, policies)
  if (change?.every(({ kind }) => kind === 'SendContext') === true) return change
  for (const { needs } of grants) {
    if (needs === undefined) continue
    yield
    const sent: readonly Change[] = [{ kind: 'SendContext', keys: needs.keys }]
    const granted = { ...policies, grants: [needs.grant] }
    if (decide(withSent(request, sent), granted).allow) return sent
  }
  return isServiceLinked(request.principal) ? withoutItsOwn(request, policies, change) : change
}

/** Without changes to a service-linked role's policies, which cannot be changed; the key policy can. */
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
