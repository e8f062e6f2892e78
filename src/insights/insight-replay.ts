import { type MergedLogDependencies, mergedLog } from '../audit-index/merged-log.ts'
import type { Anomaly } from './detector/anomaly.ts'
import { newDetector, passTime, takeEvent } from './detector/detector.ts'
import type { InsightRules } from './detector/rules.ts'

/** The requested range: seconds since 1970, both ends included. */
export type ReplayQuestion = {
  readonly rules: InsightRules
  readonly fromSecond: number
  readonly toSecond: number
}

/** The anomalies, and why parts of the log were skipped. */
export type Replayed = { readonly anomalies: readonly Anomaly[]; readonly broken: readonly string[] }

/** Detects anomalies in the whole log, from its beginning; returns those in the range. */
export async function replayInsights(
  dependencies: MergedLogDependencies,
  question: ReplayQuestion,
): Promise<Replayed> {
  const { rules, fromSecond, toSecond } = question
  const detector = newDetector()
  const anomalies: Anomaly[] = []
  const broken: string[] = []
  const keep = (found: readonly Anomaly[]): void => {
    for (const one of found) if (one.second >= fromSecond && one.second <= toSecond) anomalies.push(one)
  }
  for await (const step of mergedLog(dependencies, new Map())) {
    if (step.type === 'break') broken.push(step.reason)
    else for (const fact of step.facts) keep(takeEvent(detector, rules, fact))
  }
  keep(passTime(detector, rules, toSecond))
  return { anomalies: anomalies.toSorted((a, b) => a.second - b.second), broken }
}
