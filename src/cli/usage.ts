import { keyArn } from '../api/arn.ts'
import { systemClock } from '../base/ports.ts'
import { chargedKeys } from '../compliance/gather/charged-keys.ts'
import { ConfigError } from '../config/setting.ts'
import type { Config } from '../config/settings.ts'
import { readPricesFile } from '../usage/prices-file.ts'
import {
  type CostRange,
  costOfKeys,
  formatCost,
  formatUsage,
  type KeyFacts,
  sumOfAmounts,
  sumUsage,
  USAGE_COLUMNS,
  USAGE_FORMATS,
  type UsageColumn,
  type UsageFormat,
} from '../usage/usage-report.ts'
import type { Command, CommandInput } from './command.ts'
import { type OpenIndex, withIndex } from './index-service.ts'
import { noKey, placeOf } from './named-key.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
const DEFAULT_DAYS = 30
const DEFAULT_COLUMNS = 'key,operation'
/** How long the report waits for the index to come to where the log is. */
const REACH_MS = 60_000

/** `holdfast usage`: counts calls, and shows what they would cost. */
export const usage: Command = {
  name: 'usage',
  about: 'counts calls by hour, day, account, region, key, principal, service and operation',
  flags: {
    from: { about: 'the first day or hour, such as 2026-11-01 or 2026-11-01T08:00Z; default 30 days ago' },
    to: { about: 'the end, not included; default now' },
    by: { about: `columns of ${USAGE_COLUMNS.join(',')}; default ${DEFAULT_COLUMNS}` },
    key: { about: 'only calls on this key: its ARN, id or alias' },
    format: { about: `${USAGE_FORMATS.join(', ')}; default table` },
  },
  run: async (input) => {
    const asked = parseAsked(input)
    return withIndex(input.config, (open) => report(input, asked, open))
  },
}

type UsageAsked = {
  readonly columns: readonly UsageColumn[]
  readonly format: UsageFormat
  readonly range: CostRange
}

function parseAsked({ flags, output }: CommandInput): UsageAsked {
  const columns = parseColumns(flags['by'] ?? DEFAULT_COLUMNS)
  const format = parseFormat(flags['format'] ?? 'table')
  const now = systemClock.now()
  const toMs = flags['to'] === undefined ? now : parseTime('to', flags['to'])
  const fromMs = flags['from'] === undefined ? toMs - DEFAULT_DAYS * DAY_MS : parseTime('from', flags['from'])
  if (fromMs >= toMs) throw new ConfigError('--from is not before --to: there is no time between them')
  if (fromMs > now) throw new ConfigError('--from is in the future: nothing has been called then')
  if (toMs > now) output.complain('--to is in the future: calls and keys are counted up to now')
  return { columns, format, range: { fromMs, toMs, now } }
}

async function report(
  { config, flags, output }: CommandInput,
  { columns, format, range }: UsageAsked,
  { records, service }: OpenIndex,
): Promise<number> {
  const prices = await readPricesFile(config.prices)
  const only = flags['key'] === undefined ? undefined : await usedKey(config, records, flags['key'])
  if (only?.exists === false)
    output.complain(`there is no key ${only.arn} now: only recorded calls on it are counted`)
  const question = {
    fromHour: Math.floor(range.fromMs / HOUR_MS),
    toHour: Math.ceil(range.toMs / HOUR_MS),
    key: only?.arn,
  }
  const { value: rows, current } = await service.answer({ ask: 'usage', question, reachMs: REACH_MS })
  if (!current) output.complain('the index is behind the audit log: the latest calls are not counted')
  if (prices === undefined) {
    for (const line of formatUsage(sumUsage(rows, columns), columns, format, undefined)) output.print(line)
    return 0
  }
  const keys = await listKeys({ records, service })
  const specs = new Map(keys.map(({ arn, spec }) => [arn, spec]))
  const lines = sumUsage(rows, columns, { prices, specOf: (arn) => specs.get(arn) })
  for (const line of formatUsage(lines, columns, format, prices.currency)) output.print(line)
  const calls = sumOfAmounts(lines.map(({ cost }) => cost))
  const counted = only === undefined ? keys : keys.filter(({ arn }) => arn === only.arn)
  const having = costOfKeys(counted, prices, range)
  const together = sumOfAmounts([calls, having])
  const [what, sum] = [only === undefined ? 'keys' : 'the key', formatCost(having)]
  output.complain(
    `cost in ${prices.currency}: calls ${formatCost(calls)}, ${what} ${sum}, together ${formatCost(together)}`,
  )
  return 0
}

async function listKeys({
  records,
  service,
}: Pick<OpenIndex, 'records' | 'service'>): Promise<readonly KeyFacts[]> {
  const { value: scopes } = await service.answer({ ask: 'scopes', reachMs: 0 })
  const keys: KeyFacts[] = []
  for (const { account, region } of scopes) {
    for await (const key of chargedKeys(records, account, region)) keys.push(key)
  }
  return keys
}

function parseColumns(text: string): readonly UsageColumn[] {
  return text.split(',').map((name) => {
    const column = USAGE_COLUMNS.find((known) => known === name)
    if (column === undefined) throw new ConfigError(`--by: columns of ${USAGE_COLUMNS.join(', ')} required`)
    return column
  })
}

function parseFormat(text: string): UsageFormat {
  const format = USAGE_FORMATS.find((known) => known === text)
  if (format === undefined) throw new ConfigError(`--format: one of ${USAGE_FORMATS.join(', ')} required`)
  return format
}

const KEY_ARN = /^arn:[\w-]+:kms:[\w-]+:\d{12}:key\/[\w-]+$/

/** The key that an operator names. One that is gone still has recorded calls, and is found by its ARN alone. */
async function usedKey(
  config: Config,
  records: OpenIndex['records'],
  text: string,
): Promise<{ readonly arn: string; readonly exists: boolean }> {
  const place = await placeOf(config, records, text)
  if (place !== undefined) return { arn: keyArn(place.region, place.account, place.keyId), exists: true }
  if (KEY_ARN.test(text)) return { arn: text, exists: false }
  throw new ConfigError(`--key: ${noKey(config, text)}`)
}

const TIME = /^\d{4}-\d\d-\d\d(?:T\d\d:00Z)?$/

function parseTime(flag: string, text: string): number {
  const at = TIME.test(text) ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(at)) return at
  throw new ConfigError(
    `--${flag} is '${text}', which is not a day or hour such as 2026-11-01 or 2026-11-01T08:00Z`,
  )
}
