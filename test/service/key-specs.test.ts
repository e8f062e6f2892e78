/**
 * Every operation that depends on the kind of a key, on a key of every spec and usage: it works, or
 * answers the exact error.
 *
 * Source: AWS KMS Developer Guide, "Key type reference"; recorded answers for the texts.
 */

import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { Output } from '../../src/api/json.ts'
import {
  KEY_SPEC_NAMES,
  KEY_SPECS,
  KEY_USAGES,
  type KeySpec,
  type KeyUsage,
  MESSAGE_TYPES,
  type MessageType,
} from '../../src/api/key-specs.ts'
import { type Answer, assertError, call, newKey, succeed } from '../support/calls.ts'
import { REGION } from '../support/kms.ts'
import { startServer, type TestServer } from '../support/server.ts'

const ACCOUNT = '000000000000'
const MESSAGE = Buffer.from('a message').toString('base64')
const GARBAGE = Buffer.alloc(40, 0xff).toString('base64')

type Kind = { readonly spec: KeySpec; readonly usage: KeyUsage }

const KINDS: readonly Kind[] = KEY_SPEC_NAMES.flatMap((spec) =>
  KEY_USAGES.filter((usage) => KEY_SPECS[spec].usages[usage] !== undefined).map((usage) => ({
    spec,
    usage,
  })),
)

let server: TestServer
const keys = new Map<string, Promise<string>>()

before(async () => {
  server = await startServer({ environment: { HOLDFAST_SM2_REGIONS: REGION } })
})

after(async () => {
  await server[Symbol.asyncDispose]()
})

function keyOf({ spec, usage }: Kind): Promise<string> {
  const name = `${spec}/${usage}`
  const present = keys.get(name)
  if (present !== undefined) return present
  const made = newKey(server, { KeySpec: spec, KeyUsage: usage })
  keys.set(name, made)
  return made
}

/** The first algorithm of a key, or of any key that has the usage. */
function algorithmFor({ spec }: Kind, usage: KeyUsage, byDefault: string): string {
  return KEY_SPECS[spec].usages[usage]?.[0] ?? byDefault
}

/** A key of the same curve, for an agreement. */
function peerOf({ spec, usage }: Kind): string {
  const curves: { readonly [S in KeySpec]?: string } = {
    ECC_NIST_P384: 'P-384',
    ECC_NIST_P521: 'P-521',
    SM2: 'SM2',
  }
  const namedCurve = (usage === 'KEY_AGREEMENT' && curves[spec]) || 'P-256'
  const { publicKey } = generateKeyPairSync('ec', { namedCurve })
  return publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
}

/** An operation: what it is for, its input, and what an input needs. */
type Use = {
  readonly usage: KeyUsage
  readonly input: (kind: Kind, keyId: string) => Promise<Output> | Output
  /** The algorithm that a key of the usage may lack. */
  readonly algorithm?: string
}

async function made(kind: Kind, usage: KeyUsage, name: string, input: Output): Promise<Answer['json']> {
  return kind.usage === usage ? succeed(server, name, input) : {}
}

function encryption(kind: Kind): Output {
  return { EncryptionAlgorithm: algorithmFor(kind, 'ENCRYPT_DECRYPT', 'SYMMETRIC_DEFAULT') }
}

function signing(kind: Kind, keyId: string): Output {
  const algorithm = algorithmFor(kind, 'SIGN_VERIFY', 'ECDSA_SHA_256')
  return { KeyId: keyId, Message: MESSAGE, SigningAlgorithm: algorithm }
}

function macing(kind: Kind, keyId: string): Output {
  const algorithm = algorithmFor(kind, 'GENERATE_VERIFY_MAC', 'HMAC_SHA_256')
  return { KeyId: keyId, Message: MESSAGE, MacAlgorithm: algorithm }
}

async function ciphertextOf(kind: Kind, keyId: string): Promise<string> {
  const input = { KeyId: keyId, Plaintext: MESSAGE, ...encryption(kind) }
  const { CiphertextBlob } = await made(kind, 'ENCRYPT_DECRYPT', 'Encrypt', input)
  return String(CiphertextBlob ?? GARBAGE)
}

const USES: Readonly<Record<string, Use>> = {
  Decapsulate: {
    usage: 'ENCAPSULATE_DECAPSULATE',
    input: async (kind, keyId) => {
      const input = { KeyId: keyId, EncapsulationAlgorithm: 'ML_KEM' }
      const { SharedSecretCiphertextBlob } = await made(kind, 'ENCAPSULATE_DECAPSULATE', 'Encapsulate', input)
      return { ...input, SharedSecretCiphertextBlob: String(SharedSecretCiphertextBlob ?? GARBAGE) }
    },
  },
  Decrypt: {
    usage: 'ENCRYPT_DECRYPT',
    input: async (kind, keyId) => ({
      KeyId: keyId,
      CiphertextBlob: await ciphertextOf(kind, keyId),
      ...encryption(kind),
    }),
  },
  DeriveSharedSecret: {
    usage: 'KEY_AGREEMENT',
    input: (kind, keyId) => ({ KeyId: keyId, KeyAgreementAlgorithm: 'ECDH', PublicKey: peerOf(kind) }),
  },
  Encapsulate: {
    usage: 'ENCAPSULATE_DECAPSULATE',
    input: (_, keyId) => ({ KeyId: keyId, EncapsulationAlgorithm: 'ML_KEM' }),
  },
  Encrypt: {
    usage: 'ENCRYPT_DECRYPT',
    input: (kind, keyId) => ({ KeyId: keyId, Plaintext: MESSAGE, ...encryption(kind) }),
  },
  GenerateDataKey: {
    usage: 'ENCRYPT_DECRYPT',
    algorithm: 'SYMMETRIC_DEFAULT',
    input: (_, keyId) => ({ KeyId: keyId, KeySpec: 'AES_256' }),
  },
  GenerateDataKeyPair: {
    usage: 'ENCRYPT_DECRYPT',
    algorithm: 'SYMMETRIC_DEFAULT',
    input: (_, keyId) => ({ KeyId: keyId, KeyPairSpec: 'ECC_NIST_P256' }),
  },
  GenerateDataKeyPairWithoutPlaintext: {
    usage: 'ENCRYPT_DECRYPT',
    algorithm: 'SYMMETRIC_DEFAULT',
    input: (_, keyId) => ({ KeyId: keyId, KeyPairSpec: 'ECC_NIST_P256' }),
  },
  GenerateDataKeyWithoutPlaintext: {
    usage: 'ENCRYPT_DECRYPT',
    algorithm: 'SYMMETRIC_DEFAULT',
    input: (_, keyId) => ({ KeyId: keyId, NumberOfBytes: 16 }),
  },
  GenerateMac: { usage: 'GENERATE_VERIFY_MAC', input: macing },
  ReEncrypt: {
    usage: 'ENCRYPT_DECRYPT',
    input: async (kind, keyId) => ({
      SourceKeyId: keyId,
      DestinationKeyId: keyId,
      CiphertextBlob: await ciphertextOf(kind, keyId),
      SourceEncryptionAlgorithm: algorithmFor(kind, 'ENCRYPT_DECRYPT', 'SYMMETRIC_DEFAULT'),
      DestinationEncryptionAlgorithm: algorithmFor(kind, 'ENCRYPT_DECRYPT', 'SYMMETRIC_DEFAULT'),
    }),
  },
  Sign: { usage: 'SIGN_VERIFY', input: signing },
  Verify: {
    usage: 'SIGN_VERIFY',
    input: async (kind, keyId) => {
      const { Signature } = await made(kind, 'SIGN_VERIFY', 'Sign', signing(kind, keyId))
      return { ...signing(kind, keyId), Signature: String(Signature ?? GARBAGE) }
    },
  },
  VerifyMac: {
    usage: 'GENERATE_VERIFY_MAC',
    input: async (kind, keyId) => {
      const { Mac } = await made(kind, 'GENERATE_VERIFY_MAC', 'GenerateMac', macing(kind, keyId))
      return { ...macing(kind, keyId), Mac: String(Mac ?? GARBAGE) }
    },
  },
}

function arnOf(keyId: string): string {
  return `arn:aws:kms:${REGION}:${ACCOUNT}:key/${keyId}`
}

function assertRefused(answer: Answer, code: string, message: string | undefined): void {
  assert.equal(answer.code, code, answer.text)
  assert.equal(answer.message, message)
  assert.equal(answer.status, 400)
}

for (const kind of KINDS) {
  const { spec, usage } = kind
  for (const [name, use] of Object.entries(USES)) {
    const algorithms: readonly string[] = KEY_SPECS[spec].usages[use.usage] ?? []
    const lacks = use.algorithm !== undefined && !algorithms.includes(use.algorithm)
    const cell = usage !== use.usage ? 'wrong usage' : lacks ? 'wrong spec' : 'ok'
    test(`${name} with ${spec} for ${usage}: ${cell}`, async () => {
      const keyId = await keyOf(kind)
      const answer = await call(server, name, await use.input(kind, keyId))
      switch (cell) {
        case 'ok':
          assert.equal(answer.status, 200, answer.text)
          break
        case 'wrong usage':
          assertRefused(
            answer,
            'InvalidKeyUsageException',
            `${arnOf(keyId)} key usage is ${usage} which is not valid for ${name}.`,
          )
          break
        case 'wrong spec':
          assertRefused(
            answer,
            'InvalidKeyUsageException',
            `Algorithm ${use.algorithm} is incompatible with key spec ${spec}.`,
          )
      }
    })
  }

  for (const [name, more] of [
    ['DisableKeyRotation', {}],
    ['EnableKeyRotation', {}],
    ['ListKeyRotations', {}],
    ['RotateKeyOnDemand', {}],
  ] as const) {
    test(`${name} with ${spec} for ${usage}`, async () => {
      const keyId = await keyOf(kind)
      const answer = await call(server, name, { KeyId: keyId, ...more })
      if (spec === 'SYMMETRIC_DEFAULT') assert.equal(answer.status, 200, answer.text)
      else assertRefused(answer, 'UnsupportedOperationException', undefined)
    })
  }

  test(`GetKeyRotationStatus with ${spec} for ${usage} says that it does not rotate`, async () => {
    const keyId = await newKey(server, { KeySpec: spec, KeyUsage: usage })
    assert.deepEqual(await succeed(server, 'GetKeyRotationStatus', { KeyId: keyId }), {
      KeyId: arnOf(keyId),
      KeyRotationEnabled: false,
    })
  })

  for (const [name, more] of [
    ['DeleteImportedKeyMaterial', {}],
    [
      'GetParametersForImport',
      { WrappingAlgorithm: 'RSA_AES_KEY_WRAP_SHA_256', WrappingKeySpec: 'RSA_4096' },
    ],
    [
      'ImportKeyMaterial',
      {
        ImportToken: GARBAGE,
        EncryptedKeyMaterial: GARBAGE,
        ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
      },
    ],
  ] as const) {
    test(`${name} with ${spec} for ${usage} whose material was made here`, async () => {
      const keyId = await keyOf(kind)
      const answer = await call(server, name, { KeyId: keyId, ...more })
      const message = `${arnOf(keyId)} origin is AWS_KMS which is not valid for this operation.`
      assertRefused(answer, 'UnsupportedOperationException', message)
    })
  }

  test(`GetPublicKey with ${spec} for ${usage}`, async () => {
    const keyId = await keyOf(kind)
    const answer = await call(server, 'GetPublicKey', { KeyId: keyId })
    if (KEY_SPECS[spec].form !== 'private') {
      assertRefused(answer, 'UnsupportedOperationException', undefined)
      return
    }
    assert.equal(answer.status, 200, answer.text)
    assert.equal(answer.json['KeySpec'], spec)
    assert.equal(answer.json['KeyUsage'], usage)
  })

  test(`operations for every key work with ${spec} for ${usage}`, async () => {
    const keyId = await newKey(server, { KeySpec: spec, KeyUsage: usage })
    const alias = `alias/${spec}-${usage}`
    const steps: readonly (readonly [string, Output])[] = [
      ['DescribeKey', { KeyId: keyId }],
      ['UpdateKeyDescription', { KeyId: keyId, Description: 'new' }],
      ['TagResource', { KeyId: keyId, Tags: [{ TagKey: 'a', TagValue: 'b' }] }],
      ['ListResourceTags', { KeyId: keyId }],
      ['UntagResource', { KeyId: keyId, TagKeys: ['a'] }],
      ['GetKeyPolicy', { KeyId: keyId }],
      ['ListKeyPolicies', { KeyId: keyId }],
      ['CreateAlias', { AliasName: alias, TargetKeyId: keyId }],
      ['ListAliases', { KeyId: keyId }],
      ['DeleteAlias', { AliasName: alias }],
      ['DisableKey', { KeyId: keyId }],
      ['EnableKey', { KeyId: keyId }],
      ['ScheduleKeyDeletion', { KeyId: keyId, PendingWindowInDays: 7 }],
      ['CancelKeyDeletion', { KeyId: keyId }],
    ]
    for (const [name, input] of steps) await succeed(server, name, input)
  })

  test(`CreateKey shows ${spec} for ${usage} with its algorithms`, async () => {
    const { KeyMetadata } = await succeed(server, 'DescribeKey', { KeyId: await keyOf(kind) })
    const metadata = KeyMetadata as Readonly<Record<string, unknown>>
    const member = {
      ENCRYPT_DECRYPT: 'EncryptionAlgorithms',
      SIGN_VERIFY: 'SigningAlgorithms',
      GENERATE_VERIFY_MAC: 'MacAlgorithms',
      KEY_AGREEMENT: 'KeyAgreementAlgorithms',
      ENCAPSULATE_DECAPSULATE: 'EncapsulationAlgorithms',
    }[usage]
    assert.deepEqual(metadata[member], KEY_SPECS[spec].usages[usage])
    assert.equal(metadata['KeySpec'], spec)
    assert.equal(metadata['CustomerMasterKeySpec'], spec)
    assert.equal(metadata['CurrentKeyMaterialId'] !== undefined, spec === 'SYMMETRIC_DEFAULT')
    const others = Object.keys(metadata).filter((name) => name.endsWith('Algorithms') && name !== member)
    assert.deepEqual(others, [])
  })
}

for (const spec of KEY_SPEC_NAMES) {
  for (const usage of KEY_USAGES) {
    if (KEY_SPECS[spec].usages[usage] !== undefined) continue
    test(`CreateKey refuses ${spec} for ${usage}`, async () => {
      const answer = await call(server, 'CreateKey', { KeySpec: spec, KeyUsage: usage })
      const message = `KeyUsage ${usage} is not compatible with KeySpec ${spec}`
      assertRefused(answer, 'ValidationException', message)
    })
  }
  if (spec === 'SYMMETRIC_DEFAULT') continue
  test(`CreateKey refuses ${spec} without a usage`, async () => {
    const answer = await call(server, 'CreateKey', { KeySpec: spec })
    const message = 'You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.'
    assertRefused(answer, 'ValidationException', message)
  })
}

test('CreateKey refuses SM2 in a region that does not have it', async () => {
  const input = { KeySpec: 'SM2', KeyUsage: 'SIGN_VERIFY' }
  const answer = await call(server, 'CreateKey', input, { region: 'us-east-1' })
  assert.equal(answer.code, 'UnsupportedOperationException')
})

test('ReplicateKey refuses to copy an SM2 key to a region that does not have them', async () => {
  const keyId = await newKey(server, { KeySpec: 'SM2', KeyUsage: 'SIGN_VERIFY', MultiRegion: true })
  const answer = await call(server, 'ReplicateKey', { KeyId: keyId, ReplicaRegion: 'us-east-1' })
  assertRefused(answer, 'UnsupportedOperationException', 'KeySpec SM2 is not supported in this Region')
})

/** What a message of a type is answered, beside `ok`. Source: AWS KMS API Reference, "Sign"; recorded answers. */
function wrongMessageType(spec: KeySpec, algorithm: string, type: MessageType): string | undefined {
  const refused = (by: string): string => `Message type ${type} is incompatible with ${by}.`
  if (algorithm === 'ED25519_SHA_512') return type === 'RAW' ? undefined : refused(`algorithm ${algorithm}`)
  if (algorithm === 'ED25519_PH_SHA_512') {
    return type === 'DIGEST' ? undefined : refused(`algorithm ${algorithm}`)
  }
  const other = spec.startsWith('ML_DSA_') ? 'DIGEST' : 'EXTERNAL_MU'
  return type === other ? refused(`key spec ${spec}`) : undefined
}

const DIGEST_BYTES: Readonly<Record<string, number>> = { SHA_256: 32, SHA_384: 48, SHA_512: 64 }

for (const kind of KINDS.filter(({ usage }) => usage === 'SIGN_VERIFY')) {
  const { spec } = kind
  for (const algorithm of KEY_SPECS[spec].usages.SIGN_VERIFY ?? []) {
    for (const type of MESSAGE_TYPES) {
      const refused = wrongMessageType(spec, algorithm, type)
      test(`Sign and Verify with ${spec} by ${algorithm} of a ${type}: ${refused ?? 'ok'}`, async () => {
        const keyId = await keyOf(kind)
        const size = type === 'EXTERNAL_MU' ? 64 : (DIGEST_BYTES[algorithm.slice(-7)] ?? 32)
        const input = {
          KeyId: keyId,
          Message: Buffer.alloc(size, 1).toString('base64'),
          MessageType: type,
          SigningAlgorithm: algorithm,
        }
        if (refused === undefined) {
          const { Signature } = await succeed(server, 'Sign', input)
          await succeed(server, 'Verify', { ...input, Signature: String(Signature) })
          return
        }
        assertError(await call(server, 'Sign', input), 'ValidationException', refused)
        const verified = await call(server, 'Verify', { ...input, Signature: GARBAGE })
        assertError(verified, 'ValidationException', refused)
      })
    }
  }
}
