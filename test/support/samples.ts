/** For tests: a legal input of every operation, and which keys it is made for. */

import { createPublicKey, generateKeyPairSync, publicEncrypt, randomBytes } from 'node:crypto'
import type { Output } from '../../src/api/json.ts'

/** What a sample is made from. */
export type SampleParts = {
  /** A key in the state that the sample is wanted for. */
  readonly keyId: string
  /** What {@link Sample.make} has made with that key. */
  readonly made: Output
  /** A name that is free, and one that points at the key. */
  readonly freeAlias: string
  readonly alias: string
}

export type Sample = {
  /** The input of CreateKey for the key; a symmetric encryption key when it is left out. */
  readonly key?: Output
  /** Makes what the input needs, while the key can still be used. */
  readonly make?: (call: SampleCall, keyId: string) => Promise<Output>
  readonly input: (parts: SampleParts) => Output
  /** The members that name a key. */
  readonly keys: readonly string[]
  /** What a disabled key and one that is pending deletion answer; `ok` when the call works. */
  readonly disabled: 'ok' | 'DisabledException' | 'KMSInvalidStateException'
  readonly pendingDeletion: 'ok' | 'KMSInvalidStateException'
  /**
   * What the sample answers, where a success needs something beside the server: custom key stores
   * have tests of their own.
   */
  readonly refused?: string
}

/** A call that must succeed. */
type SampleCall = (operation: string, input: Output) => Promise<{ readonly [name: string]: unknown }>

const PLAINTEXT = Buffer.from('a plaintext').toString('base64')

const onKey = {
  keys: ['KeyId'],
  disabled: 'ok',
  pendingDeletion: 'KMSInvalidStateException',
} as const
const reading = { ...onKey, pendingDeletion: 'ok' } as const
const using = { ...onKey, disabled: 'DisabledException' } as const
const SIGNING = { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }
const MAC = { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }
const AGREEMENT = { KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' }
const KEM = { KeySpec: 'ML_KEM_768', KeyUsage: 'ENCAPSULATE_DECAPSULATE' }
const EXTERNAL = { Origin: 'EXTERNAL' }
const SIGN = { Message: PLAINTEXT, SigningAlgorithm: 'ECDSA_SHA_256' }
const HMAC = { Message: PLAINTEXT, MacAlgorithm: 'HMAC_SHA_256' }

const GRANT = { GranteePrincipal: 'arn:aws:iam::000000000000:root', Operations: ['DescribeKey'] }

/** Makes a grant. */
const granted = {
  make: async (call: SampleCall, keyId: string): Promise<Output> => {
    const { GrantId } = await call('CreateGrant', { KeyId: keyId, ...GRANT })
    return { GrantId: String(GrantId) }
  },
}

/** Makes a ciphertext. */
const encrypted = {
  make: async (call: SampleCall, keyId: string): Promise<Output> => {
    const { CiphertextBlob } = await call('Encrypt', { KeyId: keyId, Plaintext: PLAINTEXT })
    return { CiphertextBlob: String(CiphertextBlob) }
  },
}

/** The public key of a peer on P-256. */
function peerKey(): string {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
}

const onStore = {
  keys: [],
  disabled: 'ok',
  pendingDeletion: 'ok',
  refused: 'CustomKeyStoreNotFoundException',
  input: () => ({ CustomKeyStoreId: 'cks-0123456789abcdef0' }),
} as const
const onAccount = { keys: [], disabled: 'ok', pendingDeletion: 'ok' } as const

/** By operation. A test fails when an operation has no sample. */
export const SAMPLES: Readonly<Record<string, Sample>> = {
  CancelKeyDeletion: {
    ...onKey,
    disabled: 'KMSInvalidStateException',
    pendingDeletion: 'ok',
    input: ({ keyId }) => ({ KeyId: keyId }),
  },
  CreateAlias: {
    ...onKey,
    keys: ['TargetKeyId'],
    input: ({ keyId, freeAlias }) => ({ AliasName: freeAlias, TargetKeyId: keyId }),
  },
  ConnectCustomKeyStore: onStore,
  CreateCustomKeyStore: {
    ...onStore,
    refused: 'CloudHsmClusterNotFoundException',
    input: () => ({
      CustomKeyStoreName: 'a store',
      CloudHsmClusterId: 'cluster-abcdefghijk',
      KeyStorePassword: 'a password',
      TrustAnchorCertificate: 'a certificate',
    }),
  },
  DeleteCustomKeyStore: onStore,
  DescribeCustomKeyStores: { ...onAccount, input: () => ({ Limit: 10 }) },
  DisconnectCustomKeyStore: onStore,
  UpdateCustomKeyStore: {
    ...onStore,
    input: () => ({ CustomKeyStoreId: 'cks-0123456789abcdef0', NewCustomKeyStoreName: 'a name' }),
  },
  CreateGrant: { ...using, input: ({ keyId }) => ({ KeyId: keyId, ...GRANT }) },
  CreateKey: { ...onAccount, input: () => ({ Description: 'a sample' }) },
  Decapsulate: {
    ...using,
    key: KEM,
    make: async (call, keyId) => {
      const made = await call('Encapsulate', { KeyId: keyId, EncapsulationAlgorithm: 'ML_KEM' })
      return { SharedSecretCiphertextBlob: String(made['SharedSecretCiphertextBlob']) }
    },
    input: ({ keyId, made }) => ({ KeyId: keyId, EncapsulationAlgorithm: 'ML_KEM', ...made }),
  },
  Decrypt: { ...using, ...encrypted, input: ({ keyId, made }) => ({ KeyId: keyId, ...made }) },
  DeleteAlias: { ...reading, keys: [], input: ({ alias }) => ({ AliasName: alias }) },
  DeleteImportedKeyMaterial: {
    ...reading,
    key: EXTERNAL,
    make: (call, keyId) => imported(call, keyId),
    input: ({ keyId }) => ({ KeyId: keyId }),
  },
  DeriveSharedSecret: {
    ...using,
    key: AGREEMENT,
    input: ({ keyId }) => ({ KeyId: keyId, KeyAgreementAlgorithm: 'ECDH', PublicKey: peerKey() }),
  },
  DescribeKey: { ...reading, input: ({ keyId }) => ({ KeyId: keyId }) },
  DisableKey: { ...onKey, input: ({ keyId }) => ({ KeyId: keyId }) },
  DisableKeyRotation: { ...using, input: ({ keyId }) => ({ KeyId: keyId }) },
  EnableKeyRotation: { ...using, input: ({ keyId }) => ({ KeyId: keyId, RotationPeriodInDays: 90 }) },
  Encapsulate: {
    ...using,
    key: KEM,
    input: ({ keyId }) => ({ KeyId: keyId, EncapsulationAlgorithm: 'ML_KEM' }),
  },
  EnableKey: { ...onKey, input: ({ keyId }) => ({ KeyId: keyId }) },
  Encrypt: { ...using, input: ({ keyId }) => ({ KeyId: keyId, Plaintext: PLAINTEXT }) },
  GenerateDataKey: { ...using, input: ({ keyId }) => ({ KeyId: keyId, KeySpec: 'AES_256' }) },
  GenerateDataKeyPair: { ...using, input: ({ keyId }) => ({ KeyId: keyId, KeyPairSpec: 'ECC_NIST_P256' }) },
  GenerateDataKeyPairWithoutPlaintext: {
    ...using,
    input: ({ keyId }) => ({ KeyId: keyId, KeyPairSpec: 'ECC_NIST_EDWARDS25519' }),
  },
  GenerateMac: { ...using, key: MAC, input: ({ keyId }) => ({ KeyId: keyId, ...HMAC }) },
  GenerateDataKeyWithoutPlaintext: { ...using, input: ({ keyId }) => ({ KeyId: keyId, NumberOfBytes: 64 }) },
  GenerateRandom: { ...onAccount, input: () => ({ NumberOfBytes: 32 }) },
  GetKeyLastUsage: { ...reading, input: ({ keyId }) => ({ KeyId: keyId }) },
  GetKeyPolicy: { ...reading, input: ({ keyId }) => ({ KeyId: keyId }) },
  GetKeyRotationStatus: { ...reading, input: ({ keyId }) => ({ KeyId: keyId }) },
  GetParametersForImport: {
    ...onKey,
    key: EXTERNAL,
    make: (call, keyId) => imported(call, keyId),
    input: ({ keyId }) => ({ KeyId: keyId, ...IMPORT }),
  },
  GetPublicKey: { ...onKey, key: SIGNING, input: ({ keyId }) => ({ KeyId: keyId }) },
  ImportKeyMaterial: {
    ...onKey,
    key: EXTERNAL,
    make: importedAgain,
    input: ({ keyId, made }) => ({ KeyId: keyId, ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE', ...made }),
  },
  ListKeyRotations: { ...reading, input: ({ keyId }) => ({ KeyId: keyId }) },
  ListAliases: { ...reading, input: ({ keyId }) => ({ KeyId: keyId }) },
  ListGrants: { ...reading, input: ({ keyId }) => ({ KeyId: keyId }) },
  ListKeyPolicies: { ...reading, input: ({ keyId }) => ({ KeyId: keyId }) },
  ListKeys: { ...onAccount, input: () => ({ Limit: 10 }) },
  ListResourceTags: { ...reading, input: ({ keyId }) => ({ KeyId: keyId }) },
  ListRetirableGrants: { ...onAccount, input: () => ({ RetiringPrincipal: GRANT.GranteePrincipal }) },
  PutKeyPolicy: {
    ...reading,
    input: ({ keyId }) => ({
      KeyId: keyId,
      Policy: allowAll('000000000000'),
      BypassPolicyLockoutSafetyCheck: true,
    }),
  },
  ReEncrypt: {
    ...using,
    keys: ['SourceKeyId', 'DestinationKeyId'],
    ...encrypted,
    input: ({ keyId, made }) => ({ SourceKeyId: keyId, DestinationKeyId: keyId, ...made }),
  },
  ReplicateKey: {
    ...using,
    key: { MultiRegion: true },
    input: ({ keyId }) => ({ KeyId: keyId, ReplicaRegion: 'eu-central-1' }),
  },
  RetireGrant: { ...reading, ...granted, input: ({ keyId, made }) => ({ KeyId: keyId, ...made }) },
  RevokeGrant: { ...reading, ...granted, input: ({ keyId, made }) => ({ KeyId: keyId, ...made }) },
  RotateKeyOnDemand: { ...using, input: ({ keyId }) => ({ KeyId: keyId }) },
  ScheduleKeyDeletion: { ...onKey, input: ({ keyId }) => ({ KeyId: keyId, PendingWindowInDays: 7 }) },
  Sign: { ...using, key: SIGNING, input: ({ keyId }) => ({ KeyId: keyId, ...SIGN }) },
  TagResource: {
    ...onKey,
    input: ({ keyId }) => ({ KeyId: keyId, Tags: [{ TagKey: 'team', TagValue: 'a' }] }),
  },
  UntagResource: { ...onKey, input: ({ keyId }) => ({ KeyId: keyId, TagKeys: ['team'] }) },
  UpdateAlias: {
    ...onKey,
    keys: ['TargetKeyId'],
    input: ({ keyId, alias }) => ({ AliasName: alias, TargetKeyId: keyId }),
  },
  UpdatePrimaryRegion: {
    ...using,
    key: { MultiRegion: true },
    make: async (call, keyId) => {
      await call('ReplicateKey', { KeyId: keyId, ReplicaRegion: 'eu-central-1' })
      return {}
    },
    input: ({ keyId }) => ({ KeyId: keyId, PrimaryRegion: 'eu-central-1' }),
  },
  Verify: {
    ...using,
    key: SIGNING,
    make: async (call, keyId) => {
      const { Signature } = await call('Sign', { KeyId: keyId, ...SIGN })
      return { Signature: String(Signature) }
    },
    input: ({ keyId, made }) => ({ KeyId: keyId, ...SIGN, ...made }),
  },
  VerifyMac: {
    ...using,
    key: MAC,
    make: async (call, keyId) => {
      const { Mac } = await call('GenerateMac', { KeyId: keyId, ...HMAC })
      return { Mac: String(Mac) }
    },
    input: ({ keyId, made }) => ({ KeyId: keyId, ...HMAC, ...made }),
  },
  UpdateKeyDescription: { ...onKey, input: ({ keyId }) => ({ KeyId: keyId, Description: 'new' }) },
}

const IMPORT = { WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' }

/** A token, and a material that is wrapped for it. */
async function importable(call: SampleCall, keyId: string, bytes: Uint8Array): Promise<Output> {
  const { PublicKey, ImportToken } = await call('GetParametersForImport', { KeyId: keyId, ...IMPORT })
  const key = createPublicKey({ key: Buffer.from(String(PublicKey), 'base64'), type: 'spki', format: 'der' })
  const wrapped = publicEncrypt({ key, oaepHash: 'sha256' }, bytes)
  return { ImportToken: String(ImportToken), EncryptedKeyMaterial: wrapped.toString('base64') }
}

/** Lets the key have its material, and wraps the same once more. */
async function importedAgain(call: SampleCall, keyId: string): Promise<Output> {
  const bytes = randomBytes(32)
  await imported(call, keyId, bytes)
  return importable(call, keyId, bytes)
}

/** Lets the key have its material. */
async function imported(
  call: SampleCall,
  keyId: string,
  bytes: Uint8Array = randomBytes(32),
): Promise<Output> {
  const made = await importable(call, keyId, bytes)
  await call('ImportKeyMaterial', { KeyId: keyId, ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE', ...made })
  return {}
}

/** A key policy that lets the account do everything. */
export function allowAll(account: string): string {
  return policy(account, [])
}

/** A key policy that lets the account do everything and then denies some of it. */
export function policy(account: string, denied: readonly string[]): string {
  const root = { AWS: `arn:aws:iam::${account}:root` }
  const statements: object[] = [
    { Sid: 'all', Effect: 'Allow', Principal: root, Action: 'kms:*', Resource: '*' },
  ]
  if (denied.length > 0) {
    statements.push({ Sid: 'but', Effect: 'Deny', Principal: root, Action: denied, Resource: '*' })
  }
  return JSON.stringify({ Version: '2012-10-17', Statement: statements })
}
