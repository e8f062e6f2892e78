import type { InputOf } from '../../api/client.ts'
import type { Pair } from '../../shared/pair-fields.tsx'

type KeySpec = NonNullable<InputOf<'CreateKey'>['KeySpec']>
type KeyUsage = NonNullable<InputOf<'CreateKey'>['KeyUsage']>

/** What a person wants a key for. */
export type Kind = 'symmetric' | 'rsaEncryption' | 'signing' | 'mac' | 'agreement' | 'encapsulation'

/** The key usage of each kind, and the key specs to choose from: the first is the default. */
export const KINDS: Readonly<Record<Kind, { readonly usage: KeyUsage; readonly specs: readonly KeySpec[] }>> =
  {
    symmetric: { usage: 'ENCRYPT_DECRYPT', specs: ['SYMMETRIC_DEFAULT'] },
    rsaEncryption: { usage: 'ENCRYPT_DECRYPT', specs: ['RSA_3072', 'RSA_2048', 'RSA_4096'] },
    signing: {
      usage: 'SIGN_VERIFY',
      specs: [
        ...(['ECC_NIST_P256', 'ECC_NIST_P384', 'ECC_NIST_P521', 'ECC_NIST_EDWARDS25519'] as const),
        ...(['ECC_SECG_P256K1', 'RSA_2048', 'RSA_3072', 'RSA_4096'] as const),
        ...(['ML_DSA_44', 'ML_DSA_65', 'ML_DSA_87'] as const),
      ],
    },
    mac: { usage: 'GENERATE_VERIFY_MAC', specs: ['HMAC_256', 'HMAC_224', 'HMAC_384', 'HMAC_512'] },
    agreement: { usage: 'KEY_AGREEMENT', specs: ['ECC_NIST_P256', 'ECC_NIST_P384', 'ECC_NIST_P521'] },
    encapsulation: { usage: 'ENCAPSULATE_DECAPSULATE', specs: ['ML_KEM_768', 'ML_KEM_512', 'ML_KEM_1024'] },
  }

/** A key that is being put together. */
export type Draft = {
  readonly kind: Kind
  readonly spec: KeySpec
  readonly origin: 'AWS_KMS' | 'EXTERNAL'
  readonly multiRegion: boolean
  readonly alias: string
  readonly description: string
  readonly tags: readonly Pair[]
  /** ARNs. */
  readonly administrators: readonly string[]
  readonly administratorsDelete: boolean
  readonly users: readonly string[]
  /** Account IDs. */
  readonly accounts: readonly string[]
  /** The policy as it was edited; nothing while it follows from the rest. */
  readonly policy: string | undefined
}

/** What the wizard begins with. */
export const NEW_DRAFT: Draft = {
  kind: 'symmetric',
  spec: 'SYMMETRIC_DEFAULT',
  origin: 'AWS_KMS',
  multiRegion: false,
  alias: '',
  description: '',
  tags: [],
  administrators: [],
  administratorsDelete: true,
  users: [],
  accounts: [],
  policy: undefined,
}

/** Whether an alias has the form that the API asks for; none is fine. */
export function isAlias(text: string): boolean {
  return /^[\w/-]{0,250}$/.test(text)
}

/** Whether a text is an account ID. */
export function isAccount(text: string): boolean {
  return /^[0-9]{12}$/.test(text)
}

/** The input of CreateKey. */
export function createKeyInput(draft: Draft, policy: string): InputOf<'CreateKey'> {
  const { spec, kind, origin, multiRegion, description, tags } = draft
  return {
    KeySpec: spec,
    KeyUsage: KINDS[kind].usage,
    ...(origin !== 'AWS_KMS' && { Origin: origin }),
    ...(multiRegion && { MultiRegion: true }),
    ...(description !== '' && { Description: description }),
    ...(tags.length > 0 && { Tags: tags.map(({ key, value }) => ({ TagKey: key, TagValue: value })) }),
    Policy: policy,
  }
}
