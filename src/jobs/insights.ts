import type { IndexThread } from '../audit-index/thread/index-thread.ts'
import type { IndexWorkerData } from '../audit-index/thread/index-worker.ts'
import type { Log } from '../base/log.ts'
import type { Anomaly } from '../insights/detector/anomaly.ts'
import { formatInsight } from '../insights/detector/record.ts'
import { insightRules, type Sensitivity } from '../insights/detector/rules.ts'

/** The dependencies of recording insights. */
export type InsightsDependencies = {
  readonly index: Pick<IndexThread, 'ask'>
  readonly journal: { readonly append: (eventJson: string) => Promise<void> }
  readonly log: Log
  /** Called for each insight once it is in the audit log. An error of it is logged. */
  readonly announce?: ((anomaly: Anomaly) => Promise<void>) | undefined
}

/** The setting of insights: off, or a sensitivity. */
type InsightsChoice = { readonly sensitivity: 'off' | Sensitivity; readonly learningDays: number }

/** The parameters of detection in the index's thread, and the place of its state. */
export function insightsData(
  { sensitivity, learningDays }: InsightsChoice,
  folder: string,
): IndexWorkerData['insights'] {
  return sensitivity === 'off' ? undefined : { folder, rules: insightRules(sensitivity, learningDays) }
}

/** The interval of the job. */
const INTERVAL_MS = 5000

/** The job that writes insights to the audit log and announces them: see `jobs/scheduler.ts`. */
export function insightsJob(dependencies: InsightsDependencies): {
  readonly name: string
  readonly everyMs: number
  readonly run: () => Promise<void>
} {
  return { name: 'insights', everyMs: INTERVAL_MS, run: () => recordInsights(dependencies) }
}

/** @throws AuditUnavailable, StoreFailure; what is not recorded by then is recorded the next time. */
async function recordInsights({ index, journal, log, announce }: InsightsDependencies): Promise<void> {
  const { value: anomalies } = await index.ask({ ask: 'insights', reachMs: 0 })
  for (const anomaly of anomalies) {
    await journal.append(formatInsight(anomaly))
    try {
      await announce?.(anomaly)
    } catch (error) {
      log.error('an insight could not be announced', { id: anomaly.id, reason: String(error) })
    }
  }
}
