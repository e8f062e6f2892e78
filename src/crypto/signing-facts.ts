import type { MessageType, SigningAlgorithm } from '../api/key-specs.ts'

/** A hash function under the name that OpenSSL gives it, and the size of its digest in bytes. */
export type HashFacts = { readonly name: 'sha256' | 'sha384' | 'sha512' | 'sm3'; readonly bytes: number }

/** How an algorithm signs. */
export type SchemeFacts =
  | { readonly scheme: 'pkcs1' | 'pss' | 'ecdsa' | 'sm2'; readonly hash: HashFacts }
  | { readonly scheme: 'ed25519' | 'ed25519ph' | 'ml-dsa' }

const SHA256: HashFacts = { name: 'sha256', bytes: 32 }
const SHA384: HashFacts = { name: 'sha384', bytes: 48 }
const SHA512: HashFacts = { name: 'sha512', bytes: 64 }

/** The facts of every algorithm. Source: AWS KMS Developer Guide, "Key spec reference". */
export const SCHEMES: { readonly [A in SigningAlgorithm]: SchemeFacts } = {
  RSASSA_PSS_SHA_256: { scheme: 'pss', hash: SHA256 },
  RSASSA_PSS_SHA_384: { scheme: 'pss', hash: SHA384 },
  RSASSA_PSS_SHA_512: { scheme: 'pss', hash: SHA512 },
  RSASSA_PKCS1_V1_5_SHA_256: { scheme: 'pkcs1', hash: SHA256 },
  RSASSA_PKCS1_V1_5_SHA_384: { scheme: 'pkcs1', hash: SHA384 },
  RSASSA_PKCS1_V1_5_SHA_512: { scheme: 'pkcs1', hash: SHA512 },
  ECDSA_SHA_256: { scheme: 'ecdsa', hash: SHA256 },
  ECDSA_SHA_384: { scheme: 'ecdsa', hash: SHA384 },
  ECDSA_SHA_512: { scheme: 'ecdsa', hash: SHA512 },
  SM2DSA: { scheme: 'sm2', hash: { name: 'sm3', bytes: 32 } },
  ML_DSA_SHAKE_256: { scheme: 'ml-dsa' },
  ED25519_SHA_512: { scheme: 'ed25519' },
  ED25519_PH_SHA_512: { scheme: 'ed25519ph' },
}

/** The size of μ. Source: FIPS 204, section 6.2. */
export const MU_BYTES = 64
/** The digest that Ed25519ph takes: of SHA-512. Source: AWS KMS Developer Guide, "Key spec reference". */
const ED25519PH_DIGEST_BYTES = 64

/** The message types that an algorithm takes. Source: AWS KMS API Reference, "Sign". */
export function messageTypesOf(algorithm: SigningAlgorithm): readonly MessageType[] {
  switch (SCHEMES[algorithm].scheme) {
    case 'ed25519':
      return ['RAW']
    case 'ed25519ph':
      return ['DIGEST']
    case 'ml-dsa':
      return ['RAW', 'EXTERNAL_MU']
    case 'pkcs1':
    case 'pss':
    case 'ecdsa':
    case 'sm2':
      return ['RAW', 'DIGEST']
  }
}

/** The size in bytes that a message of type DIGEST must have, or nothing when the algorithm takes none. */
export function digestBytes(algorithm: SigningAlgorithm): number | undefined {
  const facts = SCHEMES[algorithm]
  if ('hash' in facts) return facts.hash.bytes
  return facts.scheme === 'ed25519ph' ? ED25519PH_DIGEST_BYTES : undefined
}

/** The size in bytes that a message of the type must have, or nothing when any will do. */
export function messageBytes(algorithm: SigningAlgorithm, messageType: MessageType): number | undefined {
  switch (messageType) {
    case 'RAW':
      return undefined
    case 'DIGEST':
      return digestBytes(algorithm)
    case 'EXTERNAL_MU':
      return MU_BYTES
  }
}
