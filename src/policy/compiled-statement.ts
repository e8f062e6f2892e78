import type { ConditionTest } from './conditions.ts'
import type { Effect, Listed, Statement } from './document.ts'
import type { Evaluation } from './evaluation.ts'
import type { Resource } from './match.ts'
import type { Bindings, PrincipalTest } from './naming.ts'
import type { Condition } from './operators.ts'

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
