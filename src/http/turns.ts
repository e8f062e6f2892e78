import type { AfterThisTurn } from '../base/ports.ts'

/** So many tasks at most are done in one turn of the event loop. */
export const TASKS_PER_TURN = 16
/** So many large pieces of bodies, of 64 KiB each at most, are received in one turn. */
export const PIECES_PER_TURN = 4

/** Tasks that may wait, done a few in each turn of the event loop, in order: whatever else has come is done between. */
export class Turns {
  readonly #afterThisTurn: AfterThisTurn
  readonly #perTurn: number
  #waiting: (() => void)[] = []

  constructor(afterThisTurn: AfterThisTurn, perTurn = TASKS_PER_TURN) {
    this.#afterThisTurn = afterThisTurn
    this.#perTurn = perTurn
  }

  /** Does a task in a turn to come. */
  later(task: () => void): void {
    if (this.#waiting.push(task) === 1) this.#arm()
  }

  #arm(): void {
    this.#afterThisTurn(() => {
      const now = this.#waiting.slice(0, this.#perTurn)
      this.#waiting = this.#waiting.slice(this.#perTurn)
      if (this.#waiting.length > 0) this.#arm()
      for (const task of now) task()
    })
  }
}
