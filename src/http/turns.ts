import type { AfterThisTurn } from '../base/ports.ts'

/** Tasks per turn of the event loop, at most. */
export const TASKS_PER_TURN = 16
/** Large pieces of bodies per turn, at most, of up to 64 KiB each. */
export const PIECES_PER_TURN = 4

/**
 * Tasks that may wait. A few run in each turn of the event loop, in order, so that other events are handled
 * between them.
 */
export class Turns {
  readonly #afterThisTurn: AfterThisTurn
  readonly #perTurn: number
  #waiting: (() => void)[] = []

  constructor(afterThisTurn: AfterThisTurn, perTurn = TASKS_PER_TURN) {
    this.#afterThisTurn = afterThisTurn
    this.#perTurn = perTurn
  }

  /** Runs a task in a later turn. */
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
