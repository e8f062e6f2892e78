/** Multi-Region keys: one material, one id, several keys. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { call, newKey, succeed } from '../support/calls.ts'
import { REGION } from '../support/kms.ts'
import { startServer, type TestServer } from '../support/server.ts'

const ACCOUNT = '000000000000'
const OTHER = 'eu-central-1'
const THIRD = 'us-west-2'
const PLAINTEXT = Buffer.from('a plaintext').toString('base64')

let server: TestServer

before(async () => {
  server = await startServer()
})

after(async () => {
  await server[Symbol.asyncDispose]()
})

function arnIn(region: string, keyId: string): string {
  return `arn:aws:kms:${region}:${ACCOUNT}:key/${keyId}`
}

async function describe(keyId: string, region: string): Promise<Readonly<Record<string, unknown>>> {
  const { KeyMetadata } = await succeed(server, 'DescribeKey', { KeyId: keyId }, { region })
  return KeyMetadata as Readonly<Record<string, unknown>>
}

async function replicated(): Promise<string> {
  const keyId = await newKey(server, { MultiRegion: true })
  await succeed(server, 'ReplicateKey', { KeyId: keyId, ReplicaRegion: OTHER })
  return keyId
}

test('CreateKey makes a primary key without replicas', async () => {
  const keyId = await newKey(server, { MultiRegion: true })
  assert.match(keyId, /^mrk-[0-9a-f]{32}$/)
  const metadata = await describe(keyId, REGION)
  assert.equal(metadata['MultiRegion'], true)
  assert.deepEqual(metadata['MultiRegionConfiguration'], {
    MultiRegionKeyType: 'PRIMARY',
    PrimaryKey: { Arn: arnIn(REGION, keyId), Region: REGION },
    ReplicaKeys: [],
  })
})

test('ReplicateKey answers a key that is being created, which then is there in its region', async () => {
  const keyId = await newKey(server, { MultiRegion: true, Description: 'the primary' })
  const input = { KeyId: keyId, ReplicaRegion: OTHER, Tags: [{ TagKey: 'a', TagValue: 'b' }] }
  const answer = await succeed(server, 'ReplicateKey', input)
  const metadata = answer['ReplicaKeyMetadata'] as Readonly<Record<string, unknown>>
  assert.equal(metadata['KeyState'], 'Creating')
  assert.equal(metadata['Enabled'], false)
  assert.equal(metadata['CurrentKeyMaterialId'], undefined)
  assert.equal(metadata['Arn'], arnIn(OTHER, keyId))
  assert.equal(metadata['Description'], '')
  assert.deepEqual(answer['ReplicaTags'], input.Tags)
  const expected = {
    PrimaryKey: { Arn: arnIn(REGION, keyId), Region: REGION },
    ReplicaKeys: [{ Arn: arnIn(OTHER, keyId), Region: OTHER }],
  }
  const replica = await describe(keyId, OTHER)
  assert.equal(replica['KeyState'], 'Enabled')
  assert.deepEqual(replica['MultiRegionConfiguration'], { MultiRegionKeyType: 'REPLICA', ...expected })
  const primary = await describe(keyId, REGION)
  assert.deepEqual(primary['MultiRegionConfiguration'], { MultiRegionKeyType: 'PRIMARY', ...expected })
  assert.equal(primary['CurrentKeyMaterialId'], replica['CurrentKeyMaterialId'])
})

test('any key of a set opens what another has made, also after a rotation', async () => {
  const keyId = await replicated()
  const { CiphertextBlob: first } = await succeed(server, 'Encrypt', { KeyId: keyId, Plaintext: PLAINTEXT })
  await succeed(server, 'RotateKeyOnDemand', { KeyId: keyId })
  const { CiphertextBlob: second } = await succeed(server, 'Encrypt', { KeyId: keyId, Plaintext: PLAINTEXT })
  await succeed(server, 'ReplicateKey', { KeyId: keyId, ReplicaRegion: THIRD })
  for (const region of [REGION, OTHER, THIRD]) {
    for (const blob of [first, second]) {
      const opened = await succeed(server, 'Decrypt', { CiphertextBlob: String(blob) }, { region })
      assert.equal(opened['Plaintext'], PLAINTEXT)
      assert.equal(opened['KeyId'], arnIn(region, keyId))
    }
  }
})

test('what a replica signs the primary verifies', async () => {
  const keyId = await newKey(server, { MultiRegion: true, KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' })
  await succeed(server, 'ReplicateKey', { KeyId: keyId, ReplicaRegion: OTHER })
  const message = { KeyId: keyId, Message: PLAINTEXT, SigningAlgorithm: 'ECDSA_SHA_256' }
  const { Signature } = await succeed(server, 'Sign', message, { region: OTHER })
  const verified = await succeed(server, 'Verify', { ...message, Signature: String(Signature) })
  assert.equal(verified['SignatureValid'], true)
})

test('ReplicateKey and rotation refuse a replica, a key of one region and a region that has one', async () => {
  const keyId = await replicated()
  const onReplica = await call(
    server,
    'ReplicateKey',
    { KeyId: keyId, ReplicaRegion: THIRD },
    { region: OTHER },
  )
  assert.equal(onReplica.code, 'UnsupportedOperationException')
  assert.equal(onReplica.message, `${arnIn(OTHER, keyId)} is not a multi-region primary key.`)
  const rotated = await call(server, 'RotateKeyOnDemand', { KeyId: keyId }, { region: OTHER })
  assert.equal(rotated.code, 'UnsupportedOperationException')
  const again = await call(server, 'ReplicateKey', { KeyId: keyId, ReplicaRegion: OTHER })
  assert.equal(again.code, 'AlreadyExistsException')
  const atHome = await call(server, 'ReplicateKey', { KeyId: keyId, ReplicaRegion: REGION })
  assert.equal(atHome.code, 'AlreadyExistsException')
  assert.equal(atHome.message, `${REGION} cannot have a replica because it contains the primary.`)
  const single = await newKey(server)
  for (const [operation, more] of [
    ['ReplicateKey', { ReplicaRegion: OTHER }],
    ['ReplicateKey', { ReplicaRegion: REGION }],
    ['UpdatePrimaryRegion', { PrimaryRegion: OTHER }],
  ] as const) {
    const ofSingle = await call(server, operation, { KeyId: single, ...more })
    assert.equal(ofSingle.code, 'UnsupportedOperationException')
    assert.equal(ofSingle.message, `${arnIn(REGION, single)} is not a multi-region key.`)
  }
})

test('UpdatePrimaryRegion makes the replica the primary, which rotates and replicates from then on', async () => {
  const keyId = await replicated()
  const answer = await call(server, 'UpdatePrimaryRegion', { KeyId: keyId, PrimaryRegion: OTHER })
  assert.equal(answer.status, 200, answer.text)
  assert.equal(answer.text, '')
  const expected = {
    PrimaryKey: { Arn: arnIn(OTHER, keyId), Region: OTHER },
    ReplicaKeys: [{ Arn: arnIn(REGION, keyId), Region: REGION }],
  }
  const was = await describe(keyId, REGION)
  assert.deepEqual(was['MultiRegionConfiguration'], { MultiRegionKeyType: 'REPLICA', ...expected })
  await succeed(server, 'RotateKeyOnDemand', { KeyId: keyId }, { region: OTHER })
  const missing = await call(
    server,
    'UpdatePrimaryRegion',
    { KeyId: keyId, PrimaryRegion: THIRD },
    { region: OTHER },
  )
  assert.equal(missing.code, 'NotFoundException')
})

test('a primary key with replicas waits for them before it is deleted', async () => {
  const keyId = await replicated()
  const scheduled = await succeed(server, 'ScheduleKeyDeletion', { KeyId: keyId, PendingWindowInDays: 7 })
  assert.equal(scheduled['KeyState'], 'PendingReplicaDeletion')
  assert.equal(scheduled['DeletionDate'], undefined)
  const metadata = await describe(keyId, REGION)
  assert.equal(metadata['PendingDeletionWindowInDays'], 7)
  await succeed(server, 'CancelKeyDeletion', { KeyId: keyId })
  assert.equal((await describe(keyId, REGION))['KeyState'], 'Disabled')
  const replica = await succeed(server, 'ScheduleKeyDeletion', { KeyId: keyId }, { region: OTHER })
  assert.equal(replica['KeyState'], 'PendingDeletion')
})
