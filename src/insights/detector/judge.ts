import { type Anomaly, type AnomalyFacts, identify } from './anomaly.ts'
import { type Known, knownFor, seenFor } from './known.ts'
import { BASELINE_MINUTES, type InsightRules } from './rules.ts'

/** The input of the detector's parts, and the list for their anomalies. */
export type Judge = {
  readonly rules: InsightRules
  readonly known: Known
  readonly found: Anomaly[]
}

const MINUTE_SECONDS = 60

/** Whether an account, principal or key has been known for long enough. */
export function hasLearned({ rules, known }: Judge, scope: string, second: number): boolean {
  return knownFor(known, scope, second) >= rules.learningSeconds && known.has(scope)
}

/** Whether there is a baseline to compare an account, principal or key with. */
export function hasBaseline({ rules, known }: Judge, scope: string, second: number): boolean {
  return seenFor(known, scope, second) >= rules.learningSeconds && known.has(scope)
}

/** The number of minutes in the baseline. */
export function baselineMinutes({ known }: Judge, scope: string, second: number): number {
  const minutes = Math.floor(seenFor(known, scope, second) / MINUTE_SECONDS)
  return Math.min(BASELINE_MINUTES, Math.max(1, minutes))
}

/** Reports an anomaly. */
export function report({ found }: Judge, facts: AnomalyFacts): void {
  found.push(identify(facts))
}
