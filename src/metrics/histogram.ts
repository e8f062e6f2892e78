import type { HistogramValue } from './points.ts'

/**
 * Upper bounds of the buckets of every histogram. A call without I/O takes well below a millisecond and one
 * write of the audit log; an external key store gets 250 ms.
 */
export const BOUNDS_SECONDS: readonly number[] = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10,
]

const BOUNDS_MS = BOUNDS_SECONDS.map((seconds) => seconds * 1000)

/** Durations, counted by bucket. */
export class Histogram {
  readonly #counts = new Array<number>(BOUNDS_MS.length + 1).fill(0)
  #sumMs = 0

  /** Counts one duration. */
  observe(durationMs: number): void {
    let bucket = 0
    while (bucket < BOUNDS_MS.length && durationMs > (BOUNDS_MS[bucket] ?? 0)) bucket += 1
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1
    this.#sumMs += durationMs
  }

  /** The number of durations. */
  get count(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0)
  }

  /** The counts so far. */
  get value(): HistogramValue {
    return { counts: [...this.#counts], sum: this.#sumMs / 1000 }
  }
}
