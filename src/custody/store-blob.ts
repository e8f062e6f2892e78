import { concatBytes } from '../base/bytes.ts'
import { GCM_TAG_BYTES } from '../crypto/aead.ts'
import { BLOB_OVERHEAD_BYTES, type ParsedBlob, parseBlob } from './blob.ts'

/** Ciphertext blobs of keys in external key stores, format 2: see docs/reference/formats/store-blob.md. */
const FORMAT = 0x02
const INNER_FORMAT = 0x01

/** Where a blob of format 1 has its ciphertext: what comes before is the same here. */
const SEALED_AT = BLOB_OVERHEAD_BYTES - GCM_TAG_BYTES
const IV_AT = SEALED_AT + 2

const IV_SIZES: readonly number[] = [12, 16]
const METADATA_MAX_BYTES = 20
const TAG_BYTES = 16

/** What a proxy has made of the inner ciphertext. */
export type OuterCiphertext = {
  readonly ciphertext: Uint8Array
  readonly iv: Uint8Array
  readonly tag: Uint8Array
  readonly metadata: Uint8Array
}

/** A blob of format 2 that was received. */
export type StoreBlob = {
  readonly keyId: string
  readonly materialPrefix: string
  readonly outer: OuterCiphertext
  /** The inner blob, once the proxy has opened what is around its ciphertext and tag. */
  readonly inner: (sealed: Uint8Array) => ParsedBlob | undefined
}

/** Returns the part of an inner blob that the proxy receives: ciphertext and tag. */
export function innerSealed(inner: Uint8Array): Uint8Array {
  return inner.subarray(SEALED_AT)
}

/** The blob of what a proxy has made of the ciphertext of an inner blob. */
export function encodeStoreBlob(inner: Uint8Array, outer: OuterCiphertext): Uint8Array {
  const header = Buffer.from(inner.subarray(0, SEALED_AT))
  header[0] = FORMAT
  const sizes = Uint8Array.of(outer.iv.length, outer.metadata.length)
  return concatBytes(header, sizes, outer.iv, outer.metadata, outer.tag, outer.ciphertext)
}

/** The parts of a blob, or nothing when the bytes have not the form of format 2. */
export function parseStoreBlob(blob: Uint8Array): StoreBlob | undefined {
  const ivBytes = blob[SEALED_AT] ?? 0
  const metadataBytes = blob[SEALED_AT + 1] ?? 0
  if (blob[0] !== FORMAT || !IV_SIZES.includes(ivBytes) || metadataBytes > METADATA_MAX_BYTES)
    return undefined
  const metadataAt = IV_AT + ivBytes
  const tagAt = metadataAt + metadataBytes
  const ciphertextAt = tagAt + TAG_BYTES
  const ciphertext = blob.subarray(ciphertextAt)
  const inner = (sealed: Uint8Array): ParsedBlob | undefined => {
    const bytes = Buffer.from(concatBytes(blob.subarray(0, SEALED_AT), sealed))
    bytes[0] = INNER_FORMAT
    return parseBlob(bytes)
  }
  const names = ciphertext.length < GCM_TAG_BYTES ? undefined : inner(ciphertext)
  if (names === undefined) return undefined
  return {
    keyId: names.keyId,
    materialPrefix: names.materialPrefix,
    outer: {
      ciphertext,
      iv: blob.subarray(IV_AT, metadataAt),
      metadata: blob.subarray(metadataAt, tagAt),
      tag: blob.subarray(tagAt, ciphertextAt),
    },
    inner,
  }
}

/** The id of the key that a blob of any format names, or nothing when it is no blob. */
export function keyIdOfBlob(blob: Uint8Array): string | undefined {
  return (parseBlob(blob) ?? parseStoreBlob(blob))?.keyId
}
