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
export type SliceDependencies = {
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly afterThisTurn: AfterThisTurn
  readonly sleep: (delayMs: number) => Promise<void>
}

/**
 * Shares the event loop between long work and everything else. All that give way wait in one line, and one at a time
 * has a slice, so that many long calls at once cost the others no more than one does.
 */
export class Slices {
  readonly #dependencies: SliceDependencies
  readonly #waiting: (() => void)[] = []
  /** Until when the work of this turn may go on; nothing before any has begun. */
  #untilMs: number | undefined
  /** Counts the slices, so that the end of a turn ends its own and no later one. */
  #slice = 0
  #resuming = false

  constructor(dependencies: SliceDependencies) {
    this.#dependencies = dependencies
  }

  /** See {@link GiveWay}. */
  readonly giveWay: GiveWay = () => {
    if (this.#untilMs === undefined) {
      this.#begin()
      return undefined
    }
    if (this.#dependencies.clock.monotonicMs() < this.#untilMs) return undefined
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
    this.#untilMs = this.#dependencies.clock.monotonicMs() + SLICE_MS
    this.#dependencies.afterThisTurn(() => {
      if (this.#slice === slice) this.#untilMs = undefined
    })
  }

  async #resume(): Promise<void> {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      await this.#dependencies.sleep(REST_MS)
      this.#begin()
      next()
      await new Promise<void>((resolve) => this.#dependencies.afterThisTurn(resolve))
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

/** Work that stops between its steps. */
export type Steps<T> = Generator<undefined, T>

/** Does all steps at once. */
export function atOnce<T>(steps: Steps<T>): T {
  let step = steps.next()
  while (step.done !== true) step = steps.next()
  return step.value
}

/** Does the same giving way between the steps. */
export async function inSlices<T>(steps: Steps<T>, giveWay: GiveWay): Promise<T> {
  for (;;) {
    const wait = giveWay()
    if (wait !== undefined) await wait
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

/** Items that are sorted at once, and those of two sorted lists that are put together at once. */
const SORTED_AT_ONCE = 200

/** Sorts many items, giving way. @param compare as for `Array.prototype.sort`. */
export async function sortInSlices<T extends object>(
  items: readonly T[],
  compare: (one: T, other: T) => number,
  giveWay: GiveWay,
): Promise<readonly T[]> {
  let runs: T[][] = []
  for (let from = 0; from < items.length; from += SORTED_AT_ONCE) {
    await giveWay()
    runs.push(items.slice(from, from + SORTED_AT_ONCE).sort(compare))
  }
  while (runs.length > 1) {
    const merged: T[][] = []
    for (let at = 0; at < runs.length; at += 2) {
      merged.push(await merge(runs[at] ?? [], runs[at + 1] ?? [], compare, giveWay))
    }
    runs = merged
  }
  return runs[0] ?? []
}

async function merge<T extends object>(
  ones: readonly T[],
  others: readonly T[],
  compare: (one: T, other: T) => number,
  giveWay: GiveWay,
): Promise<T[]> {
  const merged: T[] = []
  let [one, other] = [0, 0]
  while (one < ones.length && other < others.length) {
    const [first, second] = [ones[one], others[other]]
    if (first === undefined || second === undefined) break
    if (compare(first, second) <= 0) {
      merged.push(first)
      one += 1
    } else {
      merged.push(second)
      other += 1
    }
    if (merged.length % SORTED_AT_ONCE === 0) await giveWay()
  }
  for (const item of ones.slice(one)) merged.push(item)
  for (const item of others.slice(other)) merged.push(item)
  return merged
}
