import type { GateOptions } from './gate.ts'
import { OffloadError } from './offload.ts'

type Waiting = { readonly rank: number; readonly begin: () => void; readonly refuse: () => void }

/**
 * Runs only so many tasks at the same time. Of the others, those of the lowest rank run first, and equal ones in the order
 * in which they came. When too many wait, the gate refuses one of the highest rank.
 */
export class RankedGate {
  readonly #atOnce: number
  readonly #waitingMax: number
  /** In the order in which they run. */
  readonly #waiting: Waiting[] = []
  #running = 0

  constructor({ atOnce, waitingMax }: GateOptions) {
    this.#atOnce = atOnce
    this.#waitingMax = waitingMax
  }

  /**
   * The result of the task, in its turn. @throws OffloadError when too many of no higher rank wait, also when they come
   * later; and what the task throws.
   */
  async run<T>(rank: number, task: () => Promise<T>): Promise<T> {
    if (this.#running < this.#atOnce) this.#running += 1
    else await this.#turn(rank)
    try {
      return await task()
    } finally {
      // The next waiting task takes the place, so that no new task passes it.
      const next = this.#waiting.shift()
      if (next === undefined) this.#running -= 1
      else next.begin()
    }
  }

  #turn(rank: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const refuse = (): void => reject(new OffloadError('full', `${this.#waitingMax} tasks are waiting`))
      const after = this.#waiting.findIndex((other) => other.rank > rank)
      this.#waiting.splice(after === -1 ? this.#waiting.length : after, 0, { rank, begin: resolve, refuse })
      if (this.#waiting.length > this.#waitingMax) this.#waiting.pop()?.refuse()
    })
  }
}
