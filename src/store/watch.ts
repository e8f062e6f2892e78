import type { Clock } from '../base/ports.ts'
import { StoreConflict } from './port.ts'

/** How a commit ended: done, refused because a record had changed, or failed. */
export type CommitEnd = 'done' | 'conflict' | 'failed'

/** Watches a store: the reads that the cache answers, and how commits end. */
export class StoreWatch {
  readonly #clock: Clock
  readonly #committed: (durationMs: number, end: CommitEnd) => void
  #failing = false
  /** Reads that the cache has answered. */
  cached = 0
  /** Reads that went to the store. */
  read = 0

  constructor(clock: Clock, committed: (durationMs: number, end: CommitEnd) => void = () => {}) {
    this.#clock = clock
    this.#committed = committed
  }

  /** Whether the last commit that ended could not be written. */
  get isFailing(): boolean {
    return this.#failing
  }

  /** Begins a commit; returns a function to call when it has ended, with its error if there was one. */
  begin(): (error?: unknown) => void {
    const beganAtMs = this.#clock.monotonicMs()
    return (error) => {
      const end = endOf(error)
      // A conflict is found before anything is written: it proves nothing about the disk.
      if (end !== 'conflict') this.#failing = end === 'failed'
      this.#committed(this.#clock.monotonicMs() - beganAtMs, end)
    }
  }
}

function endOf(error: unknown): CommitEnd {
  if (error === undefined) return 'done'
  return error instanceof StoreConflict ? 'conflict' : 'failed'
}
