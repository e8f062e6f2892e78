import { comparisonTest } from './comparisons.ts'
import type { Evaluation } from './evaluation.ts'
import type { TextTest } from './glob.ts'
import type { Condition, Operator } from './operators.ts'

/** A condition that is ready for evaluation. */
export type ConditionTest = (evaluation: Evaluation) => boolean

/**
 * The test for one operator on one key.
 *
 * @param variables whether the policy's version has variables.
 */
export function conditionTest(condition: Condition, variables: boolean): ConditionTest {
  const { operator, values } = condition
  const key = condition.key.toLowerCase()
  if (operator.comparison === 'Null') return nullTest(operator, key, values)
  const matches = comparisonTest(operator.comparison, values, variables)
  const withoutKey = holdsWithoutKey(operator)
  // Nearly every key has one value; then all quantifiers are equal.
  return (evaluation) => {
    const found = evaluation.context(key)
    if (typeof found === 'string') return matches(found, evaluation) !== operator.negated
    return found === undefined || found.length === 0
      ? withoutKey
      : holds(operator, matches, found, evaluation)
  }
}

/**
 * `Null` tests whether the key is missing. With a set operator it tests nothing: `ForAllValues` always holds,
 * and `ForAnyValue` never. Source: IAM User Guide, "IAM policy validation check reference", "Null with
 * qualifier".
 */
function nullTest({ quantifier }: Operator, key: string, values: readonly string[]): ConditionTest {
  if (quantifier !== 'None') return () => quantifier === 'ForAllValues'
  const wanted = new Set(values.map((value) => value.toLowerCase()))
  return (evaluation) => wanted.has(String(valuesOf(key, evaluation).length === 0))
}

const NONE: readonly string[] = []

/** An empty list is no value; an empty text is one. */
function valuesOf(key: string, evaluation: Evaluation): readonly string[] {
  const found = evaluation.context(key) ?? NONE
  return typeof found === 'string' ? [found] : found
}

/** `IfExists` is for this very case, so it settles it, whatever precedes it. */
function holdsWithoutKey(operator: Operator): boolean {
  if (operator.ifExists) return true
  switch (operator.quantifier) {
    case 'ForAllValues':
      return true
    case 'ForAnyValue':
      return false
    case 'None':
      return operator.negated
  }
}

/**
 * Without a quantifier a key should have one value. For several, the positive form asks for any match, and
 * the negated form is its exact opposite.
 */
function holds(
  operator: Operator,
  matches: TextTest,
  values: readonly string[],
  evaluation: Evaluation,
): boolean {
  const { negated } = operator
  switch (operator.quantifier) {
    case 'ForAllValues':
      return values.every((value) => matches(value, evaluation) !== negated)
    case 'ForAnyValue':
      return values.some((value) => matches(value, evaluation) !== negated)
    case 'None':
      return values.some((value) => matches(value, evaluation)) !== negated
  }
}
