import { KEY_SPECS } from '../../api/key-spec-operations.ts'

/** A key spec. */
export type KeySpec = keyof typeof KEY_SPECS
type KeyUsage =
  | 'ENCRYPT_DECRYPT'
  | 'SIGN_VERIFY'
  | 'GENERATE_VERIFY_MAC'
  | 'KEY_AGREEMENT'
  | 'ENCAPSULATE_DECAPSULATE'

/** What a person wants a key for. */
export type Kind = 'symmetric' | 'publicEncryption' | 'signing' | 'mac' | 'agreement' | 'encapsulation'

/** Where the key material of a key comes from. */
export type Origin = 'AWS_KMS' | 'EXTERNAL' | 'EXTERNAL_KEY_STORE' | 'AWS_CLOUDHSM'

type KindFacts = { readonly usage: KeyUsage; readonly specs: readonly KeySpec[] }

/** The key usage of each kind, and the key specs to choose from: the first is the default. */
export const KINDS: Readonly<Record<Kind, KindFacts>> = {
  symmetric: { usage: 'ENCRYPT_DECRYPT', specs: ['SYMMETRIC_DEFAULT'] },
  publicEncryption: {
    usage: 'ENCRYPT_DECRYPT',
    specs: specsFor('ENCRYPT_DECRYPT', 'RSA_3072').filter((spec) => spec !== 'SYMMETRIC_DEFAULT'),
  },
  signing: { usage: 'SIGN_VERIFY', specs: specsFor('SIGN_VERIFY', 'ECC_NIST_P256') },
  mac: { usage: 'GENERATE_VERIFY_MAC', specs: specsFor('GENERATE_VERIFY_MAC', 'HMAC_256') },
  agreement: { usage: 'KEY_AGREEMENT', specs: specsFor('KEY_AGREEMENT', 'ECC_NIST_P256') },
  encapsulation: {
    usage: 'ENCAPSULATE_DECAPSULATE',
    specs: specsFor('ENCAPSULATE_DECAPSULATE', 'ML_KEM_768'),
  },
}

/** The key specs that a usage allows, the preferred one first. */
function specsFor(usage: KeyUsage, preferred: KeySpec): readonly KeySpec[] {
  const allowed = Object.entries(KEY_SPECS).flatMap(([spec, { usages }]) =>
    isSpec(spec) && usage in usages ? [spec] : [],
  )
  return [preferred, ...allowed.filter((spec) => spec !== preferred)]
}

function isSpec(name: string): name is KeySpec {
  return Object.hasOwn(KEY_SPECS, name)
}

/** Why a key cannot have an origin: a name of the texts; nothing if it can. */
export function originProblem(
  origin: Origin,
  spec: KeySpec,
): 'cluster' | 'notImportable' | 'symmetric' | undefined {
  if (origin === 'AWS_CLOUDHSM') return 'cluster'
  if (origin === 'EXTERNAL' && !KEY_SPECS[spec].importable) return 'notImportable'
  return origin === 'EXTERNAL_KEY_STORE' && spec !== 'SYMMETRIC_DEFAULT' ? 'symmetric' : undefined
}
