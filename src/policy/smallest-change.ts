import { atOnce, type Steps } from '../base/slices.ts'
import { type CompiledPolicy, compilePolicy, joined, withoutStatements } from './compile.ts'
import type { StatementSource } from './compiled-statement.ts'
import type { ContextValue } from './context.ts'
import {
  type AccessRequest,
  decide,
  type Levels,
  levelsOfResource,
  type Policies,
  type PolicyKind,
  questionFor,
} from './decide.ts'
import { Naming, specOf } from './naming.ts'
import { type Condition, formatOperator } from './operators.ts'
import { splitArn } from './pattern.ts'
import { allPolicies, mapPolicies } from './places.ts'
import type { Principal } from './principal.ts'
import {
  canBeMetSteps,
  nearMisses,
  type RightContext,
  type RightKey,
  rightContexts,
  withContext,
} from './right-context.ts'
import { applies, askAll, nameIn } from './verdict.ts'

/** One thing to change so that a refused request would be allowed. */
export type Change = SendContext | PolicyChange

/** The call has to be made with other values of condition keys; no policy has to change for that. */
export type SendContext = { readonly kind: 'SendContext'; readonly keys: readonly RightKey[] }

/** One thing to change in policies. */
type PolicyChange =
  /** A statement that denies has to go, or to leave the request out. */
  | {
      readonly kind: 'LiftDeny'
      readonly policy: PolicyKind
      readonly level: number | undefined
      readonly statement: StatementSource
    }
  | AddAllow

/** A policy of this kind (at this level) has to allow. */
export type AddAllow = {
  readonly kind: 'AddAllow'
  readonly policy: PolicyKind
  readonly level: number | undefined
  readonly action: string
  readonly resource: string
  /** Whom the statement has to name, where statements name somebody. */
  readonly principal: string | undefined
  /** Of statements that would have allowed but for their conditions: what they ask for is kept. */
  readonly conditions: readonly Condition[]
}

/**
 * The fewest changes that would have allowed a request: none for one that is allowed; nothing when none would do.
 * With all of them `decide` allows ({@link withSent}, {@link withChanges}); with any left out it does not.
 *
 * Where a call with the right context would be allowed, that is the change, and no policy has to. A statement that is to
 * be added keeps the conditions of those that allow under conditions: it never allows what these leave out. Only
 * where nobody could send what they ask for does it allow the call as it was made, and no other.
 *
 * Among equally few, those on the principal's side are preferred to those in the resource's policy.
 */
export function smallestChange(request: AccessRequest, policies: Policies): readonly Change[] | undefined {
  return atOnce(smallestChangeSteps(request, policies))
}

/** The same a decision at a time. */
export function* smallestChangeSteps(
  request: AccessRequest,
  policies: Policies,
): Steps<readonly Change[] | undefined> {
  const decision = decide(request, policies)
  if (decision.allow) return []
  if (decision.why.kind === 'Failed') return undefined
  yield
  try {
    return yield* findChanges(request, policies)
  } catch {
    // Policies that cannot be evaluated cannot be mended either.
    return undefined
  }
}

function* findChanges(request: AccessRequest, policies: Policies): Steps<readonly Change[] | undefined> {
  const contexts = yield* rightContexts(request, policies)
  for (const sent of contexts) {
    yield
    if (decide(withContext(request, sent), policies).allow) return [sendContext(sent)]
  }
  let fewest: readonly Change[] | undefined
  for (const sent of contexts.slice(0, CONTEXTS_WITH_CHANGES_MAX)) {
    const changes = yield* policyChanges({ request, right: withContext(request, sent), policies })
    const isFewer = changes !== undefined && changes.length + 1 < (fewest?.length ?? Number.POSITIVE_INFINITY)
    if (isFewer && isNeeded(request, policies, changes)) fewest = [sendContext(sent), ...changes]
  }
  return fewest ?? (yield* policyChanges({ request, right: request, policies }))
}

/** Contexts that are tried together with changes of policies, which takes longer. */
const CONTEXTS_WITH_CHANGES_MAX = 16

/** Whether the call is still refused when the policies change and it is made as it was. */
function isNeeded(request: AccessRequest, policies: Policies, changes: readonly Change[]): boolean {
  return !decide(request, withChanges(policies, changes)).allow
}

function sendContext(sent: RightContext): SendContext {
  return { kind: 'SendContext', keys: [...sent.values()] }
}

/** The request after the changes. */
export function withSent(request: AccessRequest, changes: readonly Change[]): AccessRequest {
  const keys = changes.flatMap((change) => (change.kind === 'SendContext' ? change.keys : []))
  return keys.length === 0
    ? request
    : withContext(request, new Map(keys.map((right) => [right.key.toLowerCase(), right])))
}

/**
 * What a new statement has to ask for: the conditions of a statement that would have allowed but for them and allows
 * now, or else exactly what the call has where it was asked for something.
 */
function keptConditions({ request, right, policies }: Asked, place: Place): readonly Condition[] {
  const { evaluation } = questionFor(right, policies)
  const misses = nearMisses(request, policies).filter((miss) => standsFor(place, miss))
  const met = misses.filter(({ statement }) => statement.conditions.every(({ holds }) => holds(evaluation)))
  const asked = (met.length > 0 ? met : misses).flatMap(({ statement }) => statement.conditions)
  const byKey = Map.groupBy(asked, ({ written }) => written.key.toLowerCase())
  return [...byKey].flatMap(([key, conditions]) => {
    const written = distinct(conditions.map((condition) => condition.written))
    const canStay = conditions.every(({ holds }) => holds(evaluation)) && areWritable(written)
    return canStay ? written : exactly(written[0]?.key ?? key, right.context(key))
  })
}

function distinct(conditions: readonly Condition[]): readonly Condition[] {
  return [...new Map(conditions.map((condition) => [JSON.stringify(condition), condition])).values()]
}

/** A statement has one list of values for an operator and a key. */
function areWritable(conditions: readonly Condition[]): boolean {
  return new Set(conditions.map(({ operator }) => formatOperator(operator))).size === conditions.length
}

/** Conditions under which a key has exactly the values that it has. */
function exactly(key: string, found: ContextValue | undefined): readonly Condition[] {
  const plain = { negated: false, ifExists: false, quantifier: 'None' } as const
  if (found === undefined || (typeof found !== 'string' && found.length === 0))
    return [{ operator: { ...plain, comparison: 'Null' }, key, values: ['true'] }]
  const values = (typeof found === 'string' ? [found] : found).map(literally)
  const quantifier = typeof found === 'string' ? 'None' : 'ForAllValues'
  const equals: Condition = { operator: { ...plain, quantifier, comparison: 'StringEquals' }, key, values }
  if (typeof found === 'string') return [equals]
  return [{ operator: { ...plain, comparison: 'Null' }, key, values: ['false'] }, equals]
}

const VARIABLE_BEGINS = `\${`
const LITERAL_BEGINS = `\${$}{`

/** A text as a value of a policy in which nothing of it is a variable. */
function literally(text: string): string {
  return text.replaceAll(VARIABLE_BEGINS, LITERAL_BEGINS)
}

/** A call as it was made, and with the right context; both may be the same. */
type Asked = { readonly request: AccessRequest; readonly right: AccessRequest; readonly policies: Policies }

function* policyChanges(asked: Asked): Steps<readonly PolicyChange[] | undefined> {
  const { right, policies } = asked
  yield
  const needed = neededChanges(asked)
  yield
  for (const optional of bySize(optionalChanges(asked))) {
    yield
    const changes = [...needed, ...optional]
    if (decide(right, withChanges(policies, changes)).allow)
      return (yield* widens(changes, asked)) ? undefined : changes
  }
  return undefined
}

/** Whether changes allow what could be done with the right context, and without it. */
function* widens(changes: readonly PolicyChange[], { request, right, policies }: Asked): Steps<boolean> {
  const { evaluation } = questionFor(right, policies)
  const misses = nearMisses(request, policies)
  for (const change of changes) {
    if (change.kind !== 'AddAllow') continue
    const here = misses.filter((miss) => standsFor(change, miss)).map(({ statement }) => statement)
    if (here.some(({ conditions }) => conditions.every(({ holds }) => holds(evaluation)))) continue
    for (const statement of here) if (yield* canBeMetSteps(statement, request, policies)) return true
  }
  return false
}

/**
 * Whether a statement in one place may allow what one in another place allows. Each level of an organization limits
 * by itself; of the other policies, one may allow in the place of another.
 */
function standsFor(one: Place, other: Place): boolean {
  const alone = isOfOrganization(one) || isOfOrganization(other)
  return alone ? one.policy === other.policy && one.level === other.level : true
}

function isOfOrganization({ policy }: Place): boolean {
  return policy === 'scp' || policy === 'rcp'
}

type Place = { readonly policy: PolicyKind; readonly level: number | undefined }

/** The policies after the changes. */
export function withChanges(policies: Policies, changes: readonly Change[]): Policies {
  const lifts = changes.filter((change) => change.kind === 'LiftDeny')
  const lifted = mapPolicies(policies, ({ kind, level, policy }) => {
    const here = lifts.filter((lift) => lift.policy === kind && lift.level === level)
    return withoutStatements(policy, new Set(here.map(({ statement }) => statement)))
  })
  return changes.reduce(
    (after, change) => (change.kind === 'AddAllow' ? withAllow(after, change) : after),
    lifted,
  )
}

/** Changes without which the request is refused whatever else changes. */
function neededChanges(asked: Asked): readonly PolicyChange[] {
  const { right, policies } = asked
  const question = questionFor(right, policies)
  const { actionLowerCased } = question
  const denies: PolicyChange[] = []
  // A policy may be there twice, attached to a user and to a group: its statement is lifted once.
  for (const { kind, level, policy } of allPolicies(policies, actionLowerCased)) {
    for (const deny of policy.about(question).denies) {
      if (nameIn(deny, question) === Naming.None || !applies(deny, question)) continue
      const change: PolicyChange = { kind: 'LiftDeny', policy: kind, level, statement: deny.source }
      if (!denies.some((other) => isSameLift(other, change))) denies.push(change)
    }
  }
  const lifted = withChanges(policies, denies)
  const silent = (levels: Levels | undefined): readonly number[] =>
    (levels ?? []).flatMap((level, index) => (askAll(level, question).allow === undefined ? [index] : []))
  return [
    ...denies,
    ...silent(lifted.scps).map((level) => addAllow(asked, 'scp', { level })),
    ...silent(levelsOfResource(lifted, actionLowerCased)).map((level) => addAllow(asked, 'rcp', { level })),
  ]
}

function isSameLift(a: PolicyChange, b: PolicyChange): boolean {
  return (
    a.kind === 'LiftDeny' &&
    b.kind === 'LiftDeny' &&
    a.statement === b.statement &&
    a.policy === b.policy &&
    a.level === b.level
  )
}

/** Changes of which some may be needed, those first that reach least far. */
function optionalChanges(asked: Asked): readonly PolicyChange[] {
  const [self, maker] = namesFor(asked.request.principal)
  const changes = [addAllow(asked, 'identity')]
  if (asked.policies.boundary !== undefined) changes.push(addAllow(asked, 'boundary'))
  changes.push(addAllow(asked, 'session'), addAllow(asked, 'resource', { principal: maker }))
  if (self !== maker) changes.push(addAllow(asked, 'resource', { principal: self }))
  return changes
}

/** What a resource's policy calls the principal: itself, and what it should rather name. */
function namesFor(principal: Principal): readonly [string, string] {
  switch (principal.type) {
    case 'AssumedRole':
      return [principal.arn, principal.roleArn]
    case 'FederatedUser':
      return [principal.arn, principal.issuerArn]
    case 'Root':
    case 'User':
    case 'Service':
    case 'WebIdentity':
      return [principal.arn, principal.arn]
  }
}

type Where = { readonly level?: number; readonly principal?: string }

function addAllow(asked: Asked, policy: PolicyKind, { level, principal }: Where = {}): PolicyChange {
  const { action, resource } = asked.request
  const conditions = keptConditions(asked, { policy, level })
  return { kind: 'AddAllow', policy, level, action, resource, principal, conditions }
}

/** Every choice of some of the items, smaller ones first; among equals, earlier items first. */
function bySize<T>(items: readonly T[]): readonly (readonly T[])[] {
  const choices: (readonly T[])[] = [[]]
  for (const item of items) choices.push(...choices.map((choice) => [...choice, item]))
  return choices.toSorted((a, b) => a.length - b.length)
}

function withAllow(policies: Policies, change: AddAllow): Policies {
  const added = allowing(change)
  const inLevel = (levels: Levels | undefined): Levels | undefined =>
    levels?.map((level, index) => (index === change.level ? [...level, added] : level))
  switch (change.policy) {
    case 'scp':
      return { ...policies, scps: inLevel(policies.scps) }
    case 'rcp':
      return { ...policies, rcps: inLevel(policies.rcps) }
    case 'resource':
      return { ...policies, resource: joined(policies.resource, added) }
    case 'identity':
      return { ...policies, identity: [...policies.identity, added] }
    case 'boundary':
      return { ...policies, boundary: joined(policies.boundary, added) }
    case 'session':
      return { ...policies, session: [...(policies.session ?? []), added] }
  }
}

/** A policy of one statement that allows. In the version without variables, an ARN is only itself. */
function allowing({ action, resource, principal, conditions }: AddAllow): CompiledPolicy {
  const named = conditions.length === 0 ? resource : literally(resource)
  return compilePolicy({
    version: conditions.length === 0 ? '2008-10-17' : '2012-10-17',
    id: undefined,
    statements: [
      {
        sid: undefined,
        effect: 'Allow',
        principals: principal === undefined ? undefined : { negated: false, values: [specOf(principal)] },
        actions: { negated: false, values: [action] },
        resources: { negated: false, values: [splitArn(resource) === undefined ? '*' : named] },
        conditions,
      },
    ],
  })
}
