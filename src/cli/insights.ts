import { join } from 'node:path'
import { AUDIT_FOLDER, openDeployment } from '../app/deployment.ts'
import { segmentFiles } from '../audit/archive/segment-files.ts'
import { systemClock } from '../base/ports.ts'
import { ConfigError } from '../config/setting.ts'
import { formatInsight } from '../insights/detector/record.ts'
import { insightRules } from '../insights/detector/rules.ts'
import { replayInsights } from '../insights/insight-replay.ts'
import { insightsTable } from '../insights/insights-table.ts'
import { type Command, type CommandInput, EXIT_FAILURE } from './command.ts'
import { requireDataFolder } from './data-folder.ts'

const DAY_SECONDS = 86_400
const DEFAULT_DAYS = '30'
/** Ten years: more than a log is kept. */
const DAYS_MAX = 3650
const FORMATS = ['table', 'json'] as const

/** `holdfast insights`: finds what is unusual in the audit log, whether a server runs or not. */
export const insights: Command = {
  name: 'insights',
  about: 'lists unusual calls of the last days, found in the audit log by the rules of the settings',
  flags: {
    days: { about: `how many days back; default ${DEFAULT_DAYS}` },
    format: { about: `${FORMATS.join(' or ')}; default table` },
  },
  run: list,
}

async function list({ config, flags, output }: CommandInput): Promise<number> {
  const days = parseDays(flags['days'] ?? DEFAULT_DAYS)
  const format = parseFormat(flags['format'] ?? 'table')
  requireDataFolder(config)
  const { records, auditKey: key, wrappingKey } = await openDeployment(config)
  wrappingKey[Symbol.dispose]()
  const { sensitivity, learningDays } = config.insights
  const rules = insightRules(sensitivity === 'off' ? 'normal' : sensitivity, learningDays)
  const toSecond = Math.floor(systemClock.now() / 1000)
  try {
    const log = { files: segmentFiles, auditFolder: join(config.data, AUDIT_FOLDER), key }
    const question = { rules, fromSecond: toSecond - days * DAY_SECONDS, toSecond }
    const { anomalies, broken } = await replayInsights(log, question)
    const lines = format === 'json' ? anomalies.map(formatInsight) : insightsTable(anomalies)
    for (const line of lines) output.print(line)
    for (const reason of broken) output.complain(`not looked at from there on: ${reason}`)
    return broken.length === 0 ? 0 : EXIT_FAILURE
  } finally {
    await records.close()
  }
}

function parseDays(text: string): number {
  const days = /^[0-9]{1,4}$/.test(text) ? Number(text) : 0
  if (days >= 1 && days <= DAYS_MAX) return days
  throw new ConfigError(`--days is '${text}', which is not a number from 1 to ${DAYS_MAX}`)
}

function parseFormat(text: string): (typeof FORMATS)[number] {
  const format = FORMATS.find((known) => known === text)
  if (format === undefined) throw new ConfigError(`--format: one of ${FORMATS.join(', ')} required`)
  return format
}
