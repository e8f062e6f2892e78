import type { CompiledPolicy, CompiledStatement, StatementSource } from './compile.ts'
import type { Evaluation } from './evaluation.ts'
import { Naming } from './match.ts'
import type { Principal } from './principal.ts'

/** What policies are asked. */
export type Question = {
  readonly principal: Principal
  /** Whether the principal has a permissions boundary. */
  readonly bounded: boolean
  readonly actionLowerCased: string
  /** An ARN, or `*` for actions without a resource. */
  readonly resource: string
  readonly evaluation: Evaluation
}

/** What one policy, or several of one kind, say to a question: a Deny, else the firmest Allow, if any. */
export type Verdict = {
  readonly deny: StatementSource | undefined
  readonly allow: Allowance | undefined
}

/** A statement that allows. */
export type Allowance = {
  readonly statement: StatementSource
  /** How firmly the statement names the principal; `Direct` where statements name nobody. */
  readonly naming: Naming
}

/** Neither denied nor allowed. */
export const NO_VERDICT: Verdict = { deny: undefined, allow: undefined }

/** The verdict of several policies together. */
export function askAll(policies: readonly CompiledPolicy[], question: Question): Verdict {
  let best = NO_VERDICT
  for (const policy of policies) {
    const verdict = ask(policy, question)
    if (verdict.deny !== undefined) return verdict
    best = best.allow === undefined ? verdict : best
  }
  return best
}

/**
 * The verdict of one policy.
 *
 * @throws EvaluationLimitError, and whatever the lookup of a condition key throws.
 */
export function ask(policy: CompiledPolicy, question: Question): Verdict {
  let statement: StatementSource | undefined
  let best: Naming = Naming.None
  for (const candidate of policy.statements) {
    const naming = candidate.principals(question.principal, question.bounded)
    const isDeny = candidate.effect === 'Deny'
    const matters = isDeny ? naming !== Naming.None : naming > best
    if (!matters || !applies(candidate, question)) continue
    if (isDeny) return { deny: candidate.source, allow: undefined }
    statement = candidate.source
    best = naming
  }
  return statement === undefined ? NO_VERDICT : { deny: undefined, allow: { statement, naming: best } }
}

function applies(statement: CompiledStatement, question: Question): boolean {
  const { evaluation } = question
  return (
    statement.actions(question.actionLowerCased, evaluation) &&
    statement.resources(question.resource, evaluation) &&
    statement.conditions.every((holds) => holds(evaluation))
  )
}
