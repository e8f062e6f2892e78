/**
 * Every operation on a key in every state: it works, or answers the exact error.
 *
 * Source: AWS KMS Developer Guide, "Key states of AWS KMS keys"; recorded answers for the texts.
 */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Output } from '../../src/api/json.ts'
import { openDeployment } from '../../src/app/deployment.ts'
import { parseConfig } from '../../src/config/settings.ts'
import { CUSTOM_KEY_STORE } from '../../src/kms/key-stores/custom-key-store.ts'
import { KEY, type KeyState, type KeyValue, partitionOf } from '../../src/kms/keys/key-record.ts'
import type { KmsDependencies } from '../../src/kms/kms-dependencies.ts'
import { KMS_OPERATIONS } from '../../src/kms/kms-operations.ts'
import { insert, type Records, replace } from '../../src/store/records.ts'
import { call, newKey, succeed } from '../support/calls.ts'
import { REGION } from '../support/kms.ts'
import { SAMPLES, type Sample, type SampleParts } from '../support/samples.ts'
import { startServer, type TestServer } from '../support/server.ts'

const ACCOUNT = '000000000000'
/** A store that is not connected, whose keys are so unavailable. */
const STORE = 'cks-1234567890abcdef0'

/** What an operation answers in a state: success, or an error by the number in the guide's footnotes. */
type Cell = 'ok' | keyof typeof ERRORS

const ERRORS = {
  disabled: ['DisabledException', 'is disabled.'],
  deleting: ['KMSInvalidStateException', 'is pending deletion.'],
  deletingReplicas: ['KMSInvalidStateException', 'is pending replica deletion.'],
  notDeleting: ['KMSInvalidStateException', 'is not pending deletion.'],
  importing: ['KMSInvalidStateException', 'is pending import.'],
  external: ['UnsupportedOperationException', 'origin is EXTERNAL which is not valid for this operation.'],
  store: [
    'UnsupportedOperationException',
    'origin is EXTERNAL_KEY_STORE which is not valid for this operation.',
  ],
  unavailable: [
    'KMSInvalidStateException',
    'This KMS key is in a custom key store that is not connected to its external key store proxy. Connect the external key store and try the request again.',
  ],
  creating: ['KMSInvalidStateException', 'is creating.'],
  updating: ['KMSInvalidStateException', 'is updating.'],
} as const

const STATES = [
  'Enabled',
  'Disabled',
  'PendingDeletion',
  'PendingReplicaDeletion',
  'PendingImport',
  'Unavailable',
  'Creating',
  'Updating',
] as const satisfies readonly KeyState[]

/** The answers in the order of {@link STATES}. */
type Row = readonly [Cell, Cell, Cell, Cell, Cell, Cell, Cell, Cell]

const ANY: Row = ['ok', 'ok', 'ok', 'ok', 'ok', 'ok', 'ok', 'ok']
const USE: Row = [
  'ok',
  'disabled',
  'deleting',
  'deletingReplicas',
  'importing',
  'unavailable',
  'creating',
  'ok',
]
const STAYS: Row = ['ok', 'ok', 'deleting', 'deletingReplicas', 'ok', 'ok', 'ok', 'ok']
const SWITCH: Row = ['ok', 'ok', 'deleting', 'deletingReplicas', 'importing', 'ok', 'creating', 'updating']
const PAIR: Row = ['ok', 'disabled', 'deleting', 'deletingReplicas', 'importing', 'store', 'creating', 'ok']
const ROTATION: Row = [
  'ok',
  'disabled',
  'deleting',
  'deletingReplicas',
  'external',
  'store',
  'creating',
  'ok',
]

const TABLE: Readonly<Record<string, Row>> = {
  CancelKeyDeletion: [
    'notDeleting',
    'notDeleting',
    'ok',
    'ok',
    'notDeleting',
    'notDeleting',
    'notDeleting',
    'notDeleting',
  ],
  CreateAlias: STAYS,
  CreateGrant: ['ok', 'disabled', 'deleting', 'deletingReplicas', 'importing', 'ok', 'creating', 'ok'],
  Decapsulate: USE,
  Decrypt: USE,
  DeleteAlias: ANY,
  DeleteImportedKeyMaterial: ['ok', 'ok', 'ok', 'ok', 'ok', 'store', 'creating', 'updating'],
  DeriveSharedSecret: USE,
  DescribeKey: ANY,
  DisableKey: SWITCH,
  DisableKeyRotation: ROTATION,
  EnableKey: SWITCH,
  EnableKeyRotation: ROTATION,
  Encapsulate: USE,
  Encrypt: USE,
  GenerateDataKey: USE,
  GenerateDataKeyPair: PAIR,
  GenerateDataKeyPairWithoutPlaintext: PAIR,
  GenerateDataKeyWithoutPlaintext: USE,
  GenerateMac: USE,
  GetKeyLastUsage: ANY,
  GetKeyPolicy: ANY,
  GetKeyRotationStatus: ['ok', 'ok', 'ok', 'ok', 'external', 'ok', 'ok', 'ok'],
  GetParametersForImport: ['ok', 'ok', 'deleting', 'deletingReplicas', 'ok', 'store', 'creating', 'updating'],
  GetPublicKey: ['ok', 'ok', 'deleting', 'deletingReplicas', 'ok', 'unavailable', 'creating', 'ok'],
  ImportKeyMaterial: ['ok', 'ok', 'deleting', 'deletingReplicas', 'ok', 'store', 'creating', 'ok'],
  ListAliases: ANY,
  ListGrants: ANY,
  ListKeyPolicies: ANY,
  ListKeyRotations: ['ok', 'ok', 'ok', 'ok', 'ok', 'store', 'ok', 'ok'],
  ListResourceTags: ANY,
  PutKeyPolicy: ANY,
  ReEncrypt: USE,
  RetireGrant: ANY,
  RevokeGrant: ANY,
  ReplicateKey: [
    'ok',
    'disabled',
    'deleting',
    'deletingReplicas',
    'importing',
    'unavailable',
    'creating',
    'updating',
  ],
  RotateKeyOnDemand: [
    'ok',
    'disabled',
    'deleting',
    'deletingReplicas',
    'importing',
    'store',
    'creating',
    'ok',
  ],
  ScheduleKeyDeletion: ['ok', 'ok', 'deleting', 'deletingReplicas', 'ok', 'ok', 'ok', 'updating'],
  Sign: USE,
  TagResource: STAYS,
  UntagResource: STAYS,
  UpdateAlias: STAYS,
  UpdateKeyDescription: STAYS,
  UpdatePrimaryRegion: USE,
  Verify: USE,
  VerifyMac: USE,
}

let server: TestServer
let records: Records
let aliases = 0

before(async () => {
  server = await startServer()
  const config = parseConfig({ flags: { data: server.data }, environment: {} })
  const deployment = await openDeployment(config)
  records = deployment.records
  await records.commit([
    insert(CUSTOM_KEY_STORE, partitionOf(ACCOUNT, REGION), STORE, {
      format: 1,
      name: 'a store',
      createdAt: Date.now(),
      endpoint: 'https://xks.example',
      path: '/kms/xks/v1',
      credential: { accessKeyId: 'A'.repeat(20), secretAccessKey: 'a'.repeat(43) },
      connection: { state: 'DISCONNECTED' },
    }),
  ])
})

after(async () => {
  await records.close()
  await server[Symbol.asyncDispose]()
})

/** Puts a key into a state, as the server would have stored it. */
async function putInState(keyId: string, state: KeyState): Promise<void> {
  await records.refresh()
  const record = await records.get(KEY, partitionOf(ACCOUNT, REGION), keyId)
  assert.ok(record)
  await records.commit([replace(record, inState(record.value, state))])
}

function inState(value: KeyValue, state: KeyState): KeyValue {
  switch (state) {
    case 'PendingDeletion':
      return { ...value, state, deletion: { at: Date.now() + 7 * 86_400_000, windowDays: 7 } }
    case 'PendingReplicaDeletion':
      return { ...value, state, deletion: { windowDays: 7 } }
    case 'PendingImport':
      return { ...value, state, origin: 'EXTERNAL' }
    case 'Unavailable':
      return { ...value, origin: 'EXTERNAL_KEY_STORE', keyStore: { id: STORE, xksKeyId: 'external' } }
    default:
      return { ...value, state }
  }
}

async function partsIn(sample: Sample, state: KeyState): Promise<SampleParts> {
  const keyId = await newKey(server, sample.key)
  const send = (name: string, input: Output) => succeed(server, name, input)
  const made = await (sample.make?.(send, keyId) ?? {})
  aliases += 2
  const alias = `alias/state-${aliases}`
  await succeed(server, 'CreateAlias', { AliasName: alias, TargetKeyId: keyId })
  await putInState(keyId, state)
  return { keyId, made, alias, freeAlias: `alias/state-free-${aliases}` }
}

test('the table has every operation on a key', () => {
  const named = KMS_OPERATIONS.map((operation) => operation({} as KmsDependencies))
    .filter(({ name }) => (SAMPLES[name]?.keys.length ?? 0) > 0 || name === 'DeleteAlias')
    .map(({ name }) => name)
  assert.deepEqual(Object.keys(TABLE).sort(), named.sort())
})

for (const [name, row] of Object.entries(TABLE)) {
  for (const [index, cell] of row.entries()) {
    const state = STATES[index]
    if (state === undefined) continue
    test(`${name} on a key in state ${state}: ${cell}`, async () => {
      const sample = SAMPLES[name]
      assert.ok(sample)
      const parts = await partsIn(sample, state)
      const answer = await call(server, name, sample.input(parts))
      if (cell === 'ok') {
        assert.equal(answer.status, 200, answer.text)
        return
      }
      const [code, text] = ERRORS[cell]
      assert.equal(answer.code, code, answer.text)
      const arn = `arn:aws:kms:${REGION}:${ACCOUNT}:key/${parts.keyId}`
      assert.equal(answer.message, cell === 'unavailable' ? text : `${arn} ${text}`)
      assert.equal(answer.status, 400)
    })
  }
}
