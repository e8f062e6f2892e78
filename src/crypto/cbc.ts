import { createCipheriv } from 'node:crypto'
import { concatBytes } from '../base/bytes.ts'
import type { Secret } from '../base/secret.ts'

/** The size of an IV: one block. Source: NIST SP 800-38A. */
export const CBC_IV_BYTES = 16

/**
 * AES-256-CBC with PKCS #7 padding. It authenticates nothing, so it is only for formats that standards require.
 *
 * @param iv 16 unpredictable bytes. Source: NIST SP 800-38A, appendix C.
 */
export function encryptCbc(key: Secret, iv: Uint8Array, plaintext: Uint8Array): Uint8Array {
  return key.reveal((bytes) => {
    const cipher = createCipheriv('aes-256-cbc', bytes, iv)
    return concatBytes(cipher.update(plaintext), cipher.final())
  })
}
