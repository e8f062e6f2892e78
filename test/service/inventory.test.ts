/**
 * What a tool gets that reads all that there is to read of every key of an account: every read operation, on a key
 * of every spec and usage, of every origin, in every state that such a key can be in.
 *
 * Source: AWS KMS Developer Guide, "Key states of AWS KMS keys" and "Key type reference"; AWS KMS API Reference.
 */

import assert from 'node:assert/strict'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { Output } from '../../src/api/json.ts'
import {
  KEY_SPEC_NAMES,
  KEY_SPECS,
  KEY_USAGES,
  type KeyOrigin,
  type KeySpec,
  type KeyUsage,
} from '../../src/api/key-specs.ts'
import { openDeployment } from '../../src/app/deployment.ts'
import { parseConfig } from '../../src/config/settings.ts'
import { CUSTOM_KEY_STORE } from '../../src/kms/key-stores/custom-key-store.ts'
import { KEY, type KeyState, type KeyValue, partitionOf } from '../../src/kms/keys/key-record.ts'
import type { KmsDependencies } from '../../src/kms/kms-dependencies.ts'
import { KMS_OPERATIONS } from '../../src/kms/kms-operations.ts'
import { insert, type Records, replace } from '../../src/store/records.ts'
import { type Answer, assertError, call, newKey, succeed } from '../support/calls.ts'
import { cases } from '../support/campaign.ts'
import { wrapKeyMaterial } from '../support/import-material.ts'
import { REGION } from '../support/kms.ts'
import { startServer, type TestServer } from '../support/server.ts'

const ACCOUNT = '000000000000'
const OTHER = 'eu-central-1'
const WINDOW_DAYS = 7
const TAG = { TagKey: 'team', TagValue: 'payments' }
/** Stores that are connected and not. */
const STORES = { CONNECTED: 'cks-1234567890abcdef0', DISCONNECTED: 'cks-1234567890abcdef1' } as const

type Kind = { readonly spec: KeySpec; readonly usage: KeyUsage }

const KINDS: readonly Kind[] = KEY_SPEC_NAMES.flatMap((spec) =>
  KEY_USAGES.filter((usage) => KEY_SPECS[spec].usages[usage] !== undefined).map((usage) => ({ spec, usage })),
)

/** Of each family of specs and each usage, so many specs are also read as multi-Region and imported keys. */
const SPECS_OF_FAMILY = cases({ slice: 1, whole: KINDS.length })

function isRead(kind: Kind): boolean {
  const family = ({ spec, usage }: Kind): string => `${spec.split('_', 1)[0]} ${usage}`
  return KINDS.filter((one) => family(one) === family(kind)).indexOf(kind) < SPECS_OF_FAMILY
}

/** A key, and what a tool should find out of it. */
type Subject = Kind & {
  readonly keyId: string
  readonly region: string
  readonly origin: KeyOrigin
  /** Whether it ever had material, and has it now. */
  readonly material: 'here' | 'gone' | 'never' | 'elsewhere'
  readonly type?: 'PRIMARY' | 'REPLICA'
}

let server: TestServer
let records: Records
let aliases = 0

before(async () => {
  server = await startServer({ environment: { HOLDFAST_SM2_REGIONS: `${REGION},${OTHER}` } })
  const config = parseConfig({ flags: { data: server.data }, environment: {} })
  records = (await openDeployment(config)).records
  for (const [state, id] of Object.entries(STORES) as [keyof typeof STORES, string][]) {
    await records.commit([
      insert(CUSTOM_KEY_STORE, partitionOf(ACCOUNT, REGION), id, {
        format: 1,
        name: state,
        createdAt: Date.now(),
        endpoint: 'https://xks.example',
        path: '/kms/xks/v1',
        credential: { accessKeyId: 'A'.repeat(20), secretAccessKey: 'a'.repeat(43) },
        connection: { state },
      }),
    ])
  }
})

after(async () => {
  await records.close()
  await server[Symbol.asyncDispose]()
})

const arnOf = ({ keyId, region }: Subject): string => `arn:aws:kms:${region}:${ACCOUNT}:key/${keyId}`

async function change({ keyId, region }: Subject, by: (value: KeyValue) => KeyValue): Promise<void> {
  await records.refresh()
  const record = await records.get(KEY, partitionOf(ACCOUNT, region), keyId)
  assert.ok(record)
  await records.commit([replace(record, by(record.value))])
}

/** Puts a key into a state, as the server would have stored it. */
function putInState(subject: Subject, state: KeyState): Promise<void> {
  return change(subject, (value) => {
    const { deletion: _, ...rest } = value
    switch (state) {
      case 'PendingDeletion':
        return {
          ...rest,
          state,
          deletion: { at: Date.now() + WINDOW_DAYS * 86_400_000, windowDays: WINDOW_DAYS },
        }
      case 'PendingReplicaDeletion':
        return { ...rest, state, deletion: { windowDays: WINDOW_DAYS } }
      case 'Unavailable':
        return { ...rest, state: 'Enabled' }
      default:
        return { ...rest, state }
    }
  })
}

/** What an answer should be: what it shows, or a refusal. */
type Expected = ((json: Answer['json']) => void) | readonly [code: string, message: string | undefined]

const WORDS: { readonly [S in KeyState]?: string } = {
  PendingImport: 'pending import',
  PendingDeletion: 'pending deletion',
  PendingReplicaDeletion: 'pending replica deletion',
  Creating: 'creating',
  Updating: 'updating',
}

const invalidState = (subject: Subject, state: KeyState): Expected => [
  'KMSInvalidStateException',
  `${arnOf(subject)} is ${WORDS[state]}.`,
]
const wrongOrigin = (subject: Subject): Expected => [
  'UnsupportedOperationException',
  `${arnOf(subject)} origin is ${subject.origin} which is not valid for this operation.`,
]
const UNSUPPORTED: Expected = ['UnsupportedOperationException', undefined]
const NOT_CONNECTED: Expected = [
  'KMSInvalidStateException',
  'This KMS key is in a custom key store that is not connected to its external key store proxy. Connect the external key store and try the request again.',
]

/** A read operation: what it is asked, and what it should answer. */
type Read = {
  readonly input?: Output
  readonly expected: (subject: Subject, state: KeyState) => Expected
}

const WRAPPING = { WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' }
const isPair = ({ spec }: Kind): boolean => KEY_SPECS[spec].form === 'private'
const isWrappedTwice = (kind: Kind): boolean => isPair(kind) && kind.spec !== 'SM2'

const exactly =
  (wanted: object): Expected =>
  (json) =>
    assert.deepEqual(json, wanted)

const READS: Readonly<Record<string, Read>> = {
  DescribeKey: { expected: metadataOf },
  GetKeyPolicy: {
    expected: () => (json) => {
      assert.equal(json['PolicyName'], 'default')
      assert.equal(JSON.parse(String(json['Policy'])).Id, 'key-default-1')
    },
  },
  ListKeyPolicies: { expected: () => exactly({ PolicyNames: ['default'], Truncated: false }) },
  ListResourceTags: { expected: () => exactly({ Tags: [TAG], Truncated: false }) },
  ListAliases: {
    expected:
      ({ keyId, region }) =>
      (json) => {
        assert.equal(json['Truncated'], false)
        const [alias, ...others] = json['Aliases'] as readonly Readonly<Record<string, unknown>>[]
        assert.equal(others.length, 0)
        assert.equal(alias?.['TargetKeyId'], keyId)
        assert.match(
          String(alias?.['AliasArn']),
          new RegExp(`^arn:aws:kms:${region}:${ACCOUNT}:alias/inventory-`),
        )
      },
  },
  ListGrants: { expected: () => exactly({ Grants: [], Truncated: false }) },
  GetKeyLastUsage: {
    expected:
      ({ keyId }) =>
      (json) => {
        assert.equal(json['KeyId'], keyId)
        assert.deepEqual(json['KeyLastUsage'], {})
        assert.equal(json['TrackingStartDate'], json['KeyCreationDate'])
      },
  },
  GetKeyRotationStatus: {
    expected: (subject, state) =>
      state === 'PendingImport'
        ? wrongOrigin(subject)
        : exactly({ KeyId: arnOf(subject), KeyRotationEnabled: false }),
  },
  ListKeyRotations: { expected: (subject) => rotationsOf(subject, false) },
  'ListKeyRotations of all material': {
    input: { IncludeKeyMaterial: 'ALL_KEY_MATERIAL' },
    expected: (subject) => rotationsOf(subject, true),
  },
  GetPublicKey: { expected: publicKeyOf },
  GetParametersForImport: {
    input: WRAPPING,
    expected: (subject, state) => {
      if (state.endsWith('Deletion') || state === 'Creating' || state === 'Updating') {
        return invalidState(subject, state)
      }
      if (subject.origin !== 'EXTERNAL') return wrongOrigin(subject)
      return (json) => {
        assert.equal(json['KeyId'], arnOf(subject))
        assert.deepEqual(Object.keys(json).sort(), ['ImportToken', 'KeyId', 'ParametersValidTo', 'PublicKey'])
      }
    },
  },
}

const ALGORITHMS: { readonly [U in KeyUsage]: string } = {
  ENCRYPT_DECRYPT: 'EncryptionAlgorithms',
  SIGN_VERIFY: 'SigningAlgorithms',
  GENERATE_VERIFY_MAC: 'MacAlgorithms',
  KEY_AGREEMENT: 'KeyAgreementAlgorithms',
  ENCAPSULATE_DECAPSULATE: 'EncapsulationAlgorithms',
}

/** The members of KeyMetadata that a key of this kind has in this state, and their values where those are known. */
function metadataOf(subject: Subject, state: KeyState): Expected {
  const { spec, usage, origin, material } = subject
  return ({ KeyMetadata }) => {
    const metadata = KeyMetadata as Readonly<Record<string, unknown>>
    const inStore = origin === 'EXTERNAL_KEY_STORE'
    const names = [
      ...['AWSAccountId', 'Arn', 'CreationDate', 'CustomerMasterKeySpec', 'Description', 'Enabled', 'KeyId'],
      ...['KeyManager', 'KeySpec', 'KeyState', 'KeyUsage', 'MultiRegion', 'Origin', ALGORITHMS[usage]],
      ...(spec === 'SYMMETRIC_DEFAULT' && material !== 'never' && !inStore ? ['CurrentKeyMaterialId'] : []),
      ...(origin === 'EXTERNAL' && material === 'here' ? ['ExpirationModel'] : []),
      ...(state === 'PendingDeletion' ? ['DeletionDate'] : []),
      ...(state === 'PendingReplicaDeletion' ? ['PendingDeletionWindowInDays'] : []),
      ...(subject.type === undefined ? [] : ['MultiRegionConfiguration']),
      ...(inStore ? ['CustomKeyStoreId', 'XksKeyConfiguration'] : []),
    ]
    assert.deepEqual(Object.keys(metadata).sort(), names.sort())
    const { MultiRegionConfiguration: set } = metadata as {
      MultiRegionConfiguration?: { MultiRegionKeyType: string }
    }
    assert.equal(set?.MultiRegionKeyType, subject.type)
    assert.deepEqual(metadata[ALGORITHMS[usage]], KEY_SPECS[spec].usages[usage])
    const {
      Arn,
      Enabled,
      KeyId,
      KeyManager,
      KeySpec,
      KeyState: shown,
      KeyUsage: shownUsage,
      Origin,
    } = metadata
    assert.deepEqual(
      [Arn, Enabled, KeyId, KeyManager, KeySpec, shown, shownUsage, Origin],
      [arnOf(subject), state === 'Enabled', subject.keyId, 'CUSTOMER', spec, state, usage, origin],
    )
  }
}

function rotationsOf(subject: Subject, all: boolean): Expected {
  const { spec, origin, material } = subject
  if (spec !== 'SYMMETRIC_DEFAULT') return UNSUPPORTED
  if (origin === 'EXTERNAL_KEY_STORE') return wrongOrigin(subject)
  return (json) => {
    assert.equal(json['Truncated'], false)
    const [first, ...others] = json['Rotations'] as readonly Readonly<Record<string, unknown>>[]
    assert.equal(others.length, 0)
    if (!all || material === 'never') {
      assert.equal(first, undefined)
      return
    }
    const { KeyMaterialId, ...entry } = first ?? {}
    assert.match(String(KeyMaterialId), /^[0-9a-f]{64}$/)
    const imported = {
      ImportState: material === 'here' ? 'IMPORTED' : 'PENDING_IMPORT',
      ...(material === 'here' ? { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' } : {}),
    }
    assert.deepEqual(entry, {
      KeyId: arnOf(subject),
      KeyMaterialState: 'CURRENT',
      ...(origin === 'EXTERNAL' ? imported : {}),
    })
  }
}

function publicKeyOf(subject: Subject, state: KeyState): Expected {
  if (state === 'Unavailable') return NOT_CONNECTED
  if (state.endsWith('Deletion') || state === 'Creating') return invalidState(subject, state)
  if (!isPair(subject)) return UNSUPPORTED
  if (subject.material === 'never') return invalidState(subject, 'PendingImport')
  return (json) => {
    const { spec, usage } = subject
    assert.ok(String(json['PublicKey']).length > 40)
    const { KeyId, KeySpec, CustomerMasterKeySpec, KeyUsage: shown, [ALGORITHMS[usage]]: algorithms } = json
    assert.deepEqual(
      [KeyId, KeySpec, CustomerMasterKeySpec, shown, algorithms],
      [arnOf(subject), spec, spec, usage, KEY_SPECS[spec].usages[usage]],
    )
  }
}

test('every operation that reads one key is among the reads', () => {
  const reading = KMS_OPERATIONS.map((operation) => operation({} as KmsDependencies))
    .filter(({ name, readOnly }) => readOnly && /^(?:Get|List|Describe)/.test(name))
    .filter(({ name, members }) => 'KeyId' in members && name !== 'ListKeys')
    .map(({ name }) => name)
  const read = new Set(Object.keys(READS).map((name) => name.split(' ')[0]))
  assert.deepEqual([...read].sort(), reading.sort())
})

/** A key has an alias and a tag, as tools look for both. */
async function labelled<T extends Subject>(subject: T): Promise<T> {
  const { keyId, region } = subject
  aliases += 1
  const input = { AliasName: `alias/inventory-${aliases}`, TargetKeyId: keyId }
  await succeed(server, 'CreateAlias', input, { region })
  await succeed(server, 'TagResource', { KeyId: keyId, Tags: [TAG] }, { region })
  return subject
}

async function readAll(subject: Subject, state: KeyState): Promise<void> {
  const { keyId, region, origin, material } = subject
  for (const [name, { input, expected }] of Object.entries(READS)) {
    const [operation = ''] = name.split(' ')
    const twoSteps = operation === 'GetParametersForImport' && isWrappedTwice(subject)
    const more = twoSteps ? { ...input, WrappingAlgorithm: 'RSA_AES_KEY_WRAP_SHA_256' } : input
    const answer = await call(server, operation, { KeyId: keyId, ...more }, { region })
    const wanted = expected(subject, state)
    try {
      if (typeof wanted !== 'function') assertError(answer, ...wanted)
      else {
        assert.equal(answer.status, 200, answer.text)
        wanted(answer.json)
      }
    } catch (error) {
      throw new Error(`${name} of a key of origin ${origin} (material ${material}) in ${state}`, {
        cause: error,
      })
    }
  }
}

async function readInStates(subject: Subject, states: readonly KeyState[]): Promise<void> {
  for (const state of states) {
    await putInState(subject, state)
    await readAll(subject, state)
  }
  await putInState(subject, states[0] ?? 'Enabled')
}

/** Material that fits a spec. */
function materialFor(spec: KeySpec): Uint8Array {
  const der = { type: 'pkcs8', format: 'der' } as const
  switch (spec) {
    case 'RSA_2048':
    case 'RSA_3072':
    case 'RSA_4096':
      return generateKeyPairSync('rsa', { modulusLength: Number(spec.slice(4)) }).privateKey.export(der)
    case 'ECC_NIST_EDWARDS25519':
      return generateKeyPairSync('ed25519').privateKey.export(der)
    case 'SYMMETRIC_DEFAULT':
      return randomBytes(32)
    case 'HMAC_224':
    case 'HMAC_256':
    case 'HMAC_384':
    case 'HMAC_512':
      return randomBytes(64)
    default:
      return generateKeyPairSync('ec', { namedCurve: CURVES[spec] ?? '' }).privateKey.export(der)
  }
}

const CURVES: { readonly [S in KeySpec]?: string } = {
  ECC_NIST_P256: 'P-256',
  ECC_NIST_P384: 'P-384',
  ECC_NIST_P521: 'P-521',
  ECC_SECG_P256K1: 'secp256k1',
  SM2: 'SM2',
}

for (const kind of KINDS) {
  const { spec, usage } = kind
  const made = (more: Output): Promise<string> =>
    newKey(server, { KeySpec: spec, KeyUsage: usage, Description: 'inventory', ...more })
  const here = { ...kind, region: REGION, origin: 'AWS_KMS', material: 'here' } as const

  test(`all reads of a key of ${spec} for ${usage}`, async () => {
    const subject = await labelled({ ...here, keyId: await made({}) })
    await readInStates(subject, ['Enabled', 'Disabled', 'PendingDeletion'])
  })

  if (!isRead(kind)) continue
  test(`all reads of a multi-Region key of ${spec} for ${usage} and of its replica`, async () => {
    const keyId = await made({ MultiRegion: true })
    await succeed(server, 'ReplicateKey', { KeyId: keyId, ReplicaRegion: OTHER })
    const primary = await labelled({ ...here, keyId, type: 'PRIMARY' } as const)
    await readInStates(primary, [
      'Enabled',
      'Disabled',
      'Updating',
      'PendingReplicaDeletion',
      'PendingDeletion',
    ])
    const replica = await labelled({ ...here, keyId, region: OTHER, type: 'REPLICA' } as const)
    await readInStates(replica, ['Enabled', 'Disabled', 'Creating', 'Updating', 'PendingDeletion'])
  })

  if (!KEY_SPECS[spec].importable) continue
  test(`all reads of a key of ${spec} for ${usage} whose material is imported`, async () => {
    const keyId = await made({ Origin: 'EXTERNAL' })
    const waiting = await labelled({ ...here, keyId, origin: 'EXTERNAL', material: 'never' } as const)
    await readInStates(waiting, ['PendingImport', 'PendingDeletion'])
    await succeed(server, 'ImportKeyMaterial', {
      KeyId: keyId,
      ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
      ...(await wrapKeyMaterial(server, { keyId }, materialFor(spec), isWrappedTwice(kind))),
    })
    await readInStates({ ...waiting, material: 'here' }, ['Enabled', 'Disabled', 'PendingDeletion'])
    await succeed(server, 'DeleteImportedKeyMaterial', { KeyId: keyId })
    await readInStates({ ...waiting, material: 'gone' }, ['PendingImport', 'PendingDeletion'])
  })
}

for (const [connection, states] of [
  ['CONNECTED', ['Enabled', 'Disabled', 'PendingDeletion']],
  ['DISCONNECTED', ['Unavailable', 'PendingDeletion']],
] as const) {
  test(`all reads of a key in an external key store that is ${connection}`, async () => {
    const keyId = await newKey(server, { Description: 'inventory' })
    const kind = { spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT', region: REGION } as const
    const subject = await labelled({
      ...kind,
      ...({ keyId, origin: 'EXTERNAL_KEY_STORE', material: 'elsewhere' } as const),
    })
    await change(subject, ({ materialId: _, ...value }) => ({
      ...value,
      origin: 'EXTERNAL_KEY_STORE',
      keyStore: { id: STORES[connection], xksKeyId: `key-${connection}` },
    }))
    await readInStates(subject, states)
  })
}
