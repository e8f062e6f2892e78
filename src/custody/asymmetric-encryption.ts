import type { EncryptionAlgorithm, KeySpec } from '../api/key-specs.ts'
import type { PrivateKey, PublicKey } from '../crypto/asymmetric-key.ts'
import { decryptRsa, encryptRsa, type RsaSpec, rsaPlaintextMax } from '../crypto/rsa-encryption.ts'
import { decryptSm2, encryptSm2 } from '../crypto/sm2.ts'

/** The ciphertext of a plaintext that is within the algorithm's limit. */
export async function encryptAsymmetric(
  key: PublicKey,
  algorithm: EncryptionAlgorithm,
  plaintext: Uint8Array,
): Promise<Uint8Array> {
  switch (algorithm) {
    case 'RSAES_OAEP_SHA_1':
    case 'RSAES_OAEP_SHA_256':
      return encryptRsa(key, algorithm, plaintext)
    case 'SM2PKE':
      return encryptSm2(key, plaintext)
    case 'SYMMETRIC_DEFAULT':
      throw new Error('not an asymmetric algorithm')
  }
}

/** The plaintext, or nothing when key, algorithm and ciphertext do not belong together. */
export async function decryptAsymmetric(
  key: PrivateKey,
  algorithm: EncryptionAlgorithm,
  ciphertext: Uint8Array,
): Promise<Uint8Array | undefined> {
  switch (algorithm) {
    case 'RSAES_OAEP_SHA_1':
    case 'RSAES_OAEP_SHA_256':
      return decryptRsa(key, algorithm, ciphertext)
    case 'SM2PKE':
      return decryptSm2(key, ciphertext)
    case 'SYMMETRIC_DEFAULT':
      throw new Error('not an asymmetric algorithm')
  }
}

/** The largest plaintext of SM2PKE. Source: AWS KMS API Reference, "Encrypt". */
const SM2_PLAINTEXT_MAX_BYTES = 1024

/** The largest plaintext that an algorithm encrypts under a key of a spec, in bytes; nothing for others. */
export function asymmetricPlaintextMax(spec: KeySpec, algorithm: EncryptionAlgorithm): number | undefined {
  switch (algorithm) {
    case 'RSAES_OAEP_SHA_1':
    case 'RSAES_OAEP_SHA_256':
      return isRsaSpec(spec) ? rsaPlaintextMax(spec, algorithm) : undefined
    case 'SM2PKE':
      return SM2_PLAINTEXT_MAX_BYTES
    case 'SYMMETRIC_DEFAULT':
      return undefined
  }
}

function isRsaSpec(spec: KeySpec): spec is RsaSpec {
  return spec.startsWith('RSA_')
}
