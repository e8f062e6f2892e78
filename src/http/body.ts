import type { IncomingMessage } from 'node:http'
import { findHeader } from '../dispatch/wire.ts'
import type { Share } from './pot.ts'

/**
 * What is read, and thrown away, of a body that is too large. A connection that is closed while
 * its client still sends is reset, and the client never sees the answer.
 */
export const DISCARD_MAX_BYTES = 16_777_216

/** A body's memory at first; it doubles as the body grows, up to the size that was announced. */
const FIRST_BYTES = 4096

const NO_BODY = Buffer.alloc(0)

/** How large a request says that its body is; nothing when it does not. */
export function announcedBytes({ rawHeaders }: IncomingMessage): number | undefined {
  const text = findHeader(rawHeaders, 'content-length')
  if (text !== undefined) return Number(text)
  return findHeader(rawHeaders, 'transfer-encoding') === undefined ? 0 : undefined
}

/** How a body is received. */
export type ReceivingParts = {
  readonly maxBytes: number
  /** Where memory for bodies that do not come in one piece is counted. */
  readonly openShare: () => Share
  /** Called once with the body; with nothing when it is larger than allowed, or not wanted. */
  readonly done: (body: Uint8Array | undefined) => void
}

/**
 * Reads a request's body. A client that goes away in the middle is never answered, so `done` is not called; nor is one
 * that is cut off because it, or others at its address, take too much memory.
 */
export class Receiving {
  readonly #request: IncomingMessage
  readonly #announced: number | undefined
  readonly #parts: ReceivingParts
  #maxBytes: number
  #size = 0
  /** Nearly all bodies come in one piece, which need not be copied. */
  #only: Buffer | undefined
  #bytes: Buffer = NO_BODY
  #share: Share | undefined
  #isDone = false

  constructor(request: IncomingMessage, parts: ReceivingParts) {
    this.#request = request
    this.#announced = announcedBytes(request)
    this.#parts = parts
    this.#maxBytes = parts.maxBytes
    if ((this.#announced ?? 0) > DISCARD_MAX_BYTES) {
      this.#finish(undefined)
      return
    }
    // Node takes a body that comes with its head for one that nobody reads, and looks for listeners to remove.
    request.read(0)
    request.on('data', (chunk: Buffer) => this.#add(chunk))
    request.on('end', () => this.#end())
  }

  /** How much of the body is to come; 0 when that is not known. */
  bytesLeft(): number {
    return (this.#announced ?? 0) - this.#size - this.#request.readableLength
  }

  /** Keeps nothing of the body any more; it is read to its end. */
  discard(): void {
    this.#maxBytes = -1
    this.#only = undefined
    this.#drop()
  }

  #add(chunk: Buffer): void {
    this.#size += chunk.length
    if (this.#size > this.#maxBytes) {
      this.#drop()
      if (this.#size > DISCARD_MAX_BYTES) this.#finish(undefined)
    } else if (this.#size === this.#announced && chunk.length === this.#announced) this.#only = chunk
    else this.#copy(chunk)
  }

  /** Does not copy any more once the client is cut off. */
  #copy(chunk: Buffer): void {
    this.#share ??= this.#openShare()
    this.#share.moved(chunk.length)
    const before = this.#size - chunk.length
    if (this.#size > this.#bytes.length && !this.#grow(before)) return
    chunk.copy(this.#bytes, before)
  }

  #openShare(): Share {
    this.#request.on('close', () => this.#drop())
    return this.#parts.openShare()
  }

  #grow(used: number): boolean {
    const doubled = Math.max(FIRST_BYTES, this.#bytes.length * 2)
    const length = Math.max(this.#size, Math.min(doubled, this.#announced ?? doubled))
    if (this.#share?.hold(length - this.#bytes.length) !== true) return false
    const larger = Buffer.allocUnsafeSlow(length)
    this.#bytes.copy(larger, 0, 0, used)
    this.#bytes = larger
    return true
  }

  #end(): void {
    if (this.#size > this.#maxBytes) this.#finish(undefined)
    else this.#finish(this.#only ?? this.#bytes.subarray(0, this.#size))
    this.#drop()
  }

  #finish(body: Uint8Array | undefined): void {
    if (this.#isDone) return
    this.#isDone = true
    this.#parts.done(body)
  }

  #drop(): void {
    this.#share?.close()
    this.#share = undefined
    this.#bytes = NO_BODY
  }
}
