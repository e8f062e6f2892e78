import { PARTITION, parseArn } from '../api/arn.ts'
import { KmsError } from '../api/errors.ts'
import {
  answer,
  anything,
  boolean,
  instant,
  integer,
  list,
  oneOf,
  optional,
  text,
  timestamp,
  type ValueOf,
} from '../api/shapes.ts'
import { utf8 } from '../base/bytes.ts'
import { chargedKeys } from '../compliance/gather/charged-keys.ts'
import { partitionOf } from '../kms/keys/key-record.ts'
import { LISTED_KEY } from '../kms/keys/listed-key.ts'
import { isKeyArn } from '../policy/key-actions.ts'
import type { UsageRow } from '../store/index-port.ts'
import {
  type Costing,
  type CostRange,
  costOfKeys,
  type KeyFacts,
  nameOfLine,
  sumOfAmounts,
  sumUsageInSlices,
  USAGE_COLUMNS,
  type UsageColumn,
  type UsageLine,
} from '../usage/usage-report.ts'
import { ACCOUNT_ID, askedAccount } from './asked-account.ts'
import type { UsageDependencies } from './usage-dependencies.ts'
import { type Invocation, usageOperation } from './usage-operation.ts'
import { formatUsageToken, parseUsageToken } from './usage-token.ts'

const HOUR_MS = 3_600_000
const DEFAULT_DAYS = 30
/** The maximum range of one call. */
const RANGE_MAX_DAYS = 400
/** The maximum number of index rows that one call sums. */
const ROWS_MAX = 20_000
const HOURS_PER_DAY = 24
/** Longer than every range: all hours in one row. */
const ALL_HOURS = 2 ** 31
const LINES_DEFAULT = 100
const LINES_MAX = 1000
const TOKEN_MAX_CHARS = 16_384

const INPUT = {
  AccountId: optional(ACCOUNT_ID),
  StartTime: optional(timestamp()),
  EndTime: optional(timestamp()),
  GroupBy: optional(list(oneOf(...USAGE_COLUMNS), { min: 1, max: USAGE_COLUMNS.length })),
  KeyArn: optional(text({ min: 1, max: 2048 })),
  MaxResults: optional(integer({ min: 1, max: LINES_MAX })),
  NextToken: optional(text({ min: 1, max: TOKEN_MAX_CHARS })),
}

const LINE = answer({ Values: anything(), Calls: integer(), Failures: integer(), Cost: integer() })
const TOTALS = answer({ Calls: integer(), Failures: integer(), CallsCost: integer(), KeysCost: integer() })
const OUTPUT = {
  StartTime: instant(),
  EndTime: instant(),
  GroupBy: list(text()),
  Currency: text(),
  Lines: list(LINE),
  Totals: TOTALS,
  Current: boolean(),
  NextToken: text(),
}

type UsageInvocation = Invocation<typeof INPUT, string>

/** Counts the calls of the caller's account in all regions, with their cost. */
export const getUsage = usageOperation(
  {
    ...{ name: 'GetUsage', input: INPUT, output: OUTPUT },
    // The resource of the caller's own account is '*', as it has been since the operation exists.
    find: async (invocation) => {
      const account = await askedAccount(invocation)
      const isOwn = account === invocation.call.caller.account
      return { resource: isOwn ? '*' : `arn:${PARTITION}:holdfast::${account}:usage/*`, subject: account }
    },
  },
  async ({ call, input, dependencies, subject: account }: UsageInvocation) => {
    if (input.KeyArn !== undefined && !isKeyArn(input.KeyArn))
      throw new KmsError('InvalidArnException', `'${input.KeyArn}' is not a key ARN.`)
    const columns = input.GroupBy ?? (['key', 'operation'] as const)
    const asked = JSON.stringify([columns, input.KeyArn, input.StartTime, input.EndTime, input.AccountId])
    const from = parseUsageToken(input.NextToken, utf8(asked))
    const range = from?.range ?? parseRange(input, call.now)
    const question = {
      fromHour: Math.floor(range.fromMs / HOUR_MS),
      toHour: Math.ceil(range.toMs / HOUR_MS),
      account,
      key: input.KeyArn,
      hoursPerRow: hoursPerRow(columns),
      limit: ROWS_MAX + 1,
    }
    const { value: rows, current } = await dependencies.usage(question)
    if (rows.length > ROWS_MAX) throw new KmsError('LimitExceededException', TOO_MUCH)
    const costing = await costingOf(dependencies, rows)
    const lines = await sumUsageInSlices(rows, columns, costing, dependencies.giveWay)
    const page = pageOf(lines, from?.after, input.MaxResults ?? LINES_DEFAULT)
    const output = {
      StartTime: range.fromMs / 1000,
      EndTime: range.toMs / 1000,
      GroupBy: columns,
      Currency: dependencies.prices?.currency,
      Lines: page.lines.map((line) => lineOutput(line, columns, costing !== undefined)),
      Totals:
        from === undefined
          ? await totals(dependencies, lines, { account, now: call.now, key: input.KeyArn, ...range })
          : undefined,
      Current: current,
      NextToken: page.next && formatUsageToken({ range, after: page.next }, utf8(asked)),
    }
    return { output }
  },
)

const TOO_MUCH = `More than ${ROWS_MAX} counts are in this range: ask for a shorter one, for days instead of hours, or for one key.`

/** The hours of a row: as many as the columns allow. */
function hoursPerRow(columns: readonly UsageColumn[]): number {
  if (columns.includes('hour')) return 1
  return columns.includes('day') ? HOURS_PER_DAY : ALL_HOURS
}

type Range = { readonly fromMs: number; readonly toMs: number }

/** @throws InvalidTimeRangeException. */
function parseRange({ StartTime, EndTime }: UsageInvocation['input'], now: number): Range {
  const toMs = EndTime ?? now
  const fromMs = StartTime ?? toMs - DEFAULT_DAYS * HOURS_PER_DAY * HOUR_MS
  if (fromMs > toMs) throw new KmsError('InvalidTimeRangeException', 'StartTime is after EndTime.')
  if (fromMs < 0 || toMs - fromMs > RANGE_MAX_DAYS * HOURS_PER_DAY * HOUR_MS) {
    const message = `The time range must begin after 1970 and be at most ${RANGE_MAX_DAYS} days long.`
    throw new KmsError('InvalidTimeRangeException', message)
  }
  return { fromMs, toMs }
}

function pageOf(
  lines: readonly UsageLine[],
  after: string | undefined,
  limit: number,
): { readonly lines: readonly UsageLine[]; readonly next: string | undefined } {
  const start = after === undefined ? 0 : firstAfter(lines, after)
  const page = lines.slice(start, start + limit)
  const last = page.at(-1)
  const isMore = lines.length > start + limit && last !== undefined
  return { lines: page, next: isMore ? nameOfLine(last) : undefined }
}

/** The index of the first line after a name, among sorted lines. */
function firstAfter(lines: readonly UsageLine[], name: string): number {
  let [from, to] = [0, lines.length]
  while (from < to) {
    const middle = Math.floor((from + to) / 2)
    const line = lines[middle]
    if (line !== undefined && nameOfLine(line) <= name) from = middle + 1
    else to = middle
  }
  return from
}

function lineOutput(
  { values, calls, failures, cost }: UsageLine,
  columns: readonly UsageColumn[],
  costs: boolean,
): ValueOf<typeof LINE> {
  return {
    Values: Object.fromEntries(columns.map((column, at) => [column, values[at] ?? ''])),
    Calls: calls,
    Failures: failures,
    Cost: costs ? cost : undefined,
  }
}

async function costingOf(
  { prices, records, giveWay }: UsageDependencies,
  rows: readonly UsageRow[],
): Promise<Costing | undefined> {
  if (prices === undefined) return undefined
  const specs = new Map<string, string>()
  for (const arn of new Set(rows.map(({ key }) => key))) {
    const wait = giveWay()
    if (wait !== undefined) await wait
    const { account = '', region = '', resource = '' } = parseArn(arn) ?? {}
    const keyId = resource.replace(/^key\//, '')
    const partition = partitionOf(account, region)
    const listed = keyId === '' ? undefined : await records.getSummary(LISTED_KEY, partition, keyId)
    if (listed !== undefined) specs.set(arn, listed.summary.spec)
  }
  return { prices, specOf: (arn) => specs.get(arn) }
}

async function totals(
  { prices, records, regions }: UsageDependencies,
  lines: readonly UsageLine[],
  {
    account,
    key: only,
    ...range
  }: CostRange & { readonly account: string; readonly key: string | undefined },
): Promise<ValueOf<typeof TOTALS>> {
  const sum = (of: (line: UsageLine) => number): number => lines.reduce((total, line) => total + of(line), 0)
  const counts = { Calls: sum(({ calls }) => calls), Failures: sum(({ failures }) => failures) }
  if (prices === undefined) return counts
  const keys: KeyFacts[] = []
  for (const region of await regions(account))
    for await (const key of chargedKeys(records, account, region))
      if (only === undefined || key.arn === only) keys.push(key)
  const CallsCost = sumOfAmounts(lines.map(({ cost }) => cost))
  return { ...counts, CallsCost, KeysCost: costOfKeys(keys, prices, range) }
}
