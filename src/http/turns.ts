import type { AfterThisTurn } from '../base/ports.ts'

/** So many tasks at most are done in one turn of the event loop. */
export const TASKS_PER_TURN = 16

/** Tasks that may wait, done a few in each turn of the event loop, in order: whatever else has come is done between. */
export class Turns {
  readonly #afterThisTurn: AfterThisTurn
  #waiting: (() => void)[] = []

  constructor(afterThisTurn: AfterThisTurn) {
    this.#afterThisTurn = afterThisTurn
  }

  /** Does a task in a turn to come. */
  later(task: () => void): void {
    if (this.#waiting.push(task) === 1) this.#arm()
  }

  #arm(): void {
    this.#afterThisTurn(() => {
      const now = this.#waiting.slice(0, TASKS_PER_TURN)
      this.#waiting = this.#waiting.slice(TASKS_PER_TURN)
      if (this.#waiting.length > 0) this.#arm()
      for (const task of now) task()
    })
  }
}
