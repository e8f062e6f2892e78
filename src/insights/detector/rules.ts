/** What the detector calls unusual. How the numbers were chosen: docs/reference/insights.md. */
export type InsightRules = {
  /** Nothing is reported of an account, principal or key before it has been known for so long. */
  readonly learningSeconds: number
  /** How many times the largest minute around this hour of the seven days before a minute must have. */
  readonly hourFactor: number
  /** The same for the largest minute of all seven days. */
  readonly weekFactor: number
  /** Fewer calls in a minute are never unusual. */
  readonly callsMin: number
  readonly errorsMin: number
  /** How many times the largest ten minutes of the seven days before ten minutes of Decrypt must have. */
  readonly bulkFactor: number
  /** Fewer Decrypt calls, contexts or keys in ten minutes are never bulk. */
  readonly bulkCallsMin: number
  readonly bulkContextsMin: number
  readonly bulkKeysMin: number
}

/** How readily something is called unusual. */
export const SENSITIVITIES = ['low', 'normal', 'high'] as const

/** One of {@link SENSITIVITIES}. */
export type Sensitivity = (typeof SENSITIVITIES)[number]

/** How much more than for `normal` is needed. */
const SCALES: Readonly<Record<Sensitivity, number>> = { low: 1.5, normal: 1, high: 0.7 }
const DAY_SECONDS = 86_400

/** The rules of a sensitivity. */
export function insightRules(sensitivity: Sensitivity, learningDays: number): InsightRules {
  const scale = SCALES[sensitivity]
  return {
    learningSeconds: learningDays * DAY_SECONDS,
    hourFactor: 2 * scale,
    weekFactor: Math.max(1, 1.1 * scale),
    callsMin: Math.round(20 * scale),
    errorsMin: Math.round(5 * scale),
    bulkFactor: 3 * scale,
    bulkCallsMin: Math.round(120 * scale),
    bulkContextsMin: Math.round(30 * scale),
    bulkKeysMin: Math.round(5 * scale),
  }
}

/** For how long a baseline reaches back. Source: CloudTrail User Guide, "Understanding CloudTrail Insights". */
export const BASELINE_MINUTES = 10_080
