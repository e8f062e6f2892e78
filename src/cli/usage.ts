import { chargedKeys } from '../compliance/gather/charged-keys.ts'
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
import type { CommandInput } from './command.ts'
import { type OpenIndex, withIndex } from './index-service.ts'
import { usedKey } from './named-key.ts'
import { BEHIND, REACH_MS } from './reported-key.ts'
import { asksForJson } from './result.ts'
import { HOUR_MS, parseRange } from './time-range.ts'

/** `holdfast usage`: counts calls and shows their cost at the configured prices. */
export function showUsage(input: CommandInput): Promise<number> {
  const asked = parseAsked(input)
  return withIndex(input, (open) => report(input, asked, open))
}

type UsageAsked = {
  readonly columns: readonly UsageColumn[]
  readonly format: UsageFormat
  readonly range: CostRange
}

function parseAsked(input: CommandInput): UsageAsked {
  const { by = '', format = '' } = input.flags
  return {
    columns: by.split(',').flatMap((name) => USAGE_COLUMNS.filter((known) => known === name)),
    format: asksForJson(input) ? 'json' : (USAGE_FORMATS.find((known) => known === format) ?? 'table'),
    range: parseRange(input),
  }
}

async function report(
  { config, flags, output }: CommandInput,
  { columns, format, range }: UsageAsked,
  { records, service }: OpenIndex,
): Promise<number> {
  const prices = await readPricesFile(config.prices)
  const only = flags['key'] === undefined ? undefined : await usedKey('--key', config, records, flags['key'])
  if (only?.exists === false)
    output.complain(`warning: the key ${only.arn} no longer exists; its recorded calls are counted`)
  const question = {
    fromHour: Math.floor(range.fromMs / HOUR_MS),
    toHour: Math.ceil(range.toMs / HOUR_MS),
    key: only?.arn,
  }
  const { value: rows, current } = await service.answer({ ask: 'usage', question, reachMs: REACH_MS })
  if (!current) output.complain(BEHIND)
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
    `cost in ${prices.currency}: calls ${formatCost(calls)}, ${what} ${sum}, total ${formatCost(together)}`,
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
