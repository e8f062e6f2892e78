import { atOnce, type Steps } from '../base/slices.ts'
import type { CompiledStatement } from './compiled-statement.ts'
import type { ContextValue } from './context.ts'
import { type AccessRequest, type Policies, type PolicyKind, questionFor } from './decide.ts'
import { Naming } from './naming.ts'
import { formatOperator } from './operators.ts'
import { allPolicies, type PlacedPolicy } from './places.ts'
import { isSendable } from './sendable.ts'
import { applies, askAll, nameIn, type Question } from './verdict.ts'
import { type AskedCondition, fits, type Witness, witnessesFor } from './witness.ts'

/** What a condition key has to be so that a statement allows, or does not deny. */
export type RightKey = {
  /** As the policy writes it. */
  readonly key: string
  /** One value that will do; nothing: the key has to be left out. */
  readonly value: ContextValue | undefined
  /** What the policy asks of the key, and whether that has to hold. */
  readonly asked: readonly {
    readonly operator: string
    readonly values: readonly string[]
    readonly holds: boolean
  }[]
}

/** Condition keys to be sent, by lower-case name. */
export type RightContext = ReadonlyMap<string, RightKey>

/** Contexts that are looked at, those of fewer keys first. */
const CONTEXTS_MAX = 64
/** Ways on from one context. */
const OPTIONS_MAX = 32

/** The request with other values of condition keys. */
export function withContext(request: AccessRequest, sent: RightContext): AccessRequest {
  const lookup = (key: string): ContextValue | undefined => {
    const right = sent.get(key)
    if (right !== undefined) return right.value
    const prefix = LISTED.get(key)
    return prefix === undefined ? request.context(key) : listed(request, sent, { key, prefix })
  }
  return { ...request, context: lookup }
}

/** Condition keys that list the names of others. */
const LISTED: ReadonlyMap<string, string> = new Map([
  ['kms:encryptioncontextkeys', 'kms:encryptioncontext:'],
  ['aws:tagkeys', 'aws:requesttag/'],
])

function listed(
  request: AccessRequest,
  sent: RightContext,
  { key, prefix }: { readonly key: string; readonly prefix: string },
): ContextValue | undefined {
  const found = request.context(key)
  const names = new Set(typeof found === 'string' ? [found] : found)
  for (const [lowerKey, right] of sent) {
    if (!lowerKey.startsWith(prefix)) continue
    const name = right.key.slice(prefix.length)
    for (const known of names) if (known.toLowerCase() === name.toLowerCase()) names.delete(known)
    if (right.value !== undefined) names.add(name)
  }
  return names.size === 0 ? undefined : [...names]
}

/**
 * Contexts that come closer to what the policies allow: each makes the conditions of some statements hold that
 * would allow the request, or one condition fail of those that deny it. Those of fewer keys come first.
 *
 * @throws as the evaluation of a policy.
 */
export function* rightContexts(request: AccessRequest, policies: Policies): Steps<readonly RightContext[]> {
  const witnesses = yield* allWitnesses(request, policies)
  const waiting: RightContext[] = [new Map()]
  const seen = new Set([''])
  const found: RightContext[] = []
  while (found.length < CONTEXTS_MAX) {
    yield
    waiting.sort((a, b) => b.size - a.size)
    const sent = waiting.pop()
    if (sent === undefined) break
    if (sent.size > 0) found.push(sent)
    for (const option of optionsFor(withContext(request, sent), policies, witnesses)) {
      const joined = joinedContext(sent, option)
      const name = joined === undefined ? '' : nameOf(joined)
      if (joined === undefined || seen.has(name)) continue
      seen.add(name)
      waiting.push(joined)
    }
  }
  return found
}

/** Nothing where both have one key: what the first says of it is needed. */
function joinedContext(first: RightContext, second: RightContext): RightContext | undefined {
  for (const key of second.keys()) if (first.has(key)) return undefined
  return new Map([...first, ...second])
}

function nameOf(sent: RightContext): string {
  return JSON.stringify([...sent].map(([key, { value }]) => [key, value ?? null]).sort())
}

type Witnesses = ReadonlyMap<string, readonly Witness[]>

/** Values of every key that statements about the action ask for. */
function* allWitnesses(request: AccessRequest, policies: Policies): Steps<Witnesses> {
  const question = questionFor(request, policies)
  const statements = allPolicies(policies, question.actionLowerCased).flatMap(({ policy }) => {
    const { allows, denies } = policy.about(question)
    return [...allows, ...denies]
  })
  const conditions = statements.flatMap((statement) => statement.conditions)
  const byKey = Map.groupBy(conditions, ({ written }) => written.key.toLowerCase())
  const witnesses = new Map<string, readonly Witness[]>()
  for (const [key, list] of byKey) {
    yield
    witnesses.set(key, witnessesFor(key, list, question.evaluation))
  }
  return witnesses
}

function optionsFor(
  request: AccessRequest,
  policies: Policies,
  witnesses: Witnesses,
): readonly RightContext[] {
  const question = questionFor(request, policies)
  const asked = { request, question, witnesses }
  const denies = allPolicies(policies, question.actionLowerCased).flatMap(({ policy }) =>
    policy
      .about(question)
      .denies.filter((deny) => nameIn(deny, question) !== Naming.None && applies(deny, question)),
  )
  const options = [
    ...denies.flatMap(({ conditions }) => conditions.flatMap((one) => contextsFor([one], false, asked))),
    ...nearMisses(request, policies).flatMap(({ statement }) =>
      contextsFor(statement.conditions, true, asked),
    ),
  ]
  return options.slice(0, OPTIONS_MAX)
}

type Asked = {
  readonly request: AccessRequest
  readonly question: Question
  readonly witnesses: Witnesses
}

/** What may be sent so that all conditions hold, or fail; none when that cannot be sent. */
function contextsFor(
  conditions: readonly AskedCondition[],
  holds: boolean,
  asked: Asked,
): readonly RightContext[] {
  const { evaluation } = asked.question
  const byKey = Map.groupBy(conditions, ({ written }) => written.key.toLowerCase())
  let contexts: readonly RightContext[] = [new Map()]
  for (const [key, same] of byKey) {
    if (same.every((one) => one.holds(evaluation) === holds)) continue
    const rights = rightKeys(key, same, { ...asked, holds })
    contexts = contexts.flatMap((sent) => rights.map((right) => new Map([...sent, [key, right]])))
    contexts = contexts.slice(0, OPTIONS_MAX)
  }
  return contexts
}

/** Every value of a key that makes conditions on it hold, or fail. */
function rightKeys(
  key: string,
  same: readonly AskedCondition[],
  { request, question, witnesses, holds }: Asked & { readonly holds: boolean },
): readonly RightKey[] {
  if (!isSendable(key, request.action, request.resource)) return []
  const { context } = question.evaluation
  const asked = same.map(({ written: { operator, values } }) => ({
    operator: formatOperator(operator),
    values,
    holds,
  }))
  return (witnesses.get(key) ?? [])
    .filter(({ found }) => fits(same, holds, { key, found, context }))
    .map(({ found: value }) => ({ key: same[0]?.written.key ?? key, value, asked }))
}

/** Whether the right context would make a statement allow that does not. */
export function canBeMet(statement: CompiledStatement, request: AccessRequest, policies: Policies): boolean {
  return atOnce(canBeMetSteps(statement, request, policies))
}

/** The same a condition key at a time. */
export function* canBeMetSteps(
  statement: CompiledStatement,
  request: AccessRequest,
  policies: Policies,
): Steps<boolean> {
  const asked = {
    request,
    question: questionFor(request, policies),
    witnesses: yield* allWitnesses(request, policies),
  }
  return contextsFor(statement.conditions, true, asked).length > 0
}

/** A statement that would allow a request but for its conditions, and where it is. */
export type NearMiss = {
  readonly policy: PolicyKind
  /** Of a policy of an organization. */
  readonly level: number | undefined
  readonly statement: CompiledStatement
}

/**
 * Statements that would allow the request but for their conditions, where nothing allows it as firmly.
 *
 * @throws as the evaluation of a policy.
 */
export function nearMisses(request: AccessRequest, policies: Policies): readonly NearMiss[] {
  const question = questionFor(request, policies)
  const misses: NearMiss[] = []
  for (const group of groupsOf(policies, question.actionLowerCased)) {
    const all = group.map(({ policy }) => policy)
    const allowed = askAll(all, question).allow?.naming ?? Naming.None
    for (const { kind, level, policy } of group) {
      for (const allow of policy.about(question).allows) {
        const isNear =
          nameIn(allow, question) > allowed &&
          allow.resources(question.resource, question.evaluation) &&
          !allow.conditions.every(({ holds }) => holds(question.evaluation))
        if (isNear) misses.push({ policy: kind, level, statement: allow })
      }
    }
  }
  return misses
}

/** Policies of which one has to allow. */
function groupsOf(policies: Policies, actionLowerCased: string): readonly (readonly PlacedPolicy[])[] {
  const placed = allPolicies(policies, actionLowerCased)
  return [...Map.groupBy(placed, ({ kind, level }) => `${kind} ${level ?? ''}`).values()]
}
