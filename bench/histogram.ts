/** Steps per doubling: a percentile is off by at most 1 part in 64. */
const STEPS = 64
const STEPS_LOG2 = 6
/** Doublings above the linear part: up to 2^31 microseconds, more than any load lasts. */
const DOUBLINGS = 26

/** How often each duration was seen, in memory that does not grow. */
export type Histogram = {
  /** Durations in whole microseconds from 0; longer ones than 2^31 count as the longest. */
  readonly add: (durationUs: number) => void
  readonly count: () => number
  /** The duration that the given share (0 to 1) of all does not exceed; 0 when there are none. */
  readonly percentileUs: (share: number) => number
}

/**
 * A log-linear histogram of microseconds: exact below 64, and 64 steps for each doubling above.
 */
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
