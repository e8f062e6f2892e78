import { type ConditionTest, conditionTest } from './conditions.ts'
import type { Effect, PolicyDocument, Statement } from './document.ts'
import type { Evaluation } from './evaluation.ts'
import { actionTest, type Resource, resourcesTest } from './match.ts'
import { type Bindings, type PrincipalTest, principalTest } from './naming.ts'

/** A policy ready to be asked: made once when the policy is loaded. */
export type CompiledPolicy = {
  /** What the policy is called: an ARN, or the name of an inline policy. */
  readonly name: string | undefined
  /** Without the statements that can have no effect. */
  readonly statements: readonly CompiledStatement[]
  /** The statements whose actions cover the given one, in lower case. */
  readonly about: (actionLowerCased: string, evaluation: Evaluation) => Candidates
}

/** Statements that may matter to an action, by effect, each in the policy's order. */
export type Candidates = {
  readonly denies: readonly CompiledStatement[]
  readonly allows: readonly CompiledStatement[]
}

/** A statement ready to be asked. */
export type CompiledStatement = {
  readonly source: StatementSource
  readonly effect: Effect
  /** How the statement names principals, all else aside; none where policies name nobody. */
  readonly principals: PrincipalTest | undefined
  readonly actions: (actionLowerCased: string, evaluation: Evaluation) => boolean
  readonly resources: (resource: Resource, evaluation: Evaluation) => boolean
  /** One for each condition of the statement, in its order. */
  readonly conditions: readonly ConditionTest[]
  readonly written: Statement
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

/** Actions for which a policy remembers its candidates: as many as a service has. Beyond it they are looked for. */
const REMEMBERED_ACTIONS_MAX = 256

/** A policy ready to be asked, many times. */
export function compilePolicy(document: PolicyDocument, facts: PolicyFacts = {}): CompiledPolicy {
  return policyOf(
    facts.name,
    document.statements.flatMap((statement, index) => {
      const source = { policy: facts.name, index, sid: statement.sid }
      const variables = document.version === '2012-10-17'
      return compileStatement(statement, source, { variables, bindings: facts.bindings })
    }),
  )
}

/** The policy without some of its statements. */
export function withoutStatements(
  policy: CompiledPolicy,
  isLeftOut: (source: StatementSource) => boolean,
): CompiledPolicy {
  return policyOf(
    policy.name,
    policy.statements.filter(({ source }) => !isLeftOut(source)),
  )
}

function policyOf(name: string | undefined, statements: readonly CompiledStatement[]): CompiledPolicy {
  const remembered = new Map<string, Candidates>()
  return {
    name,
    statements,
    about: (action, evaluation) => {
      const known = remembered.get(action)
      if (known !== undefined) return known
      const covering = statements.filter((statement) => statement.actions(action, evaluation))
      const candidates = {
        denies: covering.filter(({ effect }) => effect === 'Deny'),
        allows: covering.filter(({ effect }) => effect === 'Allow'),
      }
      if (remembered.size < REMEMBERED_ACTIONS_MAX) remembered.set(action, candidates)
      return candidates
    },
  }
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
      actions: actionTest(actions),
      resources: resourcesTest(resources, terms.variables),
      conditions: conditions.map((condition) => conditionTest(condition, terms.variables)),
      written: statement,
    },
  ]
}
