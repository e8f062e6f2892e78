/**
 * The state of the generic cell rate algorithm (GCRA) for one allowance: the moment at which the allowance is full
 * again. Each use moves the moment by an interval. A use fits as long as the moment is no further away than the depth.
 * All times are in milliseconds. Source: ITU-T I.371.
 */
export type Gcra = { fullAtMs: number }

/** An allowance of which nothing has been used. */
export function fullGcra(): Gcra {
  return { fullAtMs: Number.NEGATIVE_INFINITY }
}

/** How much of an allowance is used, in milliseconds; the depth when there is no room. */
export function usedMs(gcra: Gcra, nowMs: number): number {
  return Math.max(gcra.fullAtMs, nowMs) - nowMs
}

/** Whether one more use fits. */
export function hasRoom(gcra: Gcra, nowMs: number, depthMs: number, intervalMs: number): boolean {
  return usedMs(gcra, nowMs) + intervalMs <= depthMs
}

/** Notes a use. */
export function take(gcra: Gcra, nowMs: number, intervalMs: number): void {
  gcra.fullAtMs = Math.max(gcra.fullAtMs, nowMs) + intervalMs
}
