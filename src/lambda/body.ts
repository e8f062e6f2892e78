import type { Timers } from '../base/ports.ts'
import { LambdaError, tooManyRequests } from './lambda-error.ts'

/** How long a body may take to arrive: Holdfast's own bound. */
const BODY_TIMEOUT_MS = 120_000
/** Bodies of more than this count towards the bound on what is held in memory. */
const SMALL_BYTES = 65_536
/** Bodies in memory at once: Holdfast's own bound. */
const HELD_MAX_BYTES = 157_286_400

/** Reads the bodies of requests, within a bound on what all of them hold. */
export class Bodies {
  readonly #timers: Timers
  #heldBytes = 0

  constructor(timers: Timers) {
    this.#timers = timers
  }

  /**
   * Reads a body and does something with it.
   *
   * @throws LambdaError for one that is too long, too slow or one too many.
   */
  async read<T>(
    body: AsyncIterable<Uint8Array>,
    maxBytes: number,
    use: (bytes: Uint8Array) => Promise<T>,
  ): Promise<T> {
    const held = { bytes: 0 }
    const grow = (size: number): void => {
      const more = Math.max(0, size - SMALL_BYTES) - held.bytes
      if (more > 0 && this.#heldBytes + more > HELD_MAX_BYTES) throw tooManyRequests()
      this.#heldBytes += more
      held.bytes += more
    }
    try {
      return await use(await this.#readAll(body, maxBytes, grow))
    } finally {
      this.#heldBytes -= held.bytes
    }
  }

  async #readAll(
    body: AsyncIterable<Uint8Array>,
    maxBytes: number,
    grow: (size: number) => void,
  ): Promise<Uint8Array> {
    const iterator = body[Symbol.asyncIterator]()
    const late = Promise.withResolvers<'late'>()
    const timer = this.#timers.after(BODY_TIMEOUT_MS, () => late.resolve('late'))
    const pieces: Uint8Array[] = []
    let size = 0
    try {
      for (;;) {
        const next = await Promise.race([late.promise, iterator.next()])
        if (next === 'late') throw tooSlow()
        if (next.done === true) return Buffer.concat(pieces)
        size += next.value.length
        if (size > maxBytes) throw tooLarge(maxBytes)
        grow(size)
        pieces.push(next.value)
      }
    } catch (error) {
      // It ends when the connection does, which is after the answer.
      iterator.return?.().catch(() => {})
      throw error
    } finally {
      timer.cancel()
    }
  }
}

function tooSlow(): LambdaError {
  return new LambdaError('InvalidRequestContentException', 'The request did not come in time.')
}

function tooLarge(maxBytes: number): LambdaError {
  return new LambdaError(
    'RequestTooLargeException',
    `Request must be smaller than ${maxBytes} bytes for the operation`,
  )
}
