import { printableJson } from '../base/printable.ts'
import { type GiveWay, mapInSlices, sortInSlices } from '../base/slices.ts'
import { formatCsv, formatTable } from '../base/table.ts'
import type { UsageRow } from '../store/index-port.ts'
import { HOURS_PER_MONTH, type Prices, priceOfCall } from './prices.ts'

/** The columns by which usage can be grouped. */
export const USAGE_COLUMNS = [
  'hour',
  'day',
  'account',
  'region',
  'key',
  'principal',
  'service',
  'operation',
] as const

/** One of {@link USAGE_COLUMNS}. */
export type UsageColumn = (typeof USAGE_COLUMNS)[number]

/** A line of a usage report: the values of its columns, and its sums. */
export type UsageLine = {
  readonly values: readonly string[]
  readonly calls: number
  readonly failures: number
  readonly cost: number
}

/** The facts of a key for its monthly cost. */
export type KeyFacts = {
  readonly arn: string
  readonly spec: string
  readonly createdAt: number
  /** Whether it has a cost now: a key pending deletion has none. */
  readonly charged: boolean
}

/** The inputs of a cost computation. */
export type Costing = {
  readonly prices: Prices
  /** The spec of an existing key. */
  readonly specOf: (keyArn: string) => string | undefined
}

/** The operations that are priced by the spec of the generated pair. */
const PAIR = 'GenerateDataKeyPair'
const HOUR_MS = 3_600_000
const DEFAULT_SPEC = 'SYMMETRIC_DEFAULT'

/** Sums rows by columns, sorted by the columns' values. */
export function sumUsage(
  rows: readonly UsageRow[],
  columns: readonly UsageColumn[],
  costing?: Costing,
): readonly UsageLine[] {
  const sums = new UsageSums(columns, costing)
  for (const row of rows) sums.add(row)
  return sums.entries().sort(byName).map(lineOf)
}

/** The same for many rows, in slices that give way to other work. */
export async function sumUsageInSlices(
  rows: readonly UsageRow[],
  columns: readonly UsageColumn[],
  costing: Costing | undefined,
  giveWay: GiveWay,
): Promise<readonly UsageLine[]> {
  const sums = new UsageSums(columns, costing)
  for (const row of rows) {
    const wait = giveWay()
    if (wait !== undefined) await wait
    sums.add(row)
  }
  return mapInSlices(await sortInSlices(sums.entries(), byName, giveWay), lineOf, giveWay)
}

type Sum = { readonly values: readonly string[]; calls: number; failures: number; cost: number }
type NamedSum = readonly [name: string, sum: Sum]

class UsageSums {
  readonly #columns: readonly UsageColumn[]
  readonly #costing: Costing | undefined
  readonly #sums = new Map<string, Sum>()

  constructor(columns: readonly UsageColumn[], costing: Costing | undefined) {
    this.#columns = columns
    this.#costing = costing
  }

  add(row: UsageRow): void {
    const values = this.#columns.map((column) => columnOf(row, column))
    const name = nameOfLine({ values })
    const sum = this.#sums.get(name) ?? { values, calls: 0, failures: 0, cost: 0 }
    sum.calls += row.calls
    sum.failures += row.failures
    sum.cost += this.#costing === undefined ? 0 : costOf(row, this.#costing)
    this.#sums.set(name, sum)
  }

  entries(): NamedSum[] {
    return [...this.#sums]
  }
}

function byName([one]: NamedSum, [other]: NamedSum): number {
  return one < other ? -1 : 1
}

function lineOf([, sum]: NamedSum): UsageLine {
  return { ...sum, cost: amountOf(sum.cost) }
}

/** The name of a line: its values, which no two lines share. */
export function nameOfLine({ values }: Pick<UsageLine, 'values'>): string {
  return values.join('\n')
}

/** A range of time and the present, which ends all costs. */
export type CostRange = { readonly fromMs: number; readonly toMs: number; readonly now: number }

/** The cost of keys over a range, up to the present. */
export function costOfKeys(
  keys: readonly KeyFacts[],
  { keyMonth }: Prices,
  { fromMs, toMs, now }: CostRange,
): number {
  const end = Math.min(toMs, now)
  const hours = keys
    .filter(({ charged }) => charged)
    .map(({ createdAt }) => Math.max(0, end - Math.max(fromMs, createdAt)) / HOUR_MS)
  return amountOf((hours.reduce((sum, one) => sum + one, 0) / HOURS_PER_MONTH) * keyMonth)
}

/** The sum of amounts, rounded like an amount. */
export function sumOfAmounts(amounts: readonly number[]): number {
  return amountOf(amounts.reduce((sum, one) => sum + one, 0))
}

/** The decimal digits of an amount: enough for one call at 0.00001 per 10,000. */
const AMOUNT_DIGITS = 9

/** Rounds an amount in decimal, to remove floating-point errors. */
function amountOf(cost: number): number {
  return Number(cost.toFixed(AMOUNT_DIGITS))
}

/** The cost of a row; only calls of AWS KMS have one. */
function costOf({ source, operation, variant, key, calls }: UsageRow, { prices, specOf }: Costing): number {
  if (source !== 'kms.amazonaws.com') return 0
  const spec = operation.startsWith(PAIR) ? variant : (specOf(key) ?? DEFAULT_SPEC)
  return calls * priceOfCall(prices, operation, spec)
}

function columnOf(row: UsageRow, column: UsageColumn): string {
  switch (column) {
    case 'hour':
      return `${timeOf(row).slice(0, 'yyyy-mm-ddThh'.length)}:00Z`
    case 'day':
      return timeOf(row).slice(0, 'yyyy-mm-dd'.length)
    case 'service':
      return row.source
    case 'account':
    case 'region':
    case 'key':
    case 'principal':
    case 'operation':
      return row[column]
  }
}

function timeOf({ hour }: UsageRow): string {
  return new Date(hour * HOUR_MS).toISOString()
}

/** The formats of a report. */
export const USAGE_FORMATS = ['table', 'csv', 'json'] as const

/** One of {@link USAGE_FORMATS}. */
export type UsageFormat = (typeof USAGE_FORMATS)[number]

/** Formats a report as text lines. `currency`: the currency of shown costs. */
export function formatUsage(
  lines: readonly UsageLine[],
  columns: readonly UsageColumn[],
  format: UsageFormat,
  currency: string | undefined,
): readonly string[] {
  const head = [...columns, 'calls', 'failures', ...(currency === undefined ? [] : [`cost ${currency}`])]
  const rows = lines.map(({ values, calls, failures, cost }) => [
    ...values,
    String(calls),
    String(failures),
    ...(currency === undefined ? [] : [formatCost(cost)]),
  ])
  switch (format) {
    case 'table':
      return formatTable([head, ...rows])
    case 'csv':
      return formatCsv([head, ...rows])
    case 'json':
      return [printableJson(lines.map((line) => jsonOf(line, columns, currency)))]
  }
}

/** The printed decimal digits: one call at AWS's prices is 0.000003. */
const COST_DIGITS = 6

/** Formats an amount. */
export function formatCost(cost: number): string {
  return cost.toFixed(COST_DIGITS)
}

function jsonOf(
  { values, calls, failures, cost }: UsageLine,
  columns: readonly UsageColumn[],
  currency: string | undefined,
): object {
  const named = Object.fromEntries(columns.map((column, index) => [column, values[index]]))
  return { ...named, calls, failures, ...(currency === undefined ? {} : { cost, currency }) }
}
