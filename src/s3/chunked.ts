import { fromUtf8, parseHex, toHex } from '../base/bytes.ts'
import { sha256Hex } from '../crypto/hash.ts'
import { type RunningHash, runningHash } from '../crypto/running-hash.ts'
import { type ChunkSigner, isSignature } from '../sigv4/s3-signature.ts'
import { S3Error } from './s3-error.ts'

/** How the chunks of a body are protected. */
export type ChunkedMode = {
  /** Signs the chunks; nothing when they are not signed. */
  readonly signer: ChunkSigner | undefined
  /** Whether a trailer follows the last chunk. */
  readonly hasTrailer: boolean
}

/** A line with the size of a chunk and its signature has about 100 characters. */
const LINE_MAX_BYTES = 1024
/**
 * Chunks below {@link SMALL_BYTES}, the last aside, of which a body may have so many: each costs a hash and a MAC.
 * Source: Amazon S3 API Reference, "Transferring Payload in Multiple Chunks": none may be smaller, but for the last.
 */
const SMALL_CHUNKS_MAX = 16
const SMALL_BYTES = 8_192
/** A trailer has one checksum and a signature. */
const TRAILER_LINES_MAX = 8
/** Hexadecimal digits of a chunk's size: 5 GiB have 9. */
const CHUNK_HEADER = /^([0-9a-fA-F]{1,10})(?:;chunk-signature=([0-9a-f]{64}))?$/
const TRAILER_LINE = /^([a-zA-Z0-9-]+):[ \t]*(.*?)[ \t]*$/
const TRAILER_SIGNATURE = 'x-amz-trailer-signature'
const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d

/**
 * Decodes the encoding `aws-chunked`: yields the data of the chunks, and puts the headers of the trailer into `trailer`.
 * A chunk's signature is checked at its end, so what is yielded is proven only once the whole body is read.
 *
 * Source: Amazon S3 API Reference, "Signature Calculations for the Authorization Header: Transferring Payload in Multiple
 * Chunks".
 *
 * @throws S3Error.
 */
export async function* decodeChunked(
  body: AsyncIterable<Uint8Array>,
  mode: ChunkedMode,
  trailer: Map<string, string>,
): AsyncIterable<Uint8Array> {
  const decoder = new ChunkDecoder(mode, trailer)
  for await (const bytes of body) yield* decoder.take(bytes)
  decoder.end()
}

type Step = 'size' | 'data' | 'data-end' | 'trailer' | 'done'

/** States: size of a chunk, its data, the line end after it, and so on; the trailer; done. */
class ChunkDecoder {
  readonly #mode: ChunkedMode
  readonly #trailer: Map<string, string>
  readonly #lines: string[] = []
  #step: Step = 'size'
  #line: Uint8Array[] = []
  #lineBytes = 0
  #left = 0
  #smallChunks = 0
  #signature: string | undefined
  #hash: RunningHash | undefined

  constructor(mode: ChunkedMode, trailer: Map<string, string>) {
    this.#mode = mode
    this.#trailer = trailer
  }

  /** The data in the next bytes of the body. */
  *take(bytes: Uint8Array): Iterable<Uint8Array> {
    let rest = bytes
    while (rest.length > 0) {
      if (this.#step === 'done') throw incomplete('bytes follow the end of the body')
      if (this.#step !== 'data') {
        rest = this.#takeLine(rest)
        continue
      }
      const data = rest.subarray(0, this.#left)
      rest = rest.subarray(data.length)
      this.#left -= data.length
      this.#hash?.update(data)
      yield data
      if (this.#left === 0) this.#step = 'data-end'
    }
  }

  /** @throws S3Error when the body is not at its end. */
  end(): void {
    if (this.#step !== 'done') throw incomplete('the body ends too early')
  }

  /** Takes bytes up to the end of a line; returns those after it. */
  #takeLine(bytes: Uint8Array): Uint8Array {
    const end = bytes.indexOf(LINE_FEED)
    const piece = end < 0 ? bytes : bytes.subarray(0, end)
    this.#lineBytes += piece.length
    if (this.#lineBytes > LINE_MAX_BYTES) throw incomplete('a line is too long')
    this.#line.push(piece)
    if (end < 0) return bytes.subarray(bytes.length)
    const line = Buffer.concat(this.#line)
    this.#line = []
    this.#lineBytes = 0
    if (line.at(-1) !== CARRIAGE_RETURN) throw incomplete('a line does not end with CR LF')
    this.#endLine(fromUtf8(line.subarray(0, -1)))
    return bytes.subarray(end + 1)
  }

  #endLine(line: string): void {
    switch (this.#step) {
      case 'size':
        this.#beginChunk(line)
        break
      case 'data-end':
        if (line !== '') throw incomplete('a chunk is longer than its size')
        this.#checkChunk()
        this.#step = 'size'
        break
      default:
        this.#endTrailerLine(line)
    }
  }

  #beginChunk(line: string): void {
    const [, size, signature] = CHUNK_HEADER.exec(line) ?? []
    if (size === undefined) throw incomplete('the size of a chunk is malformed')
    if ((signature === undefined) !== (this.#mode.signer === undefined)) throw wrongSignature()
    this.#left = Number.parseInt(size, 16)
    this.#signature = signature
    this.#hash = this.#mode.signer && runningHash('sha256')
    if (this.#left > 0) {
      if (this.#smallChunks > SMALL_CHUNKS_MAX) throw tooSmall()
      if (this.#left < SMALL_BYTES) this.#smallChunks += 1
      this.#step = 'data'
      return
    }
    this.#checkChunk()
    this.#step = 'trailer'
  }

  #checkChunk(): void {
    const { signer } = this.#mode
    if (signer === undefined || this.#hash === undefined) return
    const expected = parseHex(signer.chunk(toHex(this.#hash.digest())))
    if (expected === undefined || !isSignature(this.#signature ?? '', expected)) throw wrongSignature()
  }

  #endTrailerLine(line: string): void {
    if (line === '') {
      this.#endTrailer()
      this.#step = 'done'
      return
    }
    if (!this.#mode.hasTrailer || this.#lines.length >= TRAILER_LINES_MAX) {
      throw incomplete('the trailer is not one that was announced')
    }
    this.#lines.push(line)
  }

  #endTrailer(): void {
    let signed = ''
    let signature: string | undefined
    for (const line of this.#lines) {
      const [, name = '', value = ''] = TRAILER_LINE.exec(line) ?? []
      const lower = name.toLowerCase()
      if (lower === '' || this.#trailer.has(lower)) throw incomplete('the trailer is malformed')
      if (lower === TRAILER_SIGNATURE) {
        signature = value
        continue
      }
      signed += `${lower}:${value}\n`
      this.#trailer.set(lower, value)
    }
    const { signer, hasTrailer } = this.#mode
    if (signer === undefined || !hasTrailer) return
    const expected = parseHex(signer.trailer(sha256Hex(signed)))
    if (expected === undefined || !isSignature(signature ?? '', expected)) throw wrongSignature()
  }
}

function incomplete(why: string): S3Error {
  return new S3Error('IncompleteBody', `The request body is not valid in the encoding aws-chunked: ${why}.`)
}

function tooSmall(): S3Error {
  const message = 'Only the last chunk is allowed to have a size less than 8192 bytes'
  return new S3Error('InvalidChunkSizeError', message)
}

function wrongSignature(): S3Error {
  return new S3Error(
    'SignatureDoesNotMatch',
    'The signature of a chunk or of the trailer does not match the one that was calculated.',
  )
}
