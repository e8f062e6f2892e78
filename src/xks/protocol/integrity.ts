import { concatBytes } from '../../base/bytes.ts'
import { sha256 } from '../../crypto/hash.ts'

/** What a proxy answers an encryption with, and the additional data that it was given. */
export type XksCiphertext = {
  readonly ciphertext: Uint8Array
  readonly iv: Uint8Array
  readonly tag: Uint8Array
  /** Empty when there is none. */
  readonly metadata: Uint8Array
}

/**
 * The ciphertextDataIntegrityValue: SHA-256 over additional data, metadata, IV, ciphertext and tag
 * as they are, one after the other. Whoever asked for an encryption computes it again, so that a
 * ciphertext that was damaged on its way is never kept.
 *
 * Source: XKS Proxy API Specification, "Encrypt".
 */
export function integrityValue(
  aad: Uint8Array,
  { metadata, iv, ciphertext, tag }: XksCiphertext,
): Uint8Array {
  return sha256(concatBytes(aad, metadata, iv, ciphertext, tag))
}
