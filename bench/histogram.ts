/** Buckets per doubling: the error of a percentile is at most 1 part in 64. */
const STEPS = 64
const STEPS_LOG2 = 6
/** Doublings above the linear range: up to 2^31 microseconds, longer than any load runs. */
const DOUBLINGS = 26

/** Counts of durations in constant memory. */
export type Histogram = {
  /** Adds a duration in whole microseconds, at least 0. Durations above 2^31 count as 2^31. */
  readonly add: (durationUs: number) => void
  readonly count: () => number
  /** The duration that the given share (0 to 1) of all durations does not exceed; 0 without durations. */
  readonly percentileUs: (share: number) => number
}

/** A log-linear histogram of microseconds: exact below 64, and 64 buckets for each doubling above. */
export function openHistogram(): Histogram {
  const counts = new Float64Array(STEPS * (DOUBLINGS + 1))
  let total = 0
  return {
    add: (durationUs) => {
      const slot = slotOf(durationUs)
      counts[slot] = (counts[slot] ?? 0) + 1
      total += 1
    },
    count: () => total,
    percentileUs: (share) => {
      const rank = Math.ceil(total * share)
      if (rank === 0) return 0
      let seen = 0
      const slot = counts.findIndex((count) => {
        seen += count
        return seen >= rank
      })
      return upperBoundUs(slot)
    },
  }
}

function slotOf(durationUs: number): number {
  const whole = Math.min(Math.max(Math.floor(durationUs), 0), 2 ** 31 - 1)
  if (whole < STEPS) return whole
  const doubling = 31 - Math.clz32(whole) - STEPS_LOG2
  const step = (whole >>> doubling) - STEPS
  return STEPS * (doubling + 1) + step
}

function upperBoundUs(slot: number): number {
  if (slot < STEPS) return slot
  const doubling = Math.floor(slot / STEPS) - 1
  const step = slot % STEPS
  return (STEPS + step + 1) * 2 ** doubling - 1
}
