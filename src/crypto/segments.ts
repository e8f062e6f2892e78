import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto'
import { concatBytes, freeMemory, uint32, utf8 } from '../base/bytes.ts'
import { Secret } from '../base/secret.ts'
import { GCM_IV_BYTES, GCM_TAG_BYTES } from './aead.ts'

/** The plaintext of a segment; only the last of a stream is shorter. */
export const SEGMENT_BYTES = 65_536
/** The salt of a stream's key. */
export const STREAM_SALT_BYTES = 32

/** Source: NIST SP 800-38D, section 8.3, limits the invocations of a key to 2^32; no stream reaches it. */
const SEGMENTS_MAX = 0xffff_fffe
/** The place of the tag that authenticates a header: no segment has it. */
const HEADER_AT = 0xffff_ffff
const INFO = utf8('holdfast/s3-stream/1')
const NOT_LAST = Uint8Array.of(0)
const LAST = Uint8Array.of(1)
const NOTHING = new Uint8Array(0)

/** Where a segment is in its stream. */
type SegmentPlace = { readonly at: number; readonly isLast: boolean }

/** Seals and opens the segments of one stream: see docs/reference/formats/s3-object.md. */
export type StreamCipher = Disposable & {
  /**
   * Writes a segment's ciphertext and tag to the beginning of `target`, which has room for both. The caller seals each
   * place once.
   */
  readonly seal: (place: SegmentPlace, plaintext: Uint8Array, target: Uint8Array) => void
  /** The plaintext, or nothing when the segment is not the one that was sealed at this place. */
  readonly open: (place: SegmentPlace, sealed: Uint8Array) => Uint8Array | undefined
  /** By how much a segment grows. */
  readonly tagBytes: number
  /** The tag that authenticates the stream's header. */
  readonly headerTag: (header: Uint8Array) => Uint8Array
}

/**
 * The cipher of the stream with this salt: AES-256-GCM under a key that HKDF-SHA-256 derives from the data key, the
 * salt and what the stream is bound to. The data key is borrowed.
 *
 * @param binding what the stream belongs to: a stream of anything else has another key. Source: RFC 5869.
 */
export function streamCipher(dataKey: Secret, salt: Uint8Array, binding: Uint8Array): StreamCipher {
  const key = dataKey.reveal(
    (bytes) => new Secret(new Uint8Array(hkdfSync('sha256', bytes, salt, concatBytes(INFO, binding), 32))),
  )
  return {
    seal: ({ at, isLast }, plaintext, target) => sealAt(key, { at, aad: aadOf(isLast) }, plaintext, target),
    open: ({ at, isLast }, sealed) => openAt(key, { at, aad: aadOf(isLast) }, sealed),
    tagBytes: GCM_TAG_BYTES,
    headerTag: (header) => {
      const tag = new Uint8Array(GCM_TAG_BYTES)
      sealAt(key, { at: HEADER_AT, aad: header }, NOTHING, tag)
      return tag
    },
    [Symbol.dispose]: () => key[Symbol.dispose](),
  }
}

/** Two ciphers of one stream under independent data keys: each segment is sealed by the inner one, then by the outer one. */
export function twoLayers(inner: StreamCipher, outer: StreamCipher): StreamCipher {
  return {
    seal: (place, plaintext, target) => {
      const between = Buffer.allocUnsafeSlow(plaintext.length + inner.tagBytes)
      inner.seal(place, plaintext, between)
      outer.seal(place, between, target)
      freeMemory(between)
    },
    open: (place, sealed) => {
      const between = outer.open(place, sealed)
      if (between === undefined) return undefined
      const opened = inner.open(place, between)
      freeMemory(between)
      return opened
    },
    tagBytes: inner.tagBytes + outer.tagBytes,
    headerTag: (header) => outer.headerTag(concatBytes(header, inner.headerTag(header))),
    [Symbol.dispose]: () => {
      inner[Symbol.dispose]()
      outer[Symbol.dispose]()
    },
  }
}

/** The place of a segment is its IV: 8 zero bytes, and the place in 4. */
function ivAt(at: number): Uint8Array {
  if (at > SEGMENTS_MAX && at !== HEADER_AT) throw new RangeError('a stream has too many segments')
  const iv = new Uint8Array(GCM_IV_BYTES)
  iv.set(uint32(at), GCM_IV_BYTES - 4)
  return iv
}

function aadOf(isLast: boolean): Uint8Array {
  return isLast ? LAST : NOT_LAST
}

type Sealing = { readonly at: number; readonly aad: Uint8Array }

function sealAt(key: Secret, { at, aad }: Sealing, plaintext: Uint8Array, target: Uint8Array): void {
  key.reveal((bytes) => {
    const cipher = createCipheriv('aes-256-gcm', bytes, ivAt(at))
    cipher.setAAD(aad)
    const text = cipher.update(plaintext)
    cipher.final()
    target.set(text)
    target.set(cipher.getAuthTag(), text.length)
    freeMemory(text)
  })
}

function openAt(key: Secret, { at, aad }: Sealing, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.length < GCM_TAG_BYTES) return undefined
  const split = sealed.length - GCM_TAG_BYTES
  return key.reveal((bytes) => {
    const decipher = createDecipheriv('aes-256-gcm', bytes, ivAt(at), { authTagLength: GCM_TAG_BYTES })
    decipher.setAuthTag(sealed.subarray(split))
    decipher.setAAD(aad)
    const plaintext = decipher.update(sealed.subarray(0, split))
    try {
      decipher.final()
      return plaintext
    } catch {
      plaintext.fill(0)
      return undefined
    }
  })
}
