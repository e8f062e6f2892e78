import type { MessageType, SigningAlgorithm } from '../api/key-specs.ts'

/** What a message must be; without `bytes` it has any length. */
export type MessageRule = { readonly bytes?: number }

/** Source: FIPS 204, section 6.2: the message representative. */
const MU_BYTES = 64

const DIGEST_BYTES: { readonly [A in SigningAlgorithm]?: number } = {
  RSASSA_PSS_SHA_256: 32,
  RSASSA_PSS_SHA_384: 48,
  RSASSA_PSS_SHA_512: 64,
  RSASSA_PKCS1_V1_5_SHA_256: 32,
  RSASSA_PKCS1_V1_5_SHA_384: 48,
  RSASSA_PKCS1_V1_5_SHA_512: 64,
  ECDSA_SHA_256: 32,
  ECDSA_SHA_384: 48,
  ECDSA_SHA_512: 64,
  SM2DSA: 32,
  ED25519_PH_SHA_512: 64,
}

/**
 * What a message of a type must be for an algorithm, or nothing when the two do not go together.
 *
 * Source: AWS KMS API Reference, "Sign", MessageType.
 */
export function messageRule(algorithm: SigningAlgorithm, type: MessageType): MessageRule | undefined {
  switch (type) {
    case 'RAW':
      return algorithm === 'ED25519_PH_SHA_512' ? undefined : {}
    case 'DIGEST': {
      const bytes = DIGEST_BYTES[algorithm]
      return bytes === undefined ? undefined : { bytes }
    }
    case 'EXTERNAL_MU':
      return algorithm === 'ML_DSA_SHAKE_256' ? { bytes: MU_BYTES } : undefined
  }
}
