import { constants, type KeyObject, publicEncrypt } from 'node:crypto'
import { compareBytes } from '../base/bytes.ts'
import type { Secret } from '../base/secret.ts'
import { parseSpki } from './es384.ts'
import { sha256 } from './hash.ts'

/** An RSA public key for encryption. */
export type OaepKey = {
  readonly handle: KeyObject
  /**
   * The key identifier: SHA-256 of the SubjectPublicKeyInfo, 32 bytes.
   * Source: RFC 7093, section 2, method (4); recorded answers of AWS KMS have this length.
   */
  readonly identifier: Uint8Array
}

/** The accepted sizes of a modulus. Source: NIST SP 800-131A; the largest that AWS KMS has. */
const MODULUS_MIN_BITS = 2048
const MODULUS_MAX_BITS = 4096
/** The exponent that all common software uses; larger ones could make an encryption slow. */
const EXPONENT = 65_537n

/**
 * The key of a SubjectPublicKeyInfo in DER; nothing unless it is RSA of 2,048 to 4,096 bits with the exponent
 * 65,537, in the canonical encoding and without trailing bytes.
 */
export function parseOaepKey(spki: Uint8Array): OaepKey | undefined {
  const handle = parseSpki(spki)
  if (handle?.asymmetricKeyType !== 'rsa') return undefined
  const { modulusLength = 0, publicExponent } = handle.asymmetricKeyDetails ?? {}
  if (modulusLength < MODULUS_MIN_BITS || modulusLength > MODULUS_MAX_BITS) return undefined
  if (publicExponent !== EXPONENT) return undefined
  if (compareBytes(handle.export({ format: 'der', type: 'spki' }), spki) !== 0) return undefined
  return { handle, identifier: sha256(spki) }
}

/** RSAES-OAEP with SHA-256 and MGF1 of SHA-256. Source: RFC 8017, section 7.1. */
export function encryptOaepSha256(key: OaepKey, secret: Secret): Uint8Array {
  return secret.reveal((bytes) =>
    publicEncrypt({ key: key.handle, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, bytes),
  )
}
