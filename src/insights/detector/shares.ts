import type { Share } from './anomaly.ts'

/** Values that are counted one by one; all others are counted together. */
const VALUES_MAX = 32
/** Shares that an insight shows. Source: CloudTrail User Guide, "insightDetails": the top five. */
const SHARES_MAX = 5
const OTHER = 'Other'

/** How many calls had a value. */
export type Counts = Map<string, number>

/** Counts a value. */
export function countValue(counts: Counts, value: string, by = 1): void {
  const count = counts.get(value)
  if (count !== undefined) counts.set(value, count + by)
  else if (counts.size < VALUES_MAX) counts.set(value, by)
  else counts.set(OTHER, (counts.get(OTHER) ?? 0) + by)
}

/** Adds what was counted elsewhere. */
export function addCounts(to: Counts, from: Counts): void {
  for (const [value, count] of from) countValue(to, value, count)
}

/** The largest shares, in calls per minute. */
export function largestShares(counts: Counts, minutes: number): readonly Share[] {
  return [...counts]
    .toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .slice(0, SHARES_MAX)
    .map(([value, count]) => ({ value, average: count / minutes }))
}
