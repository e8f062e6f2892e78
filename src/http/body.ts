import type { IncomingMessage } from 'node:http'
import { findHeader } from '../dispatch/wire.ts'
import type { Share } from './memory-budget.ts'

/**
 * What is read, and thrown away, of a body that is too large. A connection that is closed while
 * its client still sends is reset, and the client never sees the answer.
 */
export const DISCARD_MAX_BYTES = 16_777_216

/** Pieces from this size on are kept as they come; smaller ones are copied together. */
const KEPT_PIECE_BYTES = 16_384
/** The memory that smaller pieces are copied to: it doubles each time that it is full. */
const FIRST_BYTES = 4096
const LARGEST_BYTES = 65_536

const NO_BODY = Buffer.alloc(0)

/** How large a request says that its body is; nothing when it does not. */
export function announcedBytes({ rawHeaders }: IncomingMessage): number | undefined {
  const text = findHeader(rawHeaders, 'content-length')
  if (text !== undefined) return Number(text)
  return findHeader(rawHeaders, 'transfer-encoding') === undefined ? 0 : undefined
}

/** How a body is received. */
export type ReceivingDependencies = {
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
  readonly #dependencies: ReceivingDependencies
  #maxBytes: number
  #size = 0
  /** Nearly all bodies come in one piece, which need not be copied. */
  #only: Buffer | undefined
  readonly #pieces: Buffer[] = []
  /** What small pieces are copied to, and how much of it is used. */
  #open: Buffer = NO_BODY
  #used = 0
  #share: Share | undefined
  #isDone = false

  constructor(request: IncomingMessage, dependencies: ReceivingDependencies) {
    this.#request = request
    this.#announced = announcedBytes(request)
    this.#dependencies = dependencies
    this.#maxBytes = dependencies.maxBytes
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
    else this.#keep(chunk)
  }

  /** Keeps nothing any more once the client is cut off. */
  #keep(chunk: Buffer): void {
    this.#share ??= this.#openShare()
    this.#share.moved(chunk.length)
    if (chunk.length < KEPT_PIECE_BYTES) this.#copy(this.#share, chunk)
    else if (this.#share.hold(chunk.buffer.byteLength)) {
      this.#closePiece()
      this.#pieces.push(chunk)
    }
  }

  #copy(share: Share, chunk: Buffer): void {
    const copied = chunk.copy(this.#open, this.#used)
    this.#used += copied
    if (copied === chunk.length) return
    const rest = chunk.length - copied
    const doubled = Math.max(FIRST_BYTES, Math.min(this.#open.length * 2, LARGEST_BYTES))
    const length = Math.max(rest, Math.min(doubled, this.#leftOfAnnounced(rest)))
    if (!share.hold(length)) return
    this.#closePiece()
    this.#open = Buffer.allocUnsafeSlow(length)
    this.#used = chunk.copy(this.#open, 0, copied)
  }

  /** How much may still come, with so much that is there already. */
  #leftOfAnnounced(rest: number): number {
    return this.#announced === undefined ? Number.POSITIVE_INFINITY : this.#announced - this.#size + rest
  }

  #closePiece(): void {
    if (this.#used > 0) this.#pieces.push(this.#open.subarray(0, this.#used))
    this.#open = NO_BODY
    this.#used = 0
  }

  #openShare(): Share {
    this.#request.on('close', () => this.#drop())
    return this.#dependencies.openShare()
  }

  #end(): void {
    // Cut off: what was kept is not the whole body.
    if (this.#share?.isOpen === false) return
    if (this.#size > this.#maxBytes) this.#finish(undefined)
    else this.#finish(this.#only ?? this.#whole())
    this.#drop()
  }

  #whole(): Buffer {
    this.#closePiece()
    const [first = NO_BODY] = this.#pieces
    return this.#pieces.length > 1 ? Buffer.concat(this.#pieces, this.#size) : first
  }

  #finish(body: Uint8Array | undefined): void {
    if (this.#isDone) return
    this.#isDone = true
    this.#dependencies.done(body)
  }

  #drop(): void {
    this.#share?.close()
    this.#share = undefined
    this.#pieces.length = 0
    this.#open = NO_BODY
    this.#used = 0
  }
}
