import { concatBytes } from '../base/bytes.ts'
import { GCM_IV_BYTES, GCM_TAG_BYTES } from '../crypto/aead.ts'

/** Bytes of the random input from which one encryption's key is derived. */
const NONCE_BYTES = 16

const FORMAT = 0x01
const FLAG_MULTI_REGION = 0x01
const KEY_ID_BYTES = 16
const MATERIAL_ID_BYTES = 16
const MATERIAL_AT = 2 + KEY_ID_BYTES
const NONCE_AT = MATERIAL_AT + MATERIAL_ID_BYTES
const HEADER_BYTES = NONCE_AT + NONCE_BYTES
const SEALED_AT = HEADER_BYTES + GCM_IV_BYTES
/** Random bytes of a blob. */
export const UNIQUE_BYTES = NONCE_BYTES + GCM_IV_BYTES
/** Bytes that a blob adds to its plaintext. */
export const BLOB_OVERHEAD_BYTES = SEALED_AT + GCM_TAG_BYTES

/** Hexadecimal digits of a material id in a blob. */
export const MATERIAL_PREFIX_DIGITS = MATERIAL_ID_BYTES * 2

/** What a ciphertext is bound to: its key, how that was derived, and its context. */
type Bound = {
  readonly nonce: Uint8Array
  readonly iv: Uint8Array
  /** Header and context. */
  readonly associatedData: (context: Uint8Array) => Uint8Array
}

/** A received blob. */
export type ParsedBlob = Bound & {
  /** The key id as the API writes it. */
  readonly keyId: string
  /** The first {@link MATERIAL_PREFIX_DIGITS} digits of the material id. */
  readonly materialPrefix: string
  readonly sealed: Uint8Array
}

/** A blob in the making: it lacks only the sealed bytes. */
export type NewBlob = Bound & {
  readonly bytes: Uint8Array
  /** The place of ciphertext and tag: a part of `bytes`. */
  readonly sealed: Uint8Array
}

/** The beginning of every blob of a key material: format, flags, key id and material id. */
export function blobPrefix(ref: { readonly keyId: string; readonly materialId: string }): Uint8Array {
  const bytes = Buffer.alloc(NONCE_AT)
  const multiRegion = ref.keyId.startsWith(MULTI_REGION_PREFIX)
  bytes[0] = FORMAT
  bytes[1] = multiRegion ? FLAG_MULTI_REGION : 0
  bytes.write(keyIdDigits(ref.keyId, multiRegion), 2, KEY_ID_BYTES, 'hex')
  bytes.write(ref.materialId, MATERIAL_AT, MATERIAL_ID_BYTES, 'hex')
  return bytes
}

/**
 * A new blob.
 *
 * @param unique the nonce and then the IV: {@link UNIQUE_BYTES} that were never used before.
 */
export function newBlob(prefix: Uint8Array, unique: Uint8Array, plaintextBytes: number): NewBlob {
  const bytes = Buffer.allocUnsafe(BLOB_OVERHEAD_BYTES + plaintextBytes)
  bytes.set(prefix)
  bytes.set(unique, NONCE_AT)
  return { bytes, sealed: bytes.subarray(SEALED_AT), ...boundOf(bytes) }
}

/** A parsed blob, or nothing when the bytes do not have the form of format 1. */
export function parseBlob(blob: Uint8Array): ParsedBlob | undefined {
  if (blob.length < BLOB_OVERHEAD_BYTES || blob[0] !== FORMAT) return undefined
  const flags = blob[1]
  if (flags !== 0 && flags !== FLAG_MULTI_REGION) return undefined
  const bytes = Buffer.from(blob.buffer, blob.byteOffset, blob.length)
  return {
    ...boundOf(bytes),
    keyId: formatKeyId(bytes.toString('hex', 2, MATERIAL_AT), flags === FLAG_MULTI_REGION),
    materialPrefix: bytes.toString('hex', MATERIAL_AT, NONCE_AT),
    sealed: bytes.subarray(SEALED_AT),
  }
}

const MULTI_REGION_PREFIX = 'mrk-'

function boundOf(bytes: Uint8Array): Bound {
  const header = bytes.subarray(0, HEADER_BYTES)
  return {
    nonce: bytes.subarray(NONCE_AT, HEADER_BYTES),
    iv: bytes.subarray(HEADER_BYTES, SEALED_AT),
    associatedData: (context) => (context.length === 0 ? header : concatBytes(header, context)),
  }
}

function keyIdDigits(keyId: string, multiRegion: boolean): string {
  return multiRegion ? keyId.slice(MULTI_REGION_PREFIX.length) : keyId.replaceAll('-', '')
}

function formatKeyId(digits: string, multiRegion: boolean): string {
  if (multiRegion) return MULTI_REGION_PREFIX + digits
  const cuts = [0, 8, 12, 16, 20, 32]
  return cuts
    .slice(1)
    .map((end, index) => digits.slice(cuts[index], end))
    .join('-')
}
