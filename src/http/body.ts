import type { IncomingMessage } from 'node:http'
import { findHeader } from '../dispatch/wire.ts'

/**
 * What is read, and thrown away, of a body that is too large. A connection that is closed while
 * its client still sends is reset, and the client never sees the answer.
 */
export const DISCARD_MAX_BYTES = 16_777_216

/** Memory for bodies that are being received, of all connections together: nobody is known yet. */
const RECEIVING_MAX_BYTES = 67_108_864

/** A body's memory at first; it doubles as the body grows, whatever size was announced. */
const FIRST_BYTES = 4096

const NO_BODY = Buffer.alloc(0)

/** How much memory the bodies that are being received take now. */
const receiving = { bytes: 0 }

/** A body that is being received, in one piece of memory. */
class Body {
  #bytes: Buffer = NO_BODY
  #size = 0

  /** Adds a part; gives whether there was memory for it. */
  add(chunk: Buffer): boolean {
    const needed = this.#size + chunk.length
    if (needed > this.#bytes.length && !this.#grow(needed)) return false
    chunk.copy(this.#bytes, this.#size)
    this.#size = needed
    return true
  }

  /** The body, whose memory does not count any more. */
  take(): Uint8Array {
    const body = this.#bytes.subarray(0, this.#size)
    this.drop()
    return body
  }

  drop(): void {
    receiving.bytes -= this.#bytes.length
    this.#bytes = NO_BODY
    this.#size = 0
  }

  #grow(needed: number): boolean {
    const length = Math.max(FIRST_BYTES, needed, this.#bytes.length * 2)
    if (receiving.bytes + length - this.#bytes.length > RECEIVING_MAX_BYTES) return false
    const larger = Buffer.allocUnsafeSlow(length)
    this.#bytes.copy(larger, 0, 0, this.#size)
    receiving.bytes += length - this.#bytes.length
    this.#bytes = larger
    return true
  }
}

/**
 * Reads a request's body and gives it to `done` once; nothing when it is larger than `maxBytes`.
 * A client that goes away in the middle is never answered, so `done` is not called; nor is one whose
 * body finds no memory, because too many others are being received: it is cut off.
 */
export function readBody(
  request: IncomingMessage,
  maxBytes: number,
  done: (body: Uint8Array | undefined) => void,
): void {
  const announced = Number(findHeader(request.rawHeaders, 'content-length') ?? 0)
  if (announced > DISCARD_MAX_BYTES) {
    done(undefined)
    return
  }
  const reception = { only: undefined as Buffer | undefined, body: new Body(), size: 0, answered: false }
  const keep = (chunk: Buffer): void => {
    if (!reception.body.add(chunk)) request.socket.destroy()
  }
  request.on('data', (chunk: Buffer) => {
    const { only } = reception
    reception.size += chunk.length
    if (reception.size > maxBytes) {
      reception.body.drop()
      if (reception.size <= DISCARD_MAX_BYTES || reception.answered) return
      reception.answered = true
      done(undefined)
    } else if (reception.size === announced && chunk.length === announced) {
      // Nearly all bodies come in one piece, which need not be copied.
      reception.only = chunk
    } else if (only === undefined) keep(chunk)
  })
  request.on('end', () => {
    if (reception.answered) return
    if (reception.size > maxBytes) done(undefined)
    else done(reception.only ?? reception.body.take())
  })
  request.on('close', () => reception.body.drop())
}
