import { constants, publicEncrypt } from 'node:crypto'
import type { EncryptionAlgorithm } from '../api/key-specs.ts'
import type { PrivateKey, PublicKey } from './asymmetric-key.ts'
import { KEY_KINDS, type PrivateSpec } from './private-spec.ts'
import { slowBytesIfAny } from './slow.ts'

/** The encryption algorithms of RSA keys. */
export type RsaEncryptionAlgorithm = Extract<EncryptionAlgorithm, `RSAES_${string}`>

/** The specs of RSA keys. */
export type RsaSpec = Extract<PrivateSpec, `RSA_${string}`>

const HASHES = {
  RSAES_OAEP_SHA_1: { node: 'sha1', bytes: 20 },
  RSAES_OAEP_SHA_256: { node: 'sha256', bytes: 32 },
} as const satisfies { readonly [A in RsaEncryptionAlgorithm]: object }

/** The largest plaintext in bytes. Source: RFC 8017, section 7.1.1. */
export function rsaPlaintextMax(spec: RsaSpec, algorithm: RsaEncryptionAlgorithm): number {
  return KEY_KINDS[spec].modulusLength / 8 - 2 * HASHES[algorithm].bytes - 2
}

/**
 * Encrypts to a ciphertext as long as the modulus; MGF1 uses the same hash, and the label is empty.
 *
 * It takes 30 to 100 µs, so it needs no thread. Source: RFC 8017, section 7.1.1.
 *
 * @param plaintext at most {@link rsaPlaintextMax} bytes.
 */
export async function encryptRsa(
  key: PublicKey,
  algorithm: RsaEncryptionAlgorithm,
  plaintext: Uint8Array,
): Promise<Uint8Array> {
  const { node } = HASHES[algorithm]
  return publicEncrypt(
    { key: key.handle, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: node },
    plaintext,
  )
}

/**
 * Decrypts the output of {@link encryptRsa}; returns nothing for every ciphertext of another key or algorithm, so
 * that failures cannot be told apart.
 *
 * It runs on a thread, since it would block the event loop.
 *
 * @throws OffloadError when the queue is full.
 */
export async function decryptRsa(
  key: PrivateKey,
  algorithm: RsaEncryptionAlgorithm,
  ciphertext: Uint8Array,
): Promise<Uint8Array | undefined> {
  // OpenSSL accepts a ciphertext without its leading zeroes; the standard does not.
  if (ciphertext.length * 8 !== key.handle.asymmetricKeyDetails?.modulusLength) return undefined
  const { node: oaepHash } = HASHES[algorithm]
  return await slowBytesIfAny({ name: 'rsa-decrypt', key: key.handle, oaepHash, ciphertext })
}
