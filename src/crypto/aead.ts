import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { Secret } from '../base/secret.ts'

/** The size of an IV. Source: NIST SP 800-38D, section 5.2.1.1. */
export const GCM_IV_BYTES = 12
/** The size of a tag: the maximum of GCM. */
export const GCM_TAG_BYTES = 16

/**
 * AES-256-GCM: ciphertext and then the 16-byte tag.
 *
 * @param iv 12 bytes, never used twice under one key. Source: NIST SP 800-38D.
 */
export function sealGcm(key: Secret, iv: Uint8Array, plaintext: Uint8Array, aad: Uint8Array): Uint8Array {
  const sealed = Buffer.allocUnsafe(plaintext.length + GCM_TAG_BYTES)
  sealGcmInto(key, { iv, plaintext, aad }, sealed)
  return sealed
}

/** The input of {@link sealGcmInto}. */
export type GcmInput = {
  readonly iv: Uint8Array
  readonly plaintext: Uint8Array
  readonly aad: Uint8Array
}

/** The same, written into `target`, which is {@link GCM_TAG_BYTES} longer than the plaintext. */
export function sealGcmInto(key: Secret, { iv, plaintext, aad }: GcmInput, target: Uint8Array): void {
  key.reveal((bytes) => {
    const cipher = createCipheriv('aes-256-gcm', bytes, iv)
    cipher.setAAD(aad)
    target.set(cipher.update(plaintext))
    // A counter mode buffers no plaintext: `final` only computes the tag.
    cipher.final()
    target.set(cipher.getAuthTag(), plaintext.length)
  })
}

/**
 * Decrypts the output of {@link sealGcm}; returns nothing when key, IV, ciphertext, tag or associated data do not
 * match.
 */
export function openGcm(
  key: Secret,
  iv: Uint8Array,
  sealed: Uint8Array,
  aad: Uint8Array,
): Uint8Array | undefined {
  if (sealed.length < GCM_TAG_BYTES) return undefined
  const split = sealed.length - GCM_TAG_BYTES
  return key.reveal((bytes) => {
    const decipher = createDecipheriv('aes-256-gcm', bytes, iv, { authTagLength: GCM_TAG_BYTES })
    decipher.setAuthTag(sealed.subarray(split))
    decipher.setAAD(aad)
    const plaintext = decipher.update(sealed.subarray(0, split))
    try {
      // A counter mode buffers nothing: `final` only compares the tag, and there is no second copy to clear.
      decipher.final()
      return plaintext
    } catch {
      plaintext.fill(0)
      return undefined
    }
  })
}
