import { join } from 'node:path'
import { AUDIT_FOLDER, openDeployment } from '../app/deployment.ts'
import { formatCount } from '../base/count.ts'
import { systemClock } from '../base/ports.ts'
import { formatInsight } from '../insights/detector/record.ts'
import { insightRules } from '../insights/detector/rules.ts'
import { replayInsights } from '../insights/insight-replay.ts'
import { insightsTable } from '../insights/insights-table.ts'
import { type CommandInput, EXIT_FAILURE } from './command.ts'
import { requireDataFolder } from './data-folder.ts'
import { countedFiles } from './progress.ts'
import { asksForJson } from './result.ts'

const DAY_SECONDS = 86_400

/** `holdfast insights`: finds unusual calls in the audit log, with or without a running server. */
export async function listInsights(input: CommandInput): Promise<number> {
  const { config, flags, output, progress } = input
  const days = Number(flags['days'])
  requireDataFolder(config)
  progress.report('reading the audit log')
  const { records, auditKey: key, auditPlace, wrappingKey } = await openDeployment(config)
  wrappingKey[Symbol.dispose]()
  const { sensitivity, learningDays } = config.insights
  const rules = insightRules(sensitivity === 'off' ? 'normal' : sensitivity, learningDays)
  const toSecond = Math.floor(systemClock.now() / 1000)
  try {
    const files = countedFiles(auditPlace.segments, progress)
    const log = { files, auditFolder: join(config.data, AUDIT_FOLDER), key }
    const question = { rules, fromSecond: toSecond - days * DAY_SECONDS, toSecond }
    const { anomalies, broken } = await replayInsights(log, question)
    const lines = asksForJson(input) ? anomalies.map(formatInsight) : insightsTable(anomalies)
    for (const line of lines) output.print(line)
    if (anomalies.length + broken.length === 0 && !asksForJson(input)) {
      output.complain(`no unusual calls in the last ${formatCount(days, 'day')}`)
    }
    for (const reason of broken) output.complain(`the log was not read beyond this place: ${reason}`)
    return broken.length === 0 ? 0 : EXIT_FAILURE
  } finally {
    await records.close()
  }
}
