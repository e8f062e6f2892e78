import { concatBytes } from '../../base/bytes.ts'
import { sha256 } from '../../crypto/hash.ts'

/** A proxy's answer to an encryption, with the additional data of the request. */
export type XksCiphertext = {
  readonly ciphertext: Uint8Array
  readonly iv: Uint8Array
  readonly tag: Uint8Array
  /** Empty when there is none. */
  readonly metadata: Uint8Array
}

/**
 * The ciphertextDataIntegrityValue: SHA-256 over the concatenation of additional data, metadata, IV, ciphertext
 * and tag. The caller computes it again, so that it never stores a ciphertext that was damaged in transit.
 *
 * Source: XKS Proxy API Specification, "Encrypt".
 */
export function integrityValue(
  aad: Uint8Array,
  { metadata, iv, ciphertext, tag }: XksCiphertext,
): Uint8Array {
  return sha256(concatBytes(aad, metadata, iv, ciphertext, tag))
}
