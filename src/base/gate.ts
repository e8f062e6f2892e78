import { OffloadError } from './offload.ts'

/** The options of a gate. */
export type GateOptions = {
  /** Tasks that run at the same time. */
  readonly atOnce: number
  /** Tasks that may wait. */
  readonly waitingMax: number
}

/** Runs only so many tasks at the same time; the others wait in the order in which they came. */
export class Gate {
  readonly #atOnce: number
  readonly #waitingMax: number
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor({ atOnce, waitingMax }: GateOptions) {
    this.#atOnce = atOnce
    this.#waitingMax = waitingMax
  }

  /**
   * The result of the task, in its turn. @throws OffloadError when too many wait, and what the task throws.
   */
  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running < this.#atOnce) this.#running += 1
    else await this.#turn()
    try {
      return await task()
    } finally {
      // The first waiting task takes the place, so that no new task passes it.
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
