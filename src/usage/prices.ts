/** The operator's prices of calls and keys, to show costs; Holdfast charges nobody. */

import { parseJsonText } from '../base/json-text.ts'

/** A price for some calls. The first matching rule determines a call's price. */
type PriceRule = {
  /** The operations; absent: all. A `*` at the end matches any suffix. */
  readonly operations?: readonly string[]
  /** The specs of the key, or of the generated key pair; absent: all. */
  readonly specs?: readonly string[]
  readonly per10000Calls: number
}

/** A price table. */
export type Prices = {
  /** Printed beside amounts. */
  readonly currency: string
  /** The price of a key for a month of {@link HOURS_PER_MONTH} hours. */
  readonly keyMonth: number
  readonly calls: readonly PriceRule[]
}

/** The hours of an average month. */
export const HOURS_PER_MONTH = 730
/** The maximum number of rules. */
const RULES_MAX = 1000
const CALLS = 10_000

/** The error of an invalid price table; the message says where. */
export class PricesError extends Error {
  override readonly name = 'PricesError'
}

/** The price table in a JSON text. @throws PricesError. */
export function parsePrices(text: string): Prices {
  const table = parseObject(parseJson(text), 'the table')
  const { currency, keyMonth, calls } = table
  if (typeof currency !== 'string' || !/^[A-Z]{3}$/.test(currency))
    throw new PricesError('currency: three capital letters required')
  if (!Array.isArray(calls) || calls.length > RULES_MAX)
    throw new PricesError(`calls: a list of at most ${RULES_MAX} rules required`)
  return { currency, keyMonth: parseAmount(keyMonth, 'keyMonth'), calls: calls.map(parseRule) }
}

/** The price of one call; 0 when no rule matches. */
export function priceOfCall({ calls }: Prices, operation: string, spec: string): number {
  const rule = calls.find(
    ({ operations, specs }) =>
      (operations === undefined || operations.some((pattern) => fits(pattern, operation))) &&
      (specs === undefined || specs.some((pattern) => fits(pattern, spec))),
  )
  return (rule?.per10000Calls ?? 0) / CALLS
}

function fits(pattern: string, text: string): boolean {
  return pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : text === pattern
}

function parseRule(value: unknown, index: number): PriceRule {
  const where = `calls[${index}]`
  const { operations, specs, per10000Calls } = parseObject(value, where)
  return {
    ...(operations === undefined ? {} : { operations: parseTexts(operations, `${where}.operations`) }),
    ...(specs === undefined ? {} : { specs: parseTexts(specs, `${where}.specs`) }),
    per10000Calls: parseAmount(per10000Calls, `${where}.per10000Calls`),
  }
}

function parseJson(text: string): unknown {
  try {
    return parseJsonText(text)
  } catch (cause) {
    throw new PricesError(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

function parseObject(value: unknown, where: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Readonly<Record<string, unknown>>
  throw new PricesError(`${where}: an object required`)
}

function parseTexts(value: unknown, where: string): readonly string[] {
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value
  throw new PricesError(`${where}: a list of texts required`)
}

function parseAmount(value: unknown, where: string): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value
  throw new PricesError(`${where}: a number of at least 0 required`)
}
