import { concatBytes, utf8 } from '../base/bytes.ts'
import type { Random } from '../base/ports.ts'
import { Secret } from '../base/secret.ts'
import { GCM_IV_BYTES, GCM_TAG_BYTES, openGcm, sealGcm } from '../crypto/aead.ts'
import { Failure } from './failure.ts'

const FORMAT = 1
const LENGTH_BYTES = 2
const HEAD_BYTES = 1 + LENGTH_BYTES

/** The size of a wrapping key. */
const WRAPPING_KEY_BYTES = 32

/** A wrapping key and its ciphertext by KMS. */
type Wrapping = { readonly key: Uint8Array; readonly wrapped: Uint8Array }

/**
 * Encrypts what an API server gives, under a wrapping key, whose own ciphertext is in front.
 *
 * Source: docs/reference/formats/kubernetes-seed.md.
 */
export function sealSeed({ key, wrapped }: Wrapping, plaintext: Uint8Array, random: Random): Uint8Array {
  const head = Buffer.alloc(HEAD_BYTES)
  head.writeUInt8(FORMAT, 0)
  head.writeUInt16BE(wrapped.length, 1)
  const iv = random.bytes(GCM_IV_BYTES)
  using secret = new Secret(Uint8Array.from(key))
  const front = concatBytes(head, wrapped)
  return concatBytes(front, iv, sealGcm(secret, iv, plaintext, associatedData(front)))
}

function associatedData(front: Uint8Array): Uint8Array {
  return concatBytes(utf8('holdfast kubernetes-kms seed\0'), front)
}

/** The parts of a sealed seed. */
export type SealedSeed = {
  /** The wrapping key, encrypted by KMS. */
  readonly wrapped: Uint8Array
  readonly front: Uint8Array
  readonly iv: Uint8Array
  readonly sealed: Uint8Array
}

/** Parses what {@link sealSeed} gave. @throws Failure for anything else. */
export function parseSealedSeed(bytes: Uint8Array): SealedSeed {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const known = bytes.length > HEAD_BYTES && view.readUInt8(0) === FORMAT
  const end = known ? HEAD_BYTES + view.readUInt16BE(1) : bytes.length
  if (!known || end === HEAD_BYTES || bytes.length < end + GCM_IV_BYTES + GCM_TAG_BYTES)
    throw new Failure('INVALID_ARGUMENT', 'ciphertext: expected one that this plug-in made')
  return {
    wrapped: bytes.slice(HEAD_BYTES, end),
    front: bytes.slice(0, end),
    iv: bytes.slice(end, end + GCM_IV_BYTES),
    sealed: bytes.slice(end + GCM_IV_BYTES),
  }
}

/** Decrypts a sealed seed. @throws Failure when it is not authentic. */
export function openSeed(key: Uint8Array, { front, iv, sealed }: SealedSeed): Uint8Array {
  if (key.length === WRAPPING_KEY_BYTES) {
    using secret = new Secret(Uint8Array.from(key))
    const plaintext = openGcm(secret, iv, sealed, associatedData(front))
    if (plaintext !== undefined) return plaintext
  }
  throw new Failure('INVALID_ARGUMENT', 'ciphertext: it is not authentic')
}
