import type { IncomingMessage } from 'node:http'
import { findHeader } from '../dispatch/wire.ts'
import type { Share } from './memory-budget.ts'

/**
 * Bytes of a body that is too large that the server reads and discards. If it closed a connection while the
 * client sends, the client would get a reset instead of the answer.
 */
export const DISCARD_MAX_BYTES = 16_777_216

/** Pieces of at least this size stay as they are; smaller ones are copied together. */
const KEPT_PIECE_BYTES = 16_384
/** The first buffer for smaller pieces; its size doubles each time that it is full. */
const FIRST_BYTES = 4096
const LARGEST_BYTES = 65_536

const NO_BODY = Buffer.alloc(0)

/** The size of the body that the request announces; nothing when it announces none. */
export function announcedBytes({ rawHeaders }: IncomingMessage): number | undefined {
  const text = findHeader(rawHeaders, 'content-length')
  if (text !== undefined) return Number(text)
  return findHeader(rawHeaders, 'transfer-encoding') === undefined ? 0 : undefined
}

/** The dependencies of receiving a body. */
export type ReceivingDependencies = {
  readonly maxBytes: number
  /** Opens the share of the memory budget for a body that arrives in several pieces. */
  readonly openShare: () => Share
  /** Called once with the body; with nothing when it is too large or not wanted. */
  readonly done: (body: Uint8Array | undefined) => void
}

/**
 * Reads a request's body. It does not call `done` for a client that goes away before the end, nor for one
 * that is cut off because it, or others at its address, use too much memory.
 */
export class Receiving {
  readonly #request: IncomingMessage
  readonly #announced: number | undefined
  readonly #dependencies: ReceivingDependencies
  #maxBytes: number
  #size = 0
  /** Nearly all bodies arrive in one piece, which needs no copy. */
  #only: Buffer | undefined
  readonly #pieces: Buffer[] = []
  /** The buffer for small pieces, and how much of it is used. */
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
    // Without this, Node takes a body that arrives with its head for one that nobody reads, and looks for
    // listeners to remove.
    request.read(0)
    request.on('data', (chunk: Buffer) => this.#add(chunk))
    request.on('end', () => this.#end())
  }

  /** The bytes of the body that are still to come; 0 when that is not known. */
  bytesLeft(): number {
    return (this.#announced ?? 0) - this.#size - this.#request.readableLength
  }

  /** Drops the body so far, and reads it to its end. */
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

  /** Keeps nothing more once the client is cut off. */
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

  /** The bytes that may still come beyond those that have arrived. */
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
    // The client was cut off: the kept bytes are not the whole body.
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
