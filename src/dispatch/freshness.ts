import type { AfterThisTurn } from '../base/ports.ts'
import type { Records } from '../store/records.ts'

/**
 * Validates the cache once per turn of the event loop, for all requests that arrive in it.
 *
 * A request waits until the end of the turn in which its last byte is read; then the store is asked. So a
 * request sees everything that was acknowledged before it was sent, and all requests of a turn share the cost
 * of asking.
 */
export class Freshness {
  readonly #records: Pick<Records, 'refresh'>
  readonly #afterThisTurn: AfterThisTurn
  #asking: Promise<void> | undefined

  constructor(records: Pick<Records, 'refresh'>, afterThisTurn: AfterThisTurn) {
    this.#records = records
    this.#afterThisTurn = afterThisTurn
  }

  /** Resolves when the cache holds nothing that was outdated before this call. @throws StoreFailure. */
  reached(): Promise<void> {
    this.#asking ??= new Promise((resolve, reject) => {
      this.#afterThisTurn(() => {
        this.#asking = undefined
        try {
          resolve(this.#records.refresh())
        } catch (error) {
          reject(error)
        }
      })
    })
    return this.#asking
  }

  /** Validates the cache again, before a refusal; returns whether any record has changed meanwhile. */
  async renewed(): Promise<boolean> {
    const pass = this.#records.refresh()
    if (pass === undefined) return false
    await pass
    return true
  }
}
