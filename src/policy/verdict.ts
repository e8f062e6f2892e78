import type { CompiledPolicy } from './compile.ts'
import type { CompiledStatement, StatementSource } from './compiled-statement.ts'
import type { ContextLookup } from './context.ts'
import { type Evaluation, startEvaluation } from './evaluation.ts'
import type { Resource } from './match.ts'
import { Naming } from './naming.ts'
import { splitArn } from './pattern.ts'
import { type Identities, identitiesOf, type Principal } from './principal.ts'

/** A question to policies. */
export type Question = {
  readonly identities: Identities
  /** Whether the principal has a permissions boundary. */
  readonly bounded: boolean
  readonly actionLowerCased: string
  readonly resource: Resource
  readonly evaluation: Evaluation
}

/** An action of a principal on a resource. */
type Wish = {
  readonly principal: Principal
  readonly action: string
  readonly resource: string
  readonly context: ContextLookup
}

/** A question that has spent no steps. */
export function questionOf(wish: Wish, bounded: boolean): Question {
  return {
    identities: identitiesOf(wish.principal),
    bounded,
    actionLowerCased: wish.action.toLowerCase(),
    resource: { text: wish.resource, parts: splitArn(wish.resource) },
    evaluation: startEvaluation(wish.context),
  }
}

/** The answer of one policy, or several of one kind: a Deny, else the firmest Allow, if any. */
export type Verdict = {
  readonly deny: StatementSource | undefined
  readonly allow: Allowance | undefined
}

/** A statement that allows. */
type Allowance = {
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
    const verdict = ask(policy, question, best)
    if (verdict.deny !== undefined) return verdict
    best = verdict
  }
  return best
}

/**
 * The verdict of one policy, added to an earlier one: an Allow counts if it is firmer.
 *
 * @throws EvaluationLimitError, and whatever the lookup of a condition key throws.
 */
export function ask(policy: CompiledPolicy, question: Question, known: Verdict = NO_VERDICT): Verdict {
  const { denies, allows } = policy.about(question)
  for (const candidate of denies) {
    if (nameIn(candidate, question) !== Naming.None && applies(candidate, question)) {
      return { deny: candidate.source, allow: undefined }
    }
  }
  let verdict = known
  let best = known.allow?.naming ?? Naming.None
  for (const candidate of allows) {
    if (best === Naming.Direct) break
    const naming = nameIn(candidate, question)
    if (naming <= best || !applies(candidate, question)) continue
    best = naming
    verdict = { deny: undefined, allow: { statement: candidate.source, naming } }
  }
  return verdict
}

/** How firmly a statement names the principal. */
export function nameIn(statement: CompiledStatement, question: Question): Naming {
  return statement.principals?.(question.identities, question.bounded) ?? Naming.Direct
}

/** Whether a statement whose actions cover the question's covers its resource and conditions. */
export function applies(statement: CompiledStatement, question: Question): boolean {
  const { evaluation } = question
  if (!statement.resources(question.resource, evaluation)) return false
  for (const { holds } of statement.conditions) {
    if (!holds(evaluation)) return false
  }
  return true
}
