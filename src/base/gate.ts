import { OffloadError } from './offload.ts'

/** How a gate is made. */
export type GateOptions = {
  /** Tasks that are done at the same time. */
  readonly atOnce: number
  /** Tasks that may wait. */
  readonly waitingMax: number
}

/** Lets only so many tasks be under way at the same time; the others wait in the order in which they came. */
export class Gate {
  readonly #atOnce: number
  readonly #waitingMax: number
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor({ atOnce, waitingMax }: GateOptions) {
    this.#atOnce = atOnce
    this.#waitingMax = waitingMax
  }

  /** What the task gives, once it is its turn. @throws OffloadError when too much waits, and what the task throws. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running < this.#atOnce) this.#running += 1
    else await this.#turn()
    try {
      return await task()
    } finally {
      // Whoever waits takes the place over, so that nobody who comes now is before them.
      const next = this.#waiting.shift()
      if (next === undefined) this.#running -= 1
      else next()
    }
  }

  #turn(): Promise<void> {
    if (this.#waiting.length >= this.#waitingMax) {
      throw new OffloadError('full', `${this.#waitingMax} tasks are waiting already`)
    }
    return new Promise((resolve) => this.#waiting.push(resolve))
  }
}
