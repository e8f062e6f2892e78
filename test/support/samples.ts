/** For tests: a legal input of every operation, and which keys it is made for. */

import type { Output } from '../../src/api/json.ts'

/** What a sample is made from. */
export type SampleParts = {
  /** A key in the state that the sample is wanted for. */
  readonly keyId: string
  /** A ciphertext of that key. */
  readonly ciphertext: string
  /** A name that is free, and one that points at the key. */
  readonly freeAlias: string
  readonly alias: string
}

export type Sample = {
  readonly input: (parts: SampleParts) => Output
  /** The members that name a key. */
  readonly keys: readonly string[]
  /** What a disabled key and one that is pending deletion answer; `ok` when the call works. */
  readonly disabled: 'ok' | 'DisabledException' | 'KMSInvalidStateException'
  readonly pendingDeletion: 'ok' | 'KMSInvalidStateException'
}

const PLAINTEXT = Buffer.from('a plaintext').toString('base64')

const onKey = {
  keys: ['KeyId'],
  disabled: 'ok',
  pendingDeletion: 'KMSInvalidStateException',
} as const
const reading = { ...onKey, pendingDeletion: 'ok' } as const
const using = { ...onKey, disabled: 'DisabledException' } as const
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
  CreateKey: { ...onAccount, input: () => ({ Description: 'a sample' }) },
  Decrypt: { ...using, input: ({ keyId, ciphertext }) => ({ KeyId: keyId, CiphertextBlob: ciphertext }) },
  DeleteAlias: { ...reading, keys: [], input: ({ alias }) => ({ AliasName: alias }) },
  DescribeKey: { ...reading, input: ({ keyId }) => ({ KeyId: keyId }) },
  DisableKey: { ...onKey, input: ({ keyId }) => ({ KeyId: keyId }) },
  EnableKey: { ...onKey, input: ({ keyId }) => ({ KeyId: keyId }) },
  Encrypt: { ...using, input: ({ keyId }) => ({ KeyId: keyId, Plaintext: PLAINTEXT }) },
  GenerateDataKey: { ...using, input: ({ keyId }) => ({ KeyId: keyId, KeySpec: 'AES_256' }) },
  GenerateDataKeyWithoutPlaintext: { ...using, input: ({ keyId }) => ({ KeyId: keyId, NumberOfBytes: 64 }) },
  GenerateRandom: { ...onAccount, input: () => ({ NumberOfBytes: 32 }) },
  GetKeyLastUsage: { ...reading, input: ({ keyId }) => ({ KeyId: keyId }) },
  GetKeyPolicy: { ...reading, input: ({ keyId }) => ({ KeyId: keyId }) },
  ListAliases: { ...reading, input: ({ keyId }) => ({ KeyId: keyId }) },
  ListKeyPolicies: { ...reading, input: ({ keyId }) => ({ KeyId: keyId }) },
  ListKeys: { ...onAccount, input: () => ({ Limit: 10 }) },
  ListResourceTags: { ...reading, input: ({ keyId }) => ({ KeyId: keyId }) },
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
    input: ({ keyId, ciphertext }) => ({
      SourceKeyId: keyId,
      DestinationKeyId: keyId,
      CiphertextBlob: ciphertext,
    }),
  },
  ScheduleKeyDeletion: { ...onKey, input: ({ keyId }) => ({ KeyId: keyId, PendingWindowInDays: 7 }) },
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
  UpdateKeyDescription: { ...onKey, input: ({ keyId }) => ({ KeyId: keyId, Description: 'new' }) },
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
