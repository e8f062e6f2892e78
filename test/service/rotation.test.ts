/** Rotation: new material, and old ciphertexts that open for ever. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { call, newKey, succeed } from '../support/calls.ts'
import { startServer, type TestServer } from '../support/server.ts'

const PLAINTEXT = Buffer.from('a plaintext').toString('base64')
const DAY_SECONDS = 86_400

type Rotation = { readonly KeyMaterialId: string; readonly [name: string]: unknown }

let server: TestServer

before(async () => {
  server = await startServer()
})

after(async () => {
  await server[Symbol.asyncDispose]()
})

async function currentKeyMaterial(keyId: string): Promise<string> {
  const { KeyMetadata } = await succeed(server, 'DescribeKey', { KeyId: keyId })
  return (KeyMetadata as { CurrentKeyMaterialId: string }).CurrentKeyMaterialId
}

async function rotations(keyId: string, more: { readonly [name: string]: string } = {}): Promise<Rotation[]> {
  const { Rotations } = await succeed(server, 'ListKeyRotations', { KeyId: keyId, ...more })
  return Rotations as Rotation[]
}

test('RotateKeyOnDemand changes the material, and ciphertexts of the one before open', async () => {
  const keyId = await newKey(server)
  const first = await currentKeyMaterial(keyId)
  const { CiphertextBlob: old } = await succeed(server, 'Encrypt', { KeyId: keyId, Plaintext: PLAINTEXT })
  const { KeyId } = await succeed(server, 'RotateKeyOnDemand', { KeyId: keyId })
  assert.match(String(KeyId), /^arn:aws:kms:/)
  const second = await currentKeyMaterial(keyId)
  assert.notEqual(second, first)
  const { CiphertextBlob: recent } = await succeed(server, 'Encrypt', { KeyId: keyId, Plaintext: PLAINTEXT })
  const openedOld = await succeed(server, 'Decrypt', { CiphertextBlob: String(old) })
  assert.deepEqual([openedOld['Plaintext'], openedOld['KeyMaterialId']], [PLAINTEXT, first])
  const openedRecent = await succeed(server, 'Decrypt', { CiphertextBlob: String(recent) })
  assert.deepEqual([openedRecent['Plaintext'], openedRecent['KeyMaterialId']], [PLAINTEXT, second])
})

test('ListKeyRotations lists rotations, and with ALL_KEY_MATERIAL the first material too', async () => {
  const keyId = await newKey(server)
  const first = await currentKeyMaterial(keyId)
  assert.deepEqual(await rotations(keyId), [])
  await succeed(server, 'RotateKeyOnDemand', { KeyId: keyId })
  const second = await currentKeyMaterial(keyId)
  const [rotation] = await rotations(keyId)
  assert.ok(rotation)
  assert.equal(rotation.KeyMaterialId, second)
  assert.match(String(rotation['KeyId']), new RegExp(`^arn:aws:kms:.*:key/${keyId}$`))
  assert.equal(rotation['RotationType'], 'ON_DEMAND')
  assert.equal(rotation['KeyMaterialState'], 'CURRENT')
  assert.equal(typeof rotation['RotationDate'], 'number')
  const all = await rotations(keyId, { IncludeKeyMaterial: 'ALL_KEY_MATERIAL' })
  assert.deepEqual(
    all.map((entry) => [entry.KeyMaterialId, entry['KeyMaterialState'], entry['RotationType']]),
    [
      [first, 'NON_CURRENT', undefined],
      [second, 'CURRENT', 'ON_DEMAND'],
    ],
  )
})

test('RotateKeyOnDemand works 25 times and not 26', async () => {
  const keyId = await newKey(server)
  for (let time = 1; time <= 25; time += 1) await succeed(server, 'RotateKeyOnDemand', { KeyId: keyId })
  const answer = await call(server, 'RotateKeyOnDemand', { KeyId: keyId })
  assert.equal(answer.code, 'LimitExceededException')
  assert.match(
    answer.message ?? '',
    /^The on-demand rotations limit has been reached for the given keyId\. No more on-demand rotations can be performed for this key: arn:aws:kms:/,
  )
})

test('EnableKeyRotation sets period and next date, which DisableKeyRotation takes away', async () => {
  const keyId = await newKey(server)
  const off = await succeed(server, 'GetKeyRotationStatus', { KeyId: keyId })
  assert.match(String(off['KeyId']), new RegExp(`^arn:aws:kms:.*:key/${keyId}$`))
  assert.deepEqual(off, { KeyId: off['KeyId'], KeyRotationEnabled: false })
  await succeed(server, 'EnableKeyRotation', { KeyId: keyId, RotationPeriodInDays: 90 })
  const on = await succeed(server, 'GetKeyRotationStatus', { KeyId: keyId })
  assert.equal(on['KeyRotationEnabled'], true)
  assert.equal(on['RotationPeriodInDays'], 90)
  const days = (Number(on['NextRotationDate']) - Date.now() / 1000) / DAY_SECONDS
  assert.ok(days > 89.9 && days <= 90)
  await succeed(server, 'EnableKeyRotation', { KeyId: keyId })
  const again = await succeed(server, 'GetKeyRotationStatus', { KeyId: keyId })
  assert.equal(again['RotationPeriodInDays'], 365)
  await succeed(server, 'DisableKeyRotation', { KeyId: keyId })
  assert.deepEqual(await succeed(server, 'GetKeyRotationStatus', { KeyId: keyId }), off)
})

test('a key that is to be deleted does not rotate, and does again when that is cancelled', async () => {
  const keyId = await newKey(server)
  await succeed(server, 'EnableKeyRotation', { KeyId: keyId, RotationPeriodInDays: 100 })
  await succeed(server, 'ScheduleKeyDeletion', { KeyId: keyId })
  const pending = await succeed(server, 'GetKeyRotationStatus', { KeyId: keyId })
  assert.equal(pending['KeyRotationEnabled'], false)
  await succeed(server, 'CancelKeyDeletion', { KeyId: keyId })
  const back = await succeed(server, 'GetKeyRotationStatus', { KeyId: keyId })
  assert.equal(back['RotationPeriodInDays'], 100)
})
