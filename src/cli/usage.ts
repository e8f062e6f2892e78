import { reportedKeys } from '../app.ts'
import { systemClock } from '../base/ports.ts'
import { ConfigError } from '../config/setting.ts'
import { readPricesFile } from '../metering/prices-file.ts'
import {
  costOfKeys,
  formatCost,
  formatUsage,
  type KeyFacts,
  sumUsage,
  USAGE_COLUMNS,
  USAGE_FORMATS,
  type UsageColumn,
  type UsageFormat,
} from '../metering/usage-report.ts'
import type { Command, CommandInput } from './command.ts'
import { type OpenIndex, withIndex } from './index-service.ts'

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
    key: { about: 'only calls on the key with this ARN' },
    format: { about: `${USAGE_FORMATS.join(', ')}; default table` },
  },
  run: (input) => withIndex(input.config, (open) => report(input, open)),
}

async function report(
  { config, flags, output }: CommandInput,
  { records, service }: OpenIndex,
): Promise<number> {
  const prices = await readPricesFile(config.prices)
  const columns = parseColumns(flags['by'] ?? DEFAULT_COLUMNS)
  const format = parseFormat(flags['format'] ?? 'table')
  const toMs = flags['to'] === undefined ? systemClock.now() : parseTime('to', flags['to'])
  const fromMs = flags['from'] === undefined ? toMs - DEFAULT_DAYS * DAY_MS : parseTime('from', flags['from'])
  const question = {
    fromHour: Math.floor(fromMs / HOUR_MS),
    toHour: Math.ceil(toMs / HOUR_MS),
    key: flags['key'] === undefined ? undefined : parseKey(flags['key']),
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
  const calls = lines.reduce((sum, { cost }) => sum + cost, 0)
  const having = costOfKeys(keys, prices, fromMs, toMs)
  const sums = `calls ${formatCost(calls)}, keys ${formatCost(having)}, together ${formatCost(calls + having)}`
  output.complain(`cost in ${prices.currency}: ${sums}`)
  return 0
}

async function listKeys({
  records,
  service,
}: Pick<OpenIndex, 'records' | 'service'>): Promise<readonly KeyFacts[]> {
  const { value: scopes } = await service.answer({ ask: 'scopes', reachMs: 0 })
  const keys: KeyFacts[] = []
  for (const { account, region } of scopes) {
    for await (const key of reportedKeys(records, account, region)) keys.push(key)
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

function parseKey(text: string): string {
  if (!KEY_ARN.test(text))
    throw new ConfigError(
      `--key is '${text}', which is not a key ARN, such as CreateKey and DescribeKey answer`,
    )
  return text
}

const TIME = /^\d{4}-\d\d-\d\d(?:T\d\d:00Z)?$/

function parseTime(flag: string, text: string): number {
  const at = TIME.test(text) ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(at)) return at
  throw new ConfigError(
    `--${flag} is '${text}', which is not a day or hour such as 2026-11-01 or 2026-11-01T08:00Z`,
  )
}
