/**
 * An allowance that fills again with time, as a moment: when it will be full. Each use moves that by an interval; there
 * is room for one as long as the moment is not further away than the depth, both in milliseconds.
 */
export type Bucket = { fullAtMs: number }

/** An allowance of which nothing has been used. */
export function fullBucket(): Bucket {
  return { fullAtMs: Number.NEGATIVE_INFINITY }
}

/** How much of an allowance is used, in milliseconds; the depth when there is no room. */
export function usedMs(bucket: Bucket, nowMs: number): number {
  return Math.max(bucket.fullAtMs, nowMs) - nowMs
}

/** Whether one more use fits. */
export function hasRoom(bucket: Bucket, nowMs: number, depthMs: number, intervalMs: number): boolean {
  return usedMs(bucket, nowMs) + intervalMs <= depthMs
}

/** Notes a use. */
export function take(bucket: Bucket, nowMs: number, intervalMs: number): void {
  bucket.fullAtMs = Math.max(bucket.fullAtMs, nowMs) + intervalMs
}
