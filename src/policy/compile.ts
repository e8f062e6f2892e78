import { type ConditionTest, conditionTest } from './conditions.ts'
import type { Effect, PolicyDocument, Statement } from './document.ts'
import type { Evaluation } from './evaluation.ts'
import { actionTest, Naming, type PrincipalTest, principalTest, resourcesTest } from './match.ts'

/** A policy ready to be asked: made once when the policy is loaded. */
export type CompiledPolicy = {
  /** Without the statements that can have no effect. */
  readonly statements: readonly CompiledStatement[]
}

/** A statement ready to be asked. */
export type CompiledStatement = {
  readonly source: StatementSource
  readonly effect: Effect
  /** How the statement names the principal, its actions, resources and conditions aside. */
  readonly principals: PrincipalTest
  readonly actions: (actionLowerCased: string, evaluation: Evaluation) => boolean
  readonly resources: (resource: string, evaluation: Evaluation) => boolean
  readonly conditions: readonly ConditionTest[]
}

/** Where in its policy a statement is. */
export type StatementSource = {
  /** From 0. */
  readonly index: number
  readonly sid: string | undefined
}

/** A policy ready to be asked, many times. */
export function compilePolicy(document: PolicyDocument): CompiledPolicy {
  const variables = document.version === '2012-10-17'
  return {
    statements: document.statements.flatMap((statement, index) =>
      compileStatement(statement, index, variables),
    ),
  }
}

function compileStatement(statement: Statement, index: number, variables: boolean): CompiledStatement[] {
  const { sid, effect, principals, actions, resources, conditions } = statement
  if (actions === undefined || resources === undefined) return []
  return [
    {
      source: { index, sid },
      effect,
      principals: principals === undefined ? () => Naming.Direct : principalTest(principals),
      actions: actionTest(actions),
      resources: resourcesTest(resources, variables),
      conditions: conditions.map((condition) => conditionTest(condition, variables)),
    },
  ]
}
