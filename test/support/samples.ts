/** For tests: a legal input of every operation, and the keys for which it is legal. */

import { createPublicKey, generateKeyPairSync, publicEncrypt, randomBytes } from 'node:crypto'
import type { Output } from '../../src/api/json.ts'

/** The resources for a sample's input. */
export type SampleParts = {
  /** A key in the state that the test needs. */
  readonly keyId: string
  /** The result of {@link Sample.make} for that key. */
  readonly made: Output
  /** An unused alias name, and one that targets the key. */
  readonly freeAlias: string
  readonly alias: string
}

export type Sample = {
  /** The input of CreateKey for the key. By default, it is a symmetric encryption key. */
  readonly key?: Output
  /** Creates resources for the input while the key is usable. */
  readonly make?: (call: SampleCall, keyId: string) => Promise<Output>
  readonly input: (parts: SampleParts) => Output
  /** The members that name a key. */
  readonly keys: readonly string[]
  /** The results for a disabled key and for a key pending deletion; `ok` for success. */
  readonly disabled: 'ok' | 'DisabledException' | 'KMSInvalidStateException'
  readonly pendingDeletion: 'ok' | 'KMSInvalidStateException'
  /** The error of the sample where success needs more than the server. Custom key stores have separate tests. */
  readonly refused?: string
}

/** Makes a call that must succeed. */
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

/** Creates a grant. */
const granted = {
  make: async (call: SampleCall, keyId: string): Promise<Output> => {
    const { GrantId } = await call('CreateGrant', { KeyId: keyId, ...GRANT })
    return { GrantId: String(GrantId) }
  },
}

/** Creates a ciphertext. */
const encrypted = {
  make: async (call: SampleCall, keyId: string): Promise<Output> => {
    const { CiphertextBlob } = await call('Encrypt', { KeyId: keyId, Plaintext: PLAINTEXT })
    return { CiphertextBlob: String(CiphertextBlob) }
  },
}

/** The public key of a peer, on P-256. */
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

/** Samples by operation. A test fails if an operation has none. */
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

/** Gets an import token, and wraps key material for it. */
async function importable(call: SampleCall, keyId: string, bytes: Uint8Array): Promise<Output> {
  const { PublicKey, ImportToken } = await call('GetParametersForImport', { KeyId: keyId, ...IMPORT })
  const key = createPublicKey({ key: Buffer.from(String(PublicKey), 'base64'), type: 'spki', format: 'der' })
  const wrapped = publicEncrypt({ key, oaepHash: 'sha256' }, bytes)
  return { ImportToken: String(ImportToken), EncryptedKeyMaterial: wrapped.toString('base64') }
}

/** Imports key material into the key, and wraps the same material again. */
async function importedAgain(call: SampleCall, keyId: string): Promise<Output> {
  const bytes = randomBytes(32)
  await imported(call, keyId, bytes)
  return importable(call, keyId, bytes)
}

/** Imports key material into the key. */
async function imported(
  call: SampleCall,
  keyId: string,
  bytes: Uint8Array = randomBytes(32),
): Promise<Output> {
  const made = await importable(call, keyId, bytes)
  await call('ImportKeyMaterial', { KeyId: keyId, ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE', ...made })
  return {}
}

/** A key policy that allows the account all actions. */
export function allowAll(account: string): string {
  return policy(account, [])
}

/** A key policy that allows the account all actions and then denies some. */
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
