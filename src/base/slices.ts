import type { AfterThisTurn, Clock } from './ports.ts'

/**
 * Asked between the steps of long work: nothing while it may go on in this turn of the event loop, else a promise that
 * resolves in a later one. A step takes well under a millisecond.
 *
 * What was read before the wait may have been overtaken after it: an answer is made of what was read, and a change
 * names the versions that it has read.
 */
export type GiveWay = () => Promise<void> | undefined

/** For work that nobody waits beside: it never gives way. */
export const neverGiveWay: GiveWay = () => undefined

/** Long work of all calls together in one turn. */
export const SLICE_MS = 1
/** How long the loop is everybody else's after a slice: long work takes half of its time at most. */
const REST_MS = 1

/** What slices are made with. */
export type SliceParts = {
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly afterThisTurn: AfterThisTurn
  readonly sleep: (delayMs: number) => Promise<void>
}

/**
 * Shares the event loop between long work and everything else. All that give way wait in one line, and one at a time
 * has a slice, so that many long calls at once cost the others no more than one does.
 */
export class Slices {
  readonly #parts: SliceParts
  readonly #waiting: (() => void)[] = []
  /** Until when the work of this turn may go on; nothing before any has begun. */
  #untilMs: number | undefined
  /** Counts the slices, so that the end of a turn ends its own and no later one. */
  #slice = 0
  #resuming = false

  constructor(parts: SliceParts) {
    this.#parts = parts
  }

  /** See {@link GiveWay}. */
  readonly giveWay: GiveWay = () => {
    if (this.#untilMs === undefined) {
      this.#begin()
      return undefined
    }
    if (this.#parts.clock.monotonicMs() < this.#untilMs) return undefined
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.push(resolve)
    if (!this.#resuming) {
      this.#resuming = true
      void this.#resume()
    }
    return promise
  }

  #begin(): void {
    this.#slice += 1
    const slice = this.#slice
    this.#untilMs = this.#parts.clock.monotonicMs() + SLICE_MS
    this.#parts.afterThisTurn(() => {
      if (this.#slice === slice) this.#untilMs = undefined
    })
  }

  async #resume(): Promise<void> {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      await this.#parts.sleep(REST_MS)
      this.#begin()
      next()
      await new Promise<void>((resolve) => this.#parts.afterThisTurn(resolve))
    }
    this.#resuming = false
  }
}

/** Does the same to each of many items, giving way between them. */
export async function mapInSlices<T, R>(
  items: Iterable<T>,
  step: (item: T) => R,
  giveWay: GiveWay,
): Promise<R[]> {
  const results: R[] = []
  for (const item of items) {
    const wait = giveWay()
    if (wait !== undefined) await wait
    results.push(step(item))
  }
  return results
}
