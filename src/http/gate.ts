import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Share } from './memory-budget.ts'

/** A request and its answer. */
export type Exchange = { readonly request: IncomingMessage; readonly response: ServerResponse }

/** The dependencies of a gate. */
export type GateDependencies = {
  readonly socket: Socket
  /** Memory for bytes that have arrived and are not parsed yet. */
  readonly share: Share
  /** Runs a task that waits for an answer to be sent, in a later turn of the event loop. */
  readonly later: (task: () => void) => void
  /** The same for a large piece of a body. */
  readonly receiveLater: (task: () => void) => void
  /** Begins to answer a request. */
  readonly start: (exchange: Exchange) => void
  /** Called once an answer is sent, or never will be. */
  readonly finished: () => void
}

type Chunk = Buffer<ArrayBuffer>

/** The end of a request's head, and of a chunked body. Source: RFC 9112, sections 2.1 and 7.1. */
const BLANK_LINE_BYTES = 4
const CR = 13
const LF = 10
/** Of a body of unknown length, the gate passes on so many bytes at once, whatever they contain. */
const BLIND_BYTES = 1024
/**
 * Pieces of a body of at least this size wait for a later turn, which handles only a few connections. Node
 * reads a connection repeatedly in one turn while its pieces are that large.
 */
export const PACED_BYTES = 16_384

/**
 * Lets requests pass one by one. The gate parses what follows a whole request only once that is answered, and
 * does not read the connection meanwhile. Node's own parser would make a request of everything in one piece.
 *
 * It stands between a socket and the parser that listens to it. Of HTTP it knows only where a head may end.
 */
export class Gate {
  readonly #dependencies: GateDependencies
  readonly #feed: (chunk: Chunk) => void
  #current: Exchange | undefined
  /** Requests whose heads arrived together with the body before them. */
  readonly #waiting: Exchange[] = []
  #held: Chunk | undefined
  /** The bytes of the current body that are still to come; nothing when that is not known. */
  #bodyLeft: (() => number) | undefined
  /** Whether Node's parser has left the connection. */
  #isEnded = false

  constructor(dependencies: GateDependencies) {
    this.#dependencies = dependencies
    const { socket } = dependencies
    const [feed] = socket.listeners('data')
    this.#feed = (chunk) => void feed?.call(socket, chunk)
    socket.removeAllListeners('data')
    socket.on('data', (chunk: Chunk) => this.#receive(chunk))
    socket.on('drain', () => this.#releaseLater())
  }

  /** The exchange in progress. */
  get current(): Exchange | undefined {
    return this.#current
  }

  /** The head of a request has arrived. */
  arrive(exchange: Exchange): void {
    exchange.response.on('close', () => this.#finish(exchange))
    if (this.#current === undefined) this.#begin(exchange)
    else this.#waiting.push(exchange)
  }

  /** Sets how the gate learns what is still to come of the current request's body. */
  expect(bodyLeft: () => number): void {
    this.#bodyLeft = bodyLeft
  }

  /** Passes on nothing more: Node's parser has left the connection, and would fail an assertion. */
  end(): void {
    this.#isEnded = true
    this.#held = undefined
  }

  /** Drops the held bytes: the connection is closed. */
  close(): void {
    this.#held = undefined
    this.#waiting.length = 0
    this.#dependencies.share.close()
    if (this.#current !== undefined) this.#finish(this.#current)
  }

  #begin(exchange: Exchange): void {
    this.#current = exchange
    this.#dependencies.start(exchange)
  }

  #finish(exchange: Exchange): void {
    if (this.#current !== exchange) return
    this.#current = undefined
    this.#bodyLeft = undefined
    this.#dependencies.finished()
    const next = this.#waiting.shift()
    if (next !== undefined) this.#begin(next)
    this.#releaseLater()
  }

  /**
   * Released in this turn, one answer after the other would follow until the gate holds nothing, and no other
   * connection would be served.
   */
  #releaseLater(): void {
    if (this.#held !== undefined && !this.#isBlocked()) this.#dependencies.later(() => this.#release())
  }

  #receive(chunk: Chunk): void {
    if (this.#isEnded) return
    // The gate reads nothing while it holds bytes: these were on their way.
    if (this.#held !== undefined) this.#hold(Buffer.concat([this.#held, chunk]))
    else if (chunk.length >= PACED_BYTES && this.#isReceiving()) {
      this.#dependencies.share.moved(chunk.length)
      this.#hold(chunk)
      this.#dependencies.receiveLater(() => this.#release())
    } else this.#pass(chunk)
  }

  /** Whether more of the current request is still to come. */
  #isReceiving(): boolean {
    return this.#current !== undefined && !this.#isBlocked()
  }

  #hold(bytes: Chunk): void {
    const before = this.#held?.length ?? 0
    this.#held = bytes
    this.#dependencies.socket.pause()
    this.#dependencies.share.hold(bytes.length - before)
  }

  #release(): void {
    const held = this.#held
    if (held === undefined || this.#isBlocked()) return
    this.#held = undefined
    this.#dependencies.share.release(held.length)
    this.#pass(held)
    if (this.#held === undefined) this.#dependencies.socket.resume()
  }

  #isBlocked(): boolean {
    if (this.#waiting.length > 0 || this.#dependencies.socket.writableNeedDrain) return true
    if (this.#current === undefined) return false
    return this.#current.request.complete || this.#current.response.headersSent
  }

  #pass(chunk: Chunk): void {
    let rest = chunk
    while (rest.length > 0 && !this.#dependencies.socket.destroyed && !this.#isEnded) {
      if (this.#isBlocked()) {
        this.#hold(rest)
        return
      }
      const size = this.#partOf(rest)
      if (size === rest.length) {
        this.#feed(rest)
        return
      }
      this.#feed(rest.subarray(0, size))
      rest = rest.subarray(size)
    }
  }

  /** How many bytes the gate can pass on so that at most one more request begins in them. */
  #partOf(bytes: Chunk): number {
    if (this.#current === undefined) {
      const end = endOfHead(bytes, 0)
      // Nearly always, one piece holds the head and body of one request, and nothing else.
      return findEnd(bytes, end) === undefined ? bytes.length : end
    }
    const left = this.#bodyLeft?.() ?? 0
    return left > 0 ? Math.min(left, bytes.length) : endOfHead(bytes, BLIND_BYTES)
  }
}

function endOfHead(bytes: Chunk, from: number): number {
  return findEnd(bytes, from) ?? bytes.length
}

/** Where the next blank line ends. Heads are short, so this loop takes less time than a call of `indexOf`. */
function findEnd(bytes: Chunk, from: number): number | undefined {
  let at = from + BLANK_LINE_BYTES - 1
  while (at < bytes.length) {
    const byte = bytes[at]
    if (byte === LF && bytes[at - 1] === CR && bytes[at - 2] === LF && bytes[at - 3] === CR) return at + 1
    at += stepAfter(byte)
  }
  return undefined
}

/** The least distance to the end of a blank line from a byte that is not its end. */
function stepAfter(byte: number | undefined): number {
  if (byte === LF) return 2
  return byte === CR ? 1 : BLANK_LINE_BYTES
}
