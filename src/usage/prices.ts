/** What calls and keys cost: a table of the operator's, for showing use, not for charging it. */

/** A price for some calls. The first rule that fits a call is its price. */
type PriceRule = {
  /** Operations that it is for; all when left out. A `*` at the end stands for any rest. */
  readonly operations?: readonly string[]
  /** Key specs that it is for, of the key or of the key pair that is made; all when left out. */
  readonly specs?: readonly string[]
  readonly per10000Calls: number
}

/** A price table. */
export type Prices = {
  /** Printed beside amounts. */
  readonly currency: string
  /** One key for a month of {@link HOURS_PER_MONTH} hours. */
  readonly keyMonth: number
  readonly calls: readonly PriceRule[]
}

/** An average month. */
export const HOURS_PER_MONTH = 730
/** Rules of one table. */
const RULES_MAX = 1000
const CALLS = 10_000

/** A price table is not one; the message says where. */
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

/** What one call costs; 0 when no rule fits. */
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
    return JSON.parse(text)
  } catch (cause) {
    throw new PricesError(`not JSON: ${cause instanceof Error ? cause.message : ''}`, { cause })
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
