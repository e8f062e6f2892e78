import { atOnce, type Steps } from '../base/slices.ts'
import type { CompiledStatement, StatementSource } from './compiled-statement.ts'
import {
  type AccessRequest,
  type Decision,
  decide,
  type Policies,
  type PolicyKind,
  questionFor,
} from './decide.ts'
import type { Effect, Listed, PrincipalSpec } from './document.ts'
import { type MatchedGrant, namingIn } from './grants.ts'
import { type Bindings, Naming, nameOf } from './naming.ts'
import { formatOperator } from './operators.ts'
import { allPolicies, type PlacedPolicy } from './places.ts'
import { nameIn, type Question } from './verdict.ts'

/** A decision with everything that was looked at. */
export type Explanation = {
  readonly decision: Decision
  readonly policies: readonly PolicyTrace[]
  readonly grants: readonly GrantTrace[]
  /** False when the policies take too many steps: what could not be looked at any more is missing. */
  readonly complete: boolean
}

/** What one policy said. */
type PolicyTrace = {
  readonly kind: PolicyKind
  /** For the policies of an organization: their level. */
  readonly level: number | undefined
  readonly name: string | undefined
  /** Whether a statement that denies matches, else one that allows, else none. */
  readonly outcome: Effect | 'Silent'
  /** Without those that can have no effect. */
  readonly statements: readonly StatementTrace[]
}

/** Whether one statement matched, and if not, everything that kept it from matching. */
type StatementTrace = {
  readonly source: StatementSource
  readonly effect: Effect
  readonly matched: boolean
  readonly naming: NamingWord
  readonly misses: readonly Miss[]
}

/** A grant that covers the request, and how it names the principal. */
type GrantTrace = { readonly grant: MatchedGrant; readonly naming: NamingWord }

/** How a statement or grant names the principal: see `Naming`. */
type NamingWord = keyof typeof Naming

/** One element that does not match: what the policy has, and what the request has. */
type Miss =
  | {
      readonly element: ElementName
      readonly wanted: readonly string[]
      readonly found: readonly string[]
    }
  | {
      readonly element: 'Condition'
      readonly operator: string
      readonly key: string
      readonly wanted: readonly string[]
      /** Nothing when the request lacks the key. */
      readonly found: readonly string[] | undefined
    }

type Subject = 'Principal' | 'Action' | 'Resource'
type ElementName = Subject | `Not${Subject}`

/**
 * Decides a request as `decide` does, and says of every statement of every policy whether it matched and why
 * not. Slower than `decide`; bounded as it is.
 */
export function explainDecision(request: AccessRequest, policies: Policies): Explanation {
  return atOnce(explainDecisionSteps(request, policies))
}

/** The same a statement at a time. */
export function* explainDecisionSteps(request: AccessRequest, policies: Policies): Steps<Explanation> {
  const question = questionFor(request, policies)
  const traces: PolicyTrace[] = []
  const grants = (policies.grants ?? []).map((grant) => ({
    grant,
    naming: wordFor(namingIn(grant, question.identities)),
  }))
  const decision = decide(request, policies)
  for (const placed of allPolicies(policies, question.actionLowerCased)) {
    const trace = yield* tracePolicy(placed, { request, question })
    if (trace === undefined) return { decision, policies: traces, grants, complete: false }
    traces.push(trace)
  }
  return { decision, policies: traces, grants, complete: true }
}

type Asked = { readonly request: AccessRequest; readonly question: Question }

/** Nothing when the policy cannot be evaluated, which has denied the request. */
function* tracePolicy({ kind, level, policy }: PlacedPolicy, asked: Asked): Steps<PolicyTrace | undefined> {
  try {
    const statements: StatementTrace[] = []
    for (const statement of policy.statements) {
      yield
      statements.push(traceStatement(statement, asked))
    }
    return { kind, level, name: policy.name, outcome: outcomeOf(statements), statements }
  } catch {
    return undefined
  }
}

function outcomeOf(statements: readonly StatementTrace[]): PolicyTrace['outcome'] {
  const matched = statements.filter((statement) => statement.matched)
  if (matched.some(({ effect }) => effect === 'Deny')) return 'Deny'
  return matched.length > 0 ? 'Allow' : 'Silent'
}

function traceStatement(statement: CompiledStatement, { request, question }: Asked): StatementTrace {
  const { source, effect, written } = statement
  const { evaluation } = question
  const naming = nameIn(statement, question)
  const misses: Miss[] = []
  const missed = (subject: Subject, { negated, values }: Listed<string>, found: readonly string[]): void => {
    misses.push({ element: negated ? `Not${subject}` : subject, wanted: values, found })
  }
  if (written.principals !== undefined && naming === Naming.None) {
    const found = question.identities.flat()
    missed('Principal', wantedNames(written.principals, statement.bindings, found), found)
  }
  if (!statement.actions(question.actionLowerCased, evaluation)) {
    missed('Action', written.actions, [request.action])
  }
  if (!statement.resources(question.resource, evaluation)) {
    missed('Resource', written.resources, [request.resource])
  }
  misses.push(...missedConditions(statement, question))
  return { source, effect, matched: misses.length === 0, naming: wordFor(naming), misses }
}

/** An ARN that the principal has, and that does not stand for it, is bound to somebody before: its unique id. */
function wantedNames(
  { negated, values }: Listed<PrincipalSpec>,
  bindings: Bindings | undefined,
  found: readonly string[],
): Listed<string> {
  const nameFor = (spec: PrincipalSpec): string => {
    const name = nameOf(spec)
    return found.includes(name) ? nameOf(spec, bindings) : name
  }
  return { negated, values: values.map(nameFor) }
}

function missedConditions({ conditions }: CompiledStatement, { evaluation }: Question): Miss[] {
  const failed = conditions.filter(({ holds }) => !holds(evaluation))
  return failed.map(({ written: { operator, key, values } }) => {
    const found = evaluation.context(key.toLowerCase())
    return {
      element: 'Condition',
      operator: formatOperator(operator),
      key,
      wanted: values,
      found: typeof found === 'string' ? [found] : found,
    }
  })
}

function wordFor(naming: Naming): NamingWord {
  switch (naming) {
    case Naming.None:
      return 'None'
    case Naming.Account:
      return 'Account'
    case Naming.Limited:
      return 'Limited'
    case Naming.Direct:
      return 'Direct'
  }
}
