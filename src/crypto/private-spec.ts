import { KEY_SPEC_NAMES, type KeySpec } from '../api/key-specs.ts'

/** The specs whose key material is a private key. */
export type PrivateSpec = Exclude<
  KeySpec,
  'SYMMETRIC_DEFAULT' | 'HMAC_224' | 'HMAC_256' | 'HMAC_384' | 'HMAC_512'
>

/** OpenSSL's description of a spec. */
export type KeyKind =
  | { readonly type: 'rsa'; readonly modulusLength: RsaBits }
  | { readonly type: 'ec'; readonly namedCurve: string; readonly fieldBytes: number }
  | { readonly type: SingleType }

type RsaBits = 2048 | 3072 | 4096

/** Key types without parameters. */
type SingleType =
  | 'ed25519'
  | 'ml-dsa-44'
  | 'ml-dsa-65'
  | 'ml-dsa-87'
  | 'ml-kem-512'
  | 'ml-kem-768'
  | 'ml-kem-1024'

/** OpenSSL's parameters of each spec. */
export const KEY_KINDS = {
  RSA_2048: { type: 'rsa', modulusLength: 2048 },
  RSA_3072: { type: 'rsa', modulusLength: 3072 },
  RSA_4096: { type: 'rsa', modulusLength: 4096 },
  ECC_NIST_P256: { type: 'ec', namedCurve: 'prime256v1', fieldBytes: 32 },
  ECC_NIST_P384: { type: 'ec', namedCurve: 'secp384r1', fieldBytes: 48 },
  ECC_NIST_P521: { type: 'ec', namedCurve: 'secp521r1', fieldBytes: 66 },
  ECC_SECG_P256K1: { type: 'ec', namedCurve: 'secp256k1', fieldBytes: 32 },
  SM2: { type: 'ec', namedCurve: 'SM2', fieldBytes: 32 },
  ECC_NIST_EDWARDS25519: { type: 'ed25519' },
  ML_DSA_44: { type: 'ml-dsa-44' },
  ML_DSA_65: { type: 'ml-dsa-65' },
  ML_DSA_87: { type: 'ml-dsa-87' },
  ML_KEM_512: { type: 'ml-kem-512' },
  ML_KEM_768: { type: 'ml-kem-768' },
  ML_KEM_1024: { type: 'ml-kem-1024' },
} as const satisfies { readonly [S in PrivateSpec]: KeyKind }

/** Every spec whose key material is a private key. */
export const PRIVATE_SPECS: readonly PrivateSpec[] = KEY_SPEC_NAMES.filter(isPrivateSpec)

/** Whether the key material of the spec is a private key. */
export function isPrivateSpec(spec: KeySpec): spec is PrivateSpec {
  return spec in KEY_KINDS
}
