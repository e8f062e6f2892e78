import { present } from '../base/assert.ts'
import { parseBase64, toBase64 } from '../base/bytes.ts'
import { contains, parseAddress, parseAddressBlock } from './address.ts'
import { compareDecimals, parseDecimal } from './decimal.ts'
import { type Evaluation, spend } from './evaluation.ts'
import type { TextTest } from './glob.ts'
import { parseInstant } from './instant.ts'
import type { Comparison } from './operators.ts'
import { arnTest, isArnPattern, literalText, splitArn, textTest } from './pattern.ts'
import { isTemplate } from './template.ts'

/**
 * Whether a value of the request matches one of the policy's values, before any negation. A value
 * of the request that has not the comparison's form matches nothing.
 *
 * @param wanted values for which {@link valueProblem} finds nothing.
 */
export function comparisonTest(
  comparison: Comparison,
  wanted: readonly string[],
  variables: boolean,
): TextTest {
  switch (comparison) {
    case 'StringEquals':
      return equalityTest(wanted, variables)
    case 'StringEqualsIgnoreCase':
      return anyOf(wanted, (value) => textTest(value, { wildcards: false, variables }, fold), fold, ask)
    case 'StringLike':
      return anyOf(wanted, (value) => textTest(value, { wildcards: true, variables }), asIs, ask)
    case 'ArnLike':
      return anyOf(wanted, (value) => arnTest(value, variables), splitArn, ask)
    case 'NumericEquals':
    case 'NumericLessThan':
    case 'NumericLessThanEquals':
    case 'NumericGreaterThan':
    case 'NumericGreaterThanEquals':
      return orderTest(wanted, parseDecimal, compareDecimals, ORDERS[comparison])
    case 'DateEquals':
    case 'DateLessThan':
    case 'DateLessThanEquals':
    case 'DateGreaterThan':
    case 'DateGreaterThanEquals':
      return orderTest(wanted, parseInstant, subtract, ORDERS[comparison])
    case 'Bool':
    case 'Null':
      return anyOf(wanted, parseBool, parseBool, equal)
    case 'BinaryEquals':
      return anyOf(wanted, parseBinary, parseBinary, equal)
    case 'IpAddress':
      return anyOf(wanted, parseAddressBlock, parseAddress, contains)
  }
}

/** The commonest comparison, without a scan where no value has variables. */
function equalityTest(wanted: readonly string[], variables: boolean): TextTest {
  const syntax = { wildcards: false, variables }
  const literals = wanted.flatMap((value) => literalText(value, syntax) ?? [])
  if (literals.length < wanted.length) return anyOf(wanted, (value) => textTest(value, syntax), asIs, ask)
  const all = new Set(literals)
  const [only] = all
  return (text, evaluation) => {
    spend(evaluation, text.length + 1)
    return all.size === 1 ? text === only : all.has(text)
  }
}

/** What the values of a comparison must be. `undefined` when this value is that. */
export function valueProblem(comparison: Comparison, value: string, variables: boolean): string | undefined {
  switch (comparison) {
    case 'StringEquals':
    case 'StringEqualsIgnoreCase':
    case 'StringLike':
      return unless(isTemplate(value, variables), 'text whose variables are well formed')
    case 'ArnLike':
      return unless(isArnPattern(value, variables), 'an ARN')
    case 'NumericEquals':
    case 'NumericLessThan':
    case 'NumericLessThanEquals':
    case 'NumericGreaterThan':
    case 'NumericGreaterThanEquals':
      return unless(parseDecimal(value) !== undefined, 'a decimal number')
    case 'DateEquals':
    case 'DateLessThan':
    case 'DateLessThanEquals':
    case 'DateGreaterThan':
    case 'DateGreaterThanEquals':
      return unless(parseInstant(value) !== undefined, 'a date as ISO 8601 or seconds since 1970')
    case 'Bool':
    case 'Null':
      return unless(parseBool(value) !== undefined, 'true or false')
    case 'BinaryEquals':
      return unless(parseBinary(value) !== undefined, 'base64')
    case 'IpAddress':
      return unless(parseAddressBlock(value) !== undefined, 'an IP address or CIDR block')
  }
}

function unless(fine: boolean, wanted: string): string | undefined {
  return fine ? undefined : wanted
}

/** The request's value is read once, however many values the policy has. */
function anyOf<P, R>(
  wanted: readonly string[],
  parseWanted: (text: string) => P | undefined,
  parseFound: (text: string) => R | undefined,
  matches: (wanted: P, found: R, evaluation: Evaluation) => boolean,
): TextTest {
  const parsed = wanted.map((value) => present(parseWanted(value), 'A checked condition value'))
  return (text, evaluation) => {
    spend(evaluation, text.length + parsed.length)
    const found = parseFound(text)
    return found !== undefined && parsed.some((value) => matches(value, found, evaluation))
  }
}

function orderTest<T>(
  wanted: readonly string[],
  parse: (text: string) => T | undefined,
  compare: (a: T, b: T) => number,
  accepts: (order: number) => boolean,
): TextTest {
  return anyOf(wanted, parse, parse, (value, found) => accepts(compare(found, value)))
}

const isEqual = (order: number): boolean => order === 0
const isLess = (order: number): boolean => order < 0
const isAtMost = (order: number): boolean => order <= 0
const isGreater = (order: number): boolean => order > 0
const isAtLeast = (order: number): boolean => order >= 0

/** How the request's value must stand to the policy's. */
const ORDERS = {
  NumericEquals: isEqual,
  NumericLessThan: isLess,
  NumericLessThanEquals: isAtMost,
  NumericGreaterThan: isGreater,
  NumericGreaterThanEquals: isAtLeast,
  DateEquals: isEqual,
  DateLessThan: isLess,
  DateLessThanEquals: isAtMost,
  DateGreaterThan: isGreater,
  DateGreaterThanEquals: isAtLeast,
} as const

function ask<R>(
  test: (found: R, evaluation: Evaluation) => boolean,
  found: R,
  evaluation: Evaluation,
): boolean {
  return test(found, evaluation)
}

function asIs(text: string): string {
  return text
}

function fold(text: string): string {
  return text.toLowerCase()
}

function subtract(a: number, b: number): number {
  return a - b
}

function equal<T>(wanted: T, found: T): boolean {
  return wanted === found
}

/** `true` and `false` in any case. */
function parseBool(text: string): string | undefined {
  const lower = text.toLowerCase()
  return lower === 'true' || lower === 'false' ? lower : undefined
}

/** Base64 in its one canonical form. */
function parseBinary(text: string): string | undefined {
  const bytes = parseBase64(text)
  return bytes === undefined ? undefined : toBase64(bytes)
}
