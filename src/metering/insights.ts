import type { Log } from '../base/log.ts'
import type { Anomaly } from '../insights/anomaly.ts'
import { formatInsight } from '../insights/record.ts'
import type { IndexThread } from './index-thread.ts'

/** What recording insights works with. */
export type InsightsParts = {
  readonly index: Pick<IndexThread, 'ask'>
  readonly journal: { readonly append: (eventJson: string) => Promise<void> }
  readonly log: Log
  /** Told of each insight once it is in the audit log. What it throws is logged. */
  readonly announce?: ((anomaly: Anomaly) => Promise<void>) | undefined
}

/** How often it is looked for insights. */
const INTERVAL_MS = 5000

/** The job that writes insights to the audit log and announces them: see `jobs/scheduler.ts`. */
export function insightsJob(parts: InsightsParts): {
  readonly name: string
  readonly everyMs: number
  readonly run: () => Promise<void>
} {
  return { name: 'insights', everyMs: INTERVAL_MS, run: () => recordInsights(parts) }
}

/** @throws AuditUnavailable, StoreFailure; what is not recorded by then is recorded the next time. */
async function recordInsights({ index, journal, log, announce }: InsightsParts): Promise<void> {
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
