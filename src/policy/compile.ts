import { atOnce, type Steps } from '../base/slices.ts'
import { candidatesOf, type FindCandidates } from './candidates.ts'
import { type ConditionTest, conditionTest } from './conditions.ts'
import type { Effect, Listed, PolicyDocument, Statement } from './document.ts'
import type { Evaluation } from './evaluation.ts'
import { actionTest, listedArns, type Resource, resourcesTest } from './match.ts'
import { type Bindings, type PrincipalTest, principalTest } from './naming.ts'
import type { Condition } from './operators.ts'

/** A policy ready to be asked: made once when the policy is loaded. */
export type CompiledPolicy = {
  /** What the policy is called: an ARN, or the name of an inline policy. */
  readonly name: string | undefined
  /** Without the statements that can have no effect. */
  readonly statements: readonly CompiledStatement[]
  /** The statements that may matter to a request. */
  readonly about: FindCandidates
}

/** A statement ready to be asked. */
export type CompiledStatement = {
  readonly source: StatementSource
  readonly effect: Effect
  /** How the statement names principals, all else aside; none where policies name nobody. */
  readonly principals: PrincipalTest | undefined
  /** What the ARNs of its principals are bound to. */
  readonly bindings: Bindings | undefined
  readonly actions: (actionLowerCased: string, evaluation: Evaluation) => boolean
  readonly resources: (resource: Resource, evaluation: Evaluation) => boolean
  /** The ARNs that the statement lists, where it is about nothing else. */
  readonly onlyOn: readonly string[] | undefined
  readonly conditions: readonly CompiledCondition[]
  readonly written: EffectiveStatement
}

type CompiledCondition = { readonly written: Condition; readonly holds: ConditionTest }

/** A statement that can have an effect. */
type EffectiveStatement = Statement & {
  readonly actions: Listed<string>
  readonly resources: Listed<string>
}

/** Where a statement is. */
export type StatementSource = {
  /** The policy's name, where it has one. */
  readonly policy: string | undefined
  /** From 0. */
  readonly index: number
  readonly sid: string | undefined
}

/** What is known of a policy besides its text. */
export type PolicyFacts = {
  readonly name?: string | undefined
  /** Unique ids for the ARNs of its principals: see `principalTest`. */
  readonly bindings?: Bindings | undefined
}

/** A policy ready to be asked, many times. */
export function compilePolicy(document: PolicyDocument, facts: PolicyFacts = {}): CompiledPolicy {
  return atOnce(compilePolicySteps(document, facts))
}

/** The same a statement at a time. */
export function* compilePolicySteps(
  document: PolicyDocument,
  facts: PolicyFacts = {},
): Steps<CompiledPolicy> {
  const variables = document.version === '2012-10-17'
  const compiled: CompiledStatement[] = []
  for (const [index, statement] of document.statements.entries()) {
    yield
    const source = { policy: facts.name, index, sid: statement.sid }
    compiled.push(...compileStatement(statement, source, { variables, bindings: facts.bindings }))
  }
  return policyOf(facts.name, compiled)
}

/** The policy without some of its statements. */
export function withoutStatements(
  policy: CompiledPolicy,
  leftOut: ReadonlySet<StatementSource>,
): CompiledPolicy {
  const { name, statements } = policy
  return statements.some(({ source }) => leftOut.has(source))
    ? policyOf(
        name,
        statements.filter(({ source }) => !leftOut.has(source)),
      )
    : policy
}

/** Two policies as one; the first, if there is one, gives the name. */
export function joined(first: CompiledPolicy | undefined, second: CompiledPolicy): CompiledPolicy {
  return first === undefined ? second : policyOf(first.name, [...first.statements, ...second.statements])
}

function policyOf(name: string | undefined, statements: readonly CompiledStatement[]): CompiledPolicy {
  return { name, statements, about: candidatesOf(statements) }
}

type Terms = { readonly variables: boolean; readonly bindings: Bindings | undefined }

function compileStatement(statement: Statement, source: StatementSource, terms: Terms): CompiledStatement[] {
  const { effect, principals, actions, resources, conditions } = statement
  if (actions === undefined || resources === undefined) return []
  return [
    {
      source,
      effect,
      principals: principals && principalTest(principals, terms.bindings),
      bindings: terms.bindings,
      actions: actionTest(actions),
      resources: resourcesTest(resources, terms.variables),
      onlyOn: listedArns(resources),
      conditions: conditions.map((written) => ({ written, holds: conditionTest(written, terms.variables) })),
      written: { ...statement, actions, resources },
    },
  ]
}
