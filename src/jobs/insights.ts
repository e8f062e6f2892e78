import type { IndexThread } from '../audit-index/thread/index-thread.ts'
import type { IndexWorkerData } from '../audit-index/thread/index-worker.ts'
import type { Log } from '../base/log.ts'
import type { Anomaly } from '../insights/detector/anomaly.ts'
import { formatInsight } from '../insights/detector/record.ts'
import { insightRules, type Sensitivity } from '../insights/detector/rules.ts'

/** What recording insights works with. */
export type InsightsDependencies = {
  readonly index: Pick<IndexThread, 'ask'>
  readonly journal: { readonly append: (eventJson: string) => Promise<void> }
  readonly log: Log
  /** Told of each insight once it is in the audit log. What it throws is logged. */
  readonly announce?: ((anomaly: Anomaly) => Promise<void>) | undefined
}

/** How the settings say what is looked for: nothing, or how readily. */
type InsightsChoice = { readonly sensitivity: 'off' | Sensitivity; readonly learningDays: number }

/** What the index's thread is told to look for, and where it keeps what it knows. */
export function insightsData(
  { sensitivity, learningDays }: InsightsChoice,
  folder: string,
): IndexWorkerData['insights'] {
  return sensitivity === 'off' ? undefined : { folder, rules: insightRules(sensitivity, learningDays) }
}

/** How often it is looked for insights. */
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
