import type { ContextLookup, ContextValue } from './context.ts'

/** One decision in progress. */
export type Evaluation = {
  readonly context: ContextLookup
  /** Steps that are left. */
  remaining: number
}

/**
 * The steps of one decision: comparisons of a character or a value. Question marks after a star take text ×
 * pattern steps at worst, and texts and patterns may both be long and hostile; so many steps take less than
 * five milliseconds. A usual policy needs fewer than a thousand.
 */
export const EVALUATION_MAX_STEPS = 400_000

/** A decision needed more than {@link EVALUATION_MAX_STEPS}. */
export class EvaluationLimitError extends Error {
  override readonly name = 'EvaluationLimitError'
}

/** A decision that has spent no steps. It looks up each condition key once. */
export function startEvaluation(context: ContextLookup): Evaluation {
  return { context: rememberValues(context), remaining: EVALUATION_MAX_STEPS }
}

function rememberValues(context: ContextLookup): ContextLookup {
  let known: Map<string, ContextValue | undefined> | undefined
  return (key) => {
    known ??= new Map()
    const value = known.get(key)
    if (value !== undefined || known.has(key)) return value
    const found = context(key)
    known.set(key, found)
    return found
  }
}

/** @throws EvaluationLimitError when no steps are left. */
export function spend(evaluation: Evaluation, steps: number): void {
  evaluation.remaining -= steps
  if (evaluation.remaining < 0) throw new EvaluationLimitError('The policies take too long to evaluate')
}
