import { type Anomaly, type AnomalyFacts, identify } from './anomaly.ts'
import { type Known, knownFor, seenFor } from './known.ts'
import { BASELINE_MINUTES, type InsightRules } from './rules.ts'

/** What the parts of the detector judge by, and where they put what they find. */
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

/** How many minutes of the baseline there are. */
export function baselineMinutes({ known }: Judge, scope: string, second: number): number {
  const minutes = Math.floor(seenFor(known, scope, second) / MINUTE_SECONDS)
  return Math.min(BASELINE_MINUTES, Math.max(1, minutes))
}

/** Reports something. */
export function report({ found }: Judge, facts: AnomalyFacts): void {
  found.push(identify(facts))
}
