import { type KeyObject, verify } from 'node:crypto'
import { parseSpki } from './es384.ts'

/** The algorithms of passkeys, by number: ES256, EdDSA (Ed25519) and RS256. Source: IANA COSE Algorithms; WebAuthn Level 3, section 5.8.5. */
export const PASSKEY_ALGORITHMS = [-7, -8, -257] as const

/** The number of an algorithm. */
export type PasskeyAlgorithm = (typeof PASSKEY_ALGORITHMS)[number]

/** RSA keys of authenticators have 2,048 bits; shorter ones are weak, longer ones slow. */
const RSA_BITS = { min: 2048, max: 4096 }

/** Whether a SubjectPublicKeyInfo is a key of an algorithm. */
export function isPasskeyKey(algorithm: PasskeyAlgorithm, spki: Uint8Array): boolean {
  return openKey(algorithm, spki) !== undefined
}

/**
 * Whether a signature of a passkey is valid: ECDSA over P-256 with SHA-256, in DER; Ed25519; or RSASSA-PKCS1-v1_5 with
 * SHA-256. Source: WebAuthn Level 3, section 6.5.5.
 */
export function verifyPasskeySignature(
  algorithm: PasskeyAlgorithm,
  spki: Uint8Array,
  data: Uint8Array,
  signature: Uint8Array,
): boolean {
  const key = openKey(algorithm, spki)
  return key !== undefined && verify(algorithm === -8 ? null : 'sha256', data, key, signature)
}

function openKey(algorithm: PasskeyAlgorithm, spki: Uint8Array): KeyObject | undefined {
  const key = parseSpki(spki)
  if (key === undefined) return undefined
  const { namedCurve, modulusLength = 0 } = key.asymmetricKeyDetails ?? {}
  switch (algorithm) {
    case -7:
      return key.asymmetricKeyType === 'ec' && namedCurve === 'prime256v1' ? key : undefined
    case -8:
      return key.asymmetricKeyType === 'ed25519' ? key : undefined
    case -257: {
      const isLong = modulusLength >= RSA_BITS.min && modulusLength <= RSA_BITS.max
      return key.asymmetricKeyType === 'rsa' && isLong ? key : undefined
    }
  }
}
