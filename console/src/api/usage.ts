import { queryOptions } from '@tanstack/react-query'
import { call, type InputOf, type OutputOf } from './client.ts'
import { patiently } from './what-if.ts'

/** What usage is grouped by. */
export type UsageColumn = NonNullable<InputOf<'GetUsage'>['GroupBy']>[number]

/** One line of usage: the value that it is grouped by, and its sums. */
type UsageLine = {
  readonly value: string
  readonly calls: number
  readonly failures: number
  /** In the currency; nothing without a price table. */
  readonly cost: number | undefined
}

/** The usage of a period. */
export type Usage = {
  readonly lines: readonly UsageLine[]
  readonly totals: NonNullable<OutputOf<'GetUsage'>['Totals']>
  readonly currency: string | undefined
  readonly isCurrent: boolean
  readonly isCut: boolean
}

const DAY_SECONDS = 86_400
const LINES_MAX = 1000
const PAGES_MAX = 5

/** The usage of the last days by one column, of all keys or of one. */
export function usageOf(account: string, days: number, column: UsageColumn, KeyArn?: string) {
  return queryOptions({
    queryKey: ['usage', account, days, column, KeyArn],
    queryFn: () => readUsage(days, column, KeyArn),
    staleTime: 30_000,
  })
}

async function readUsage(days: number, column: UsageColumn, KeyArn?: string): Promise<Usage> {
  const EndTime = Math.floor(Date.now() / 1000)
  const StartTime = EndTime - days * DAY_SECONDS
  const range = { StartTime, EndTime, GroupBy: [column], KeyArn, MaxResults: LINES_MAX }
  const first = await patiently(() => call('GetUsage', range))
  const lines = linesOf(first, column)
  let NextToken = first.NextToken
  for (let page = 1; page < PAGES_MAX && NextToken !== undefined; page += 1) {
    const token = NextToken
    const next = await patiently(() => call('GetUsage', { ...range, NextToken: token }))
    lines.push(...linesOf(next, column))
    NextToken = next.NextToken
  }
  return {
    lines,
    totals: first.Totals ?? {},
    currency: first.Currency,
    isCurrent: first.Current !== false,
    isCut: NextToken !== undefined,
  }
}

function linesOf({ Lines = [] }: OutputOf<'GetUsage'>, column: UsageColumn): UsageLine[] {
  return Lines.map(({ Values, Calls = 0, Failures = 0, Cost }) => ({
    value: parseValues(Values)[column] ?? '',
    calls: Calls,
    failures: Failures,
    cost: Cost,
  }))
}

/** The server has made them: texts by column. */
function parseValues(value: unknown): Readonly<Record<string, string>> {
  return (value ?? {}) as Readonly<Record<string, string>>
}
