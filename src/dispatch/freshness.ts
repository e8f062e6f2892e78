import type { AfterThisTurn } from '../base/ports.ts'
import type { Records } from '../store/records.ts'

/**
 * Asks once per turn of the event loop whether memory is still true, for all requests that have
 * arrived in it.
 *
 * A request waits until the end of the turn in which its last byte was read, and only then is the
 * store asked. So whatever was acknowledged before a request was sent is seen by it, and the cost
 * of asking is shared by all that arrive together.
 */
export class Freshness {
  readonly #records: Pick<Records, 'refresh'>
  readonly #afterThisTurn: AfterThisTurn
  #asking: Promise<void> | undefined

  constructor(records: Pick<Records, 'refresh'>, afterThisTurn: AfterThisTurn) {
    this.#records = records
    this.#afterThisTurn = afterThisTurn
  }

  /** Resolves when memory holds nothing that was overtaken before this call. @throws StoreFailure. */
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

  /** Makes memory true once more, before a refusal; says whether anything has changed meanwhile. */
  async renewed(): Promise<boolean> {
    const pass = this.#records.refresh()
    if (pass === undefined) return false
    await pass
    return true
  }
}
