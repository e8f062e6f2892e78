import { atOnce, type Steps } from '../base/slices.ts'
import { candidatesOf, type FindCandidates } from './candidates.ts'
import type { CompiledStatement, StatementSource } from './compiled-statement.ts'
import { conditionTest } from './conditions.ts'
import type { PolicyDocument, Statement } from './document.ts'
import { actionTest, listedArns, resourcesTest } from './match.ts'
import { type Bindings, principalTest } from './naming.ts'

/** A policy ready to be asked: made once when the policy is loaded. */
export type CompiledPolicy = {
  /** What the policy is called: an ARN, or the name of an inline policy. */
  readonly name: string | undefined
  /** Without the statements that can have no effect. */
  readonly statements: readonly CompiledStatement[]
  /** The statements that may matter to a request. */
  readonly about: FindCandidates
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
