import { KEY_SPECS, type KeySpec } from '../api/key-specs.ts'
import type { WrappingAlgorithm, WrappingKeySpec } from '../crypto/import-key.ts'

/** Every wrapping algorithm. Source: the service model. */
export const WRAPPING_ALGORITHM_NAMES = [
  'RSAES_PKCS1_V1_5',
  'RSAES_OAEP_SHA_1',
  'RSAES_OAEP_SHA_256',
  'RSA_AES_KEY_WRAP_SHA_1',
  'RSA_AES_KEY_WRAP_SHA_256',
  'SM2PKE',
] as const

/** Every spec of a wrapping key. Source: the service model. */
export const WRAPPING_KEY_SPEC_NAMES = ['RSA_2048', 'RSA_3072', 'RSA_4096', 'SM2'] as const

/** How key material is wrapped. */
export type ImportManner = { readonly algorithm: WrappingAlgorithm; readonly wrappingSpec: WrappingKeySpec }

type Asked = {
  readonly algorithm: (typeof WRAPPING_ALGORITHM_NAMES)[number]
  readonly wrappingSpec: WrappingKeySpec
}

/**
 * The manner in which material of a spec can be imported, or nothing when it cannot: RSA private keys
 * are too long for OAEP alone, that of P-521 for OAEP with 2,048 bits, and PKCS #1 v1.5 is not offered
 * any more.
 *
 * Source: AWS KMS API Reference, "GetParametersForImport".
 */
export function importManner(spec: KeySpec, { algorithm, wrappingSpec }: Asked): ImportManner | undefined {
  if (algorithm === 'RSAES_PKCS1_V1_5') return undefined
  return fits(spec, { algorithm, wrappingSpec }) ? { algorithm, wrappingSpec } : undefined
}

function fits(spec: KeySpec, { algorithm, wrappingSpec }: ImportManner): boolean {
  if (!KEY_SPECS[spec].importable) return false
  if ((algorithm === 'SM2PKE') !== (wrappingSpec === 'SM2')) return false
  switch (algorithm) {
    case 'SM2PKE':
      return spec === 'SM2'
    case 'RSAES_OAEP_SHA_1':
    case 'RSAES_OAEP_SHA_256':
      if (spec === 'RSA_2048' || spec === 'RSA_3072' || spec === 'RSA_4096') return false
      return spec !== 'ECC_NIST_P521' || wrappingSpec !== 'RSA_2048'
    case 'RSA_AES_KEY_WRAP_SHA_1':
    case 'RSA_AES_KEY_WRAP_SHA_256':
      return KEY_SPECS[spec].form === 'private' && spec !== 'SM2'
  }
}
