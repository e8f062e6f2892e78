import { concatBytes, equalConstantTime, lengthPrefixed, uint32, utf8 } from '../base/bytes.ts'
import { Secret } from '../base/secret.ts'
import { GCM_TAG_BYTES } from '../crypto/aead.ts'
import { sha256 } from '../crypto/hash.ts'
import {
  SEGMENT_BYTES,
  STREAM_SALT_BYTES,
  type StreamCipher,
  streamCipher,
  twoLayers,
} from '../crypto/segments.ts'

/** What a stream is: a part of one version of one object. See docs/reference/formats/s3-object.md. */
export type StreamBinding = {
  readonly bucket: string
  readonly key: string
  /** The version, whose id is chosen before its first stream is written. */
  readonly version: string
  /** From 1; 0 for an object that was put at once. */
  readonly part: number
}

/** `HFS3`, before the format. */
const MAGIC = utf8('HFS3')
/** One layer of encryption, or two. */
const FORMATS = { one: Uint8Array.of(1), two: Uint8Array.of(2) }
const SALT_AT = MAGIC.length + 1
/** A data key of one layer; one of two layers has twice as many bytes: those of the inner layer, then of the outer. */
export const DATA_KEY_BYTES = 32
const BINDING_BYTES = 32
const HEADER_TEXT_BYTES = SALT_AT + STREAM_SALT_BYTES + BINDING_BYTES
/** A header with its tag. */
export const HEADER_BYTES: number = HEADER_TEXT_BYTES + GCM_TAG_BYTES

/** The error of a stream that is not as it was written. The operator's log has an alarm. */
export class DamagedObject extends Error {
  override readonly name = 'IntegrityError'
}

/** A new stream: its cipher and its header. */
export function beginStream(
  dataKey: Secret,
  binding: StreamBinding,
  salt: Uint8Array,
): { readonly cipher: StreamCipher; readonly header: Uint8Array } {
  const bound = bindingHash(binding)
  const isOne = dataKey.sizeBytes === DATA_KEY_BYTES
  const cipher = isOne ? streamCipher(dataKey, salt, bound) : layered(dataKey, salt, bound)
  const text = concatBytes(MAGIC, isOne ? FORMATS.one : FORMATS.two, salt, bound)
  return { cipher, header: concatBytes(text, cipher.headerTag(text)) }
}

function layered(dataKey: Secret, salt: Uint8Array, bound: Uint8Array): StreamCipher {
  const half = (from: number): Secret =>
    dataKey.reveal((bytes) => new Secret(Uint8Array.from(bytes.subarray(from, from + DATA_KEY_BYTES))))
  using inner = half(0)
  using outer = half(DATA_KEY_BYTES)
  return twoLayers(streamCipher(inner, salt, bound), streamCipher(outer, salt, bound))
}

/** The cipher of a stream with this header. @throws DamagedObject when the header is not that of this stream. */
export function openStream(dataKey: Secret, binding: StreamBinding, header: Uint8Array): StreamCipher {
  const salt = header.subarray(SALT_AT, SALT_AT + STREAM_SALT_BYTES)
  if (header.length !== HEADER_BYTES) throw damaged(binding, 'its header is cut')
  const { cipher, header: expected } = beginStream(dataKey, binding, Uint8Array.from(salt))
  if (equalConstantTime(header, expected)) return cipher
  cipher[Symbol.dispose]()
  throw damaged(binding, 'its header is another one')
}

/** The error for a stream that does not open. */
export function damaged({ bucket, version, part }: StreamBinding, why: string): DamagedObject {
  return new DamagedObject(`part ${part} of version ${version} in bucket ${bucket} is damaged: ${why}`)
}

function bindingHash({ bucket, key, version, part }: StreamBinding): Uint8Array {
  return sha256(lengthPrefixed(bucket, key, version, uint32(part)))
}

/** The segments of a stream of this length: even an empty one has a last segment. */
export function segmentsOf(sizeBytes: number): number {
  return Math.max(1, Math.ceil(sizeBytes / SEGMENT_BYTES))
}

/** The bytes of a whole stream in its file. */
export function storedBytes(sizeBytes: number, tagBytes = GCM_TAG_BYTES): number {
  return HEADER_BYTES + sizeBytes + segmentsOf(sizeBytes) * tagBytes
}

/** Where a segment begins in its file. */
export function segmentPlace(at: number, tagBytes = GCM_TAG_BYTES): number {
  return HEADER_BYTES + at * (SEGMENT_BYTES + tagBytes)
}

/** Segments that are written, or read, at once. */
export const BATCH_SEGMENTS = 8

/** Divides a stream into segments, and seals each as soon as it is known whether it is the last. */
export class StreamSealer {
  readonly #cipher: StreamCipher
  readonly #header: Uint8Array
  readonly #plaintext = Buffer.allocUnsafe(SEGMENT_BYTES)
  /** Bytes of the segment that is not sealed yet. */
  #filled = 0
  /** Bytes that may hold plaintext. */
  #touched = 0
  #at = 0
  /** Sealed segments that are not taken yet. */
  #batch: Uint8Array | undefined
  #sealedBytes = 0

  constructor(cipher: StreamCipher, header: Uint8Array) {
    this.#cipher = cipher
    this.#header = header
  }

  /** What these bytes complete of the stream, in batches. A batch is valid until the next is asked for. */
  *take(bytes: Uint8Array): Iterable<Uint8Array> {
    let rest = bytes
    while (rest.length > 0) {
      if (this.#filled === SEGMENT_BYTES) {
        this.#seal(false)
        if (this.#at % BATCH_SEGMENTS === 0) yield this.#takeBatch()
      }
      const piece = rest.subarray(0, SEGMENT_BYTES - this.#filled)
      this.#plaintext.set(piece, this.#filled)
      this.#filled += piece.length
      this.#touched = Math.max(this.#touched, this.#filled)
      rest = rest.subarray(piece.length)
    }
  }

  /** The last batch, with the last segment. */
  end(): Uint8Array {
    this.#seal(true)
    this.clear()
    return this.#takeBatch()
  }

  /** Clears the plaintext. */
  clear(): void {
    this.#plaintext.fill(0, 0, this.#touched)
  }

  #seal(isLast: boolean): void {
    const plaintext = this.#plaintext.subarray(0, this.#filled)
    const batch = this.#batch ?? this.#newBatch(isLast)
    const place = { at: this.#at, isLast }
    const sealedBytes = plaintext.length + this.#cipher.tagBytes
    this.#cipher.seal(place, plaintext, batch.subarray(this.#sealedBytes, this.#sealedBytes + sealedBytes))
    this.#sealedBytes += sealedBytes
    this.#at += 1
    this.#filled = 0
  }

  /** Memory for all batches of a stream; a stream of one segment has no more than that. */
  #newBatch(isLast: boolean): Uint8Array {
    const segments = isLast ? 1 : BATCH_SEGMENTS
    const segmentBytes = isLast ? this.#filled : SEGMENT_BYTES
    const batch = Buffer.allocUnsafe(this.#header.length + segments * (segmentBytes + this.#cipher.tagBytes))
    batch.set(this.#header)
    this.#sealedBytes = this.#header.length
    this.#batch = batch
    return batch
  }

  #takeBatch(): Uint8Array {
    const batch = this.#batch?.subarray(0, this.#sealedBytes) ?? new Uint8Array(0)
    this.#sealedBytes = 0
    return batch
  }
}
