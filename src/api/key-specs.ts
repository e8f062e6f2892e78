/** The kinds of KMS keys: specs, usages and algorithms as AWS lists them. */

/** The purpose of a key; a key has one usage for its whole life. */
export type KeyUsage =
  | 'ENCRYPT_DECRYPT'
  | 'SIGN_VERIFY'
  | 'GENERATE_VERIFY_MAC'
  | 'KEY_AGREEMENT'
  | 'ENCAPSULATE_DECAPSULATE'

/** The origin of a key's key material. */
export type KeyOrigin = 'AWS_KMS' | 'EXTERNAL' | 'AWS_CLOUDHSM' | 'EXTERNAL_KEY_STORE'

/** Every key usage. Source: the service model. */
export const KEY_USAGES = [
  'SIGN_VERIFY',
  'ENCRYPT_DECRYPT',
  'GENERATE_VERIFY_MAC',
  'KEY_AGREEMENT',
  'ENCAPSULATE_DECAPSULATE',
] as const satisfies readonly KeyUsage[]

/** Every origin. Source: the service model. */
export const KEY_ORIGINS = [
  'AWS_KMS',
  'EXTERNAL',
  'AWS_CLOUDHSM',
  'EXTERNAL_KEY_STORE',
] as const satisfies readonly KeyOrigin[]

/** The specs of the deprecated `CustomerMasterKeySpec`. Source: the service model. */
export const OLDER_KEY_SPECS = [
  'RSA_2048',
  'RSA_3072',
  'RSA_4096',
  'ECC_NIST_P256',
  'ECC_NIST_P384',
  'ECC_NIST_P521',
  'ECC_SECG_P256K1',
  'SYMMETRIC_DEFAULT',
  'HMAC_224',
  'HMAC_256',
  'HMAC_384',
  'HMAC_512',
  'SM2',
] as const

/** Every key spec. Source: the service model. */
export const KEY_SPEC_NAMES = [
  ...OLDER_KEY_SPECS,
  'ML_DSA_44',
  'ML_DSA_65',
  'ML_DSA_87',
  'ECC_NIST_EDWARDS25519',
  'ML_KEM_512',
  'ML_KEM_768',
  'ML_KEM_1024',
] as const

/** A key spec. */
export type KeySpec = (typeof KEY_SPEC_NAMES)[number]

/** Every encryption algorithm. Source: the service model. */
export const ENCRYPTION_ALGORITHMS = [
  'SYMMETRIC_DEFAULT',
  'RSAES_OAEP_SHA_1',
  'RSAES_OAEP_SHA_256',
  'SM2PKE',
] as const
/** An encryption algorithm. */
export type EncryptionAlgorithm = (typeof ENCRYPTION_ALGORITHMS)[number]

/** Every signing algorithm. Source: the service model. */
export const SIGNING_ALGORITHMS = [
  'RSASSA_PSS_SHA_256',
  'RSASSA_PSS_SHA_384',
  'RSASSA_PSS_SHA_512',
  'RSASSA_PKCS1_V1_5_SHA_256',
  'RSASSA_PKCS1_V1_5_SHA_384',
  'RSASSA_PKCS1_V1_5_SHA_512',
  'ECDSA_SHA_256',
  'ECDSA_SHA_384',
  'ECDSA_SHA_512',
  'SM2DSA',
  'ML_DSA_SHAKE_256',
  'ED25519_SHA_512',
  'ED25519_PH_SHA_512',
] as const
/** A signing algorithm. */
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number]

/** Every MAC algorithm. Source: the service model. */
export const MAC_ALGORITHMS = ['HMAC_SHA_224', 'HMAC_SHA_256', 'HMAC_SHA_384', 'HMAC_SHA_512'] as const
/** A MAC algorithm. */
export type MacAlgorithm = (typeof MAC_ALGORITHMS)[number]

/** The types of a message of Sign and Verify. Source: the service model. */
export const MESSAGE_TYPES = ['RAW', 'DIGEST', 'EXTERNAL_MU'] as const
/** A message type. */
export type MessageType = (typeof MESSAGE_TYPES)[number]

/** The pair specs of GenerateDataKeyPair. Source: the service model. */
export const DATA_KEY_PAIR_SPECS = [
  'RSA_2048',
  'RSA_3072',
  'RSA_4096',
  'ECC_NIST_P256',
  'ECC_NIST_P384',
  'ECC_NIST_P521',
  'ECC_SECG_P256K1',
  'SM2',
  'ECC_NIST_EDWARDS25519',
  'ML_KEM_512',
  'ML_KEM_768',
  'ML_KEM_1024',
] as const satisfies readonly KeySpec[]
/** The spec of a data key pair. */
export type DataKeyPairSpec = (typeof DATA_KEY_PAIR_SPECS)[number]

/** The form of a key's key material. */
type MaterialForm = 'symmetric' | 'hmac' | 'private'

/** The facts of a spec. */
export type SpecFacts = {
  readonly form: MaterialForm
  /** For each usage that the spec allows, its algorithms in the order in which AWS lists them. */
  readonly usages: {
    readonly ENCRYPT_DECRYPT?: readonly EncryptionAlgorithm[]
    readonly SIGN_VERIFY?: readonly SigningAlgorithm[]
    readonly GENERATE_VERIFY_MAC?: readonly MacAlgorithm[]
    readonly KEY_AGREEMENT?: readonly 'ECDH'[]
    readonly ENCAPSULATE_DECAPSULATE?: readonly 'ML_KEM'[]
  }
  /** Whether key material may be imported. */
  readonly importable: boolean
}

const RSA: SpecFacts = {
  form: 'private',
  usages: {
    ENCRYPT_DECRYPT: ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'],
    SIGN_VERIFY: [
      'RSASSA_PKCS1_V1_5_SHA_256',
      'RSASSA_PKCS1_V1_5_SHA_384',
      'RSASSA_PKCS1_V1_5_SHA_512',
      'RSASSA_PSS_SHA_256',
      'RSASSA_PSS_SHA_384',
      'RSASSA_PSS_SHA_512',
    ],
  },
  importable: true,
}

function nistCurve(algorithm: SigningAlgorithm): SpecFacts {
  return {
    form: 'private',
    usages: { SIGN_VERIFY: [algorithm], KEY_AGREEMENT: ['ECDH'] },
    importable: true,
  }
}

function hmac(algorithm: MacAlgorithm): SpecFacts {
  return { form: 'hmac', usages: { GENERATE_VERIFY_MAC: [algorithm] }, importable: true }
}

const ML_DSA: SpecFacts = {
  form: 'private',
  usages: { SIGN_VERIFY: ['ML_DSA_SHAKE_256'] },
  importable: false,
}

const ML_KEM: SpecFacts = {
  form: 'private',
  usages: { ENCAPSULATE_DECAPSULATE: ['ML_KEM'] },
  importable: false,
}

/**
 * The facts of every spec.
 *
 * Source: AWS KMS Developer Guide, "Key spec reference"; recorded answers for the order.
 */
export const KEY_SPECS: { readonly [S in KeySpec]: SpecFacts } = {
  SYMMETRIC_DEFAULT: {
    form: 'symmetric',
    usages: { ENCRYPT_DECRYPT: ['SYMMETRIC_DEFAULT'] },
    importable: true,
  },
  RSA_2048: RSA,
  RSA_3072: RSA,
  RSA_4096: RSA,
  ECC_NIST_P256: nistCurve('ECDSA_SHA_256'),
  ECC_NIST_P384: nistCurve('ECDSA_SHA_384'),
  ECC_NIST_P521: nistCurve('ECDSA_SHA_512'),
  ECC_SECG_P256K1: { form: 'private', usages: { SIGN_VERIFY: ['ECDSA_SHA_256'] }, importable: true },
  ECC_NIST_EDWARDS25519: {
    form: 'private',
    usages: { SIGN_VERIFY: ['ED25519_SHA_512', 'ED25519_PH_SHA_512'] },
    importable: true,
  },
  ML_DSA_44: ML_DSA,
  ML_DSA_65: ML_DSA,
  ML_DSA_87: ML_DSA,
  ML_KEM_512: ML_KEM,
  ML_KEM_768: ML_KEM,
  ML_KEM_1024: ML_KEM,
  HMAC_224: hmac('HMAC_SHA_224'),
  HMAC_256: hmac('HMAC_SHA_256'),
  HMAC_384: hmac('HMAC_SHA_384'),
  HMAC_512: hmac('HMAC_SHA_512'),
  SM2: {
    form: 'private',
    usages: { ENCRYPT_DECRYPT: ['SM2PKE'], SIGN_VERIFY: ['SM2DSA'], KEY_AGREEMENT: ['ECDH'] },
    importable: true,
  },
}
