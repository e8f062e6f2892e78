import { concatBytes, parseBase64, toBase64 } from '../base/bytes.ts'
import type { Random } from '../base/ports.ts'
import { Secret } from '../base/secret.ts'
import { GCM_IV_BYTES, openGcm, sealGcm } from '../crypto/aead.ts'

/** A key encrypted under another, as it is stored. */
export type WrappedKey = {
  /** The id of the wrapping key. */
  readonly under: string
  /** Base64 of IV (12 bytes), ciphertext and tag (16 bytes) of AES-256-GCM. */
  readonly wrapped: string
}

/** A wrapped key did not open: it was damaged, edited, or moved from another place. */
export class KeyringError extends Error {
  override readonly name = 'KeyringError'
}

/** @param identity what the key is and where it belongs; it must be the same when unwrapping. */
export function wrapKey(wrapping: Secret, key: Secret, identity: Uint8Array, random: Random): string {
  const iv = random.bytes(GCM_IV_BYTES)
  return key.reveal((bytes) => toBase64(concatBytes(iv, sealGcm(wrapping, iv, bytes, identity))))
}

/** @throws KeyringError when the wrapped key and the identity do not belong together. */
export function unwrapKey(wrapping: Secret, wrapped: string, identity: Uint8Array): Secret {
  const key = findUnwrapped(wrapping, wrapped, identity)
  if (key === undefined) throw new KeyringError('a wrapped key does not open: it was damaged or moved')
  return key
}

/** The same; nothing when they do not belong together. */
export function findUnwrapped(wrapping: Secret, wrapped: string, identity: Uint8Array): Secret | undefined {
  const bytes = parseBase64(wrapped)
  const opened =
    bytes && openGcm(wrapping, bytes.subarray(0, GCM_IV_BYTES), bytes.subarray(GCM_IV_BYTES), identity)
  return opened && new Secret(opened)
}
