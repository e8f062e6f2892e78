/** The thresholds of the detector. How they were chosen: docs/reference/insights.md. */
export type InsightRules = {
  /** How long an account, principal or key must be known before anything is reported about it. */
  readonly learningSeconds: number
  /** The required multiple of the largest minute around this hour in the previous seven days. */
  readonly hourFactor: number
  /** The required multiple of the largest minute of all seven days. */
  readonly weekFactor: number
  /** The minimum number of calls in an unusual minute. */
  readonly callsMin: number
  readonly errorsMin: number
  /** The required multiple of the largest ten minutes of Decrypt in the previous seven days. */
  readonly bulkFactor: number
  /** The minimum number of Decrypt calls, contexts or keys in ten minutes for bulk decryption. */
  readonly bulkCallsMin: number
  readonly bulkContextsMin: number
  readonly bulkKeysMin: number
}

/** The sensitivities of the detector. */
export const SENSITIVITIES = ['low', 'normal', 'high'] as const

/** One of {@link SENSITIVITIES}. */
export type Sensitivity = (typeof SENSITIVITIES)[number]

/** The factor on the thresholds of `normal`. */
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

/** The length of a baseline. Source: CloudTrail User Guide, "Understanding CloudTrail Insights". */
export const BASELINE_MINUTES = 10_080
