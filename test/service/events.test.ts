/** Events: what becomes one, and that each reaches its endpoints whatever happens to server and endpoint. */

import assert from 'node:assert/strict'
import { constants, createPublicKey, publicEncrypt, randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { keyArn } from '../../src/api/arn.ts'
import { openDeployment } from '../../src/app/deployment.ts'
import { parseConfig } from '../../src/config/settings.ts'
import { KEY, partitionOf } from '../../src/kms/keys/key-record.ts'
import { dueNote } from '../../src/kms/lifecycle/due.ts'
import { replace } from '../../src/store/records.ts'
import { readEvents } from '../support/audit.ts'
import { call, encryptText, newKey, succeed } from '../support/calls.ts'
import { REGION } from '../support/kms.ts'
import { holdfast } from '../support/run.ts'
import { startServer, type TestServer, temporaryFolder } from '../support/server.ts'
import { until } from '../support/until.ts'
import {
  expectedSignature,
  newSecret,
  type Received,
  type ReceivedEvent,
  type Receiver,
  startReceiver,
  writeWebhooks,
} from '../support/webhook.ts'

const ACCOUNT = '000000000000'
const RETRY = { firstDelayMs: 100, maxAttempts: 20 }

let folder: string
let data: string
let secret: string
let receiver: Receiver
let server: TestServer

before(async () => {
  folder = await temporaryFolder()
  data = join(folder, 'data')
  secret = newSecret()
  receiver = await startReceiver()
  const environment = await writeWebhooks(folder, secret, [{ url: receiver.url, retry: RETRY }])
  server = await startServer({ data, environment })
})

after(async () => {
  await server[Symbol.asyncDispose]()
  await receiver[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

/** The request by which an event about a key came. */
function received(detailType: string, keyId: string, at: Receiver = receiver): Promise<Received> {
  return until(`${detailType} of ${keyId} was delivered`, async () =>
    at.received.find(
      ({ event, status }) =>
        event['detail-type'] === detailType && event.detail['key-id'] === keyId && status === 204,
    ),
  )
}

/** The event without what differs each time, once that is seen to be right. */
async function shapeOf({ event }: Received): Promise<Omit<ReceivedEvent, 'id' | 'time'>> {
  const { id, time, ...rest } = event
  const record = (await readEvents(data)).find(({ eventID }) => eventID === id)
  assert.equal(record?.['eventTime'], time)
  assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  return rest
}

function kmsEvent(detailType: string, keyId: string, detail: object): object {
  return {
    version: '0',
    'detail-type': detailType,
    source: 'aws.kms',
    account: ACCOUNT,
    region: REGION,
    resources: [keyArn(REGION, ACCOUNT, keyId)],
    detail: { 'key-id': keyId, ...detail },
  }
}

async function materialOf(keyId: string): Promise<unknown> {
  const { KeyMetadata } = await succeed(server, 'DescribeKey', { KeyId: keyId })
  return (KeyMetadata as Record<string, unknown>)['CurrentKeyMaterialId']
}

test('a rotation is told as AWS KMS does, signed, with the id of its audit record', async () => {
  const keyId = await newKey(server)
  const before = await materialOf(keyId)
  await succeed(server, 'RotateKeyOnDemand', { KeyId: keyId })
  const request = await received('KMS CMK Rotation', keyId)
  assert.deepEqual(
    await shapeOf(request),
    kmsEvent('KMS CMK Rotation', keyId, {
      'key-origin': 'AWS_KMS',
      'rotation-type': 'ON_DEMAND',
      'previous-key-material-id': before,
      'current-key-material-id': await materialOf(keyId),
    }),
  )
  const { headers, event, path } = request
  assert.equal(path, '/events')
  assert.equal(headers['content-type'], 'application/json')
  assert.equal(headers['webhook-id'], event.id)
  assert.equal(headers['webhook-signature'], expectedSignature(secret, request))
  const age = Date.now() / 1000 - Number(headers['webhook-timestamp'])
  assert.ok(age >= 0 && age < 60, String(age))
  assert.ok(server.errors().includes(`"id":"${event.id}","detail-type":"KMS CMK Rotation"`))
})

test('the expiry of imported material is told as AWS KMS does', async () => {
  const keyId = await newKey(server, { Origin: 'EXTERNAL' })
  const { PublicKey, ImportToken } = await succeed(server, 'GetParametersForImport', {
    KeyId: keyId,
    WrappingAlgorithm: 'RSAES_OAEP_SHA_256',
    WrappingKeySpec: 'RSA_2048',
  })
  const key = createPublicKey({ key: Buffer.from(String(PublicKey), 'base64'), type: 'spki', format: 'der' })
  const padding = constants.RSA_PKCS1_OAEP_PADDING
  const sealed = publicEncrypt({ key, oaepHash: 'sha256', padding }, randomBytes(32))
  const { KeyMaterialId } = await succeed(server, 'ImportKeyMaterial', {
    KeyId: keyId,
    ImportToken: String(ImportToken),
    EncryptedKeyMaterial: sealed.toString('base64'),
    ExpirationModel: 'KEY_MATERIAL_EXPIRES',
    ValidTo: Math.ceil(Date.now() / 1000) + 2,
  })
  const request = await received('KMS Imported Key Material Expiration', keyId)
  assert.deepEqual(
    await shapeOf(request),
    kmsEvent('KMS Imported Key Material Expiration', keyId, { 'key-material-id': KeyMaterialId }),
  )
})

test('the deletion of a key is told as AWS KMS does', async () => {
  const keyId = await newKey(server)
  await succeed(server, 'ScheduleKeyDeletion', { KeyId: keyId, PendingWindowInDays: 7 })
  await makeDeletionDue(keyId)
  const request = await received('KMS CMK Deletion', keyId)
  assert.deepEqual(await shapeOf(request), kmsEvent('KMS CMK Deletion', keyId, {}))
})

/** Puts a key's deletion date to now, beside the server. */
async function makeDeletionDue(keyId: string): Promise<void> {
  const { records, wrappingKey } = await openDeployment(parseConfig({ flags: { data }, environment: {} }))
  wrappingKey[Symbol.dispose]()
  const key = await records.get(KEY, partitionOf(ACCOUNT, REGION), keyId)
  assert.ok(key)
  const at = Date.now()
  const note = { what: 'DeleteKey' as const, account: ACCOUNT, region: REGION, keyId, at }
  await records.commit([
    replace(key, { ...key.value, deletion: { at, windowDays: 7 } }),
    dueNote(`test/${keyId}`, note),
  ])
  await records.close()
}

for (const [operation, detailType] of [
  ['ScheduleKeyDeletion', 'Recently Used Key Scheduled For Deletion'],
  ['DisableKey', 'Recently Used Key Disabled'],
] as const) {
  test(`${operation} of a key that was used is told, with its last use`, async () => {
    const [unused, used] = [await newKey(server), await newKey(server)]
    await encryptText(server, used, 'a text')
    await succeed(server, operation, { KeyId: unused })
    await succeed(server, operation, { KeyId: used })
    const { event } = await received(detailType, used)
    const root = `arn:aws:iam::${ACCOUNT}:root`
    const { 'last-used-at': lastUsedAt, 'deletion-date': deletionDate, ...detail } = event.detail
    assert.deepEqual(detail, {
      'key-id': used,
      'requested-by': root,
      'last-operation': 'Encrypt',
      'last-used-by': root,
      'last-use-is-known': true,
    })
    const ageMs = Date.now() - Date.parse(String(lastUsedAt))
    assert.ok(ageMs >= 0 && ageMs < 60_000, String(lastUsedAt))
    assert.equal(typeof deletionDate, operation === 'ScheduleKeyDeletion' ? 'string' : 'undefined')
    assert.deepEqual([event.source, event.resources], ['holdfast', [keyArn(REGION, ACCOUNT, used)]])
    // What was recorded before it was looked at before it.
    assert.ok(!receiver.received.some(({ body }) => body.includes(unused)))
  })
}

test('PutKeyPolicy that may lock everybody out is told, and one that does not is not', async () => {
  const [risky, safe] = [await newKey(server), await newKey(server)]
  const policy = (principal: string): string =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { AWS: principal }, Action: 'kms:Encrypt', Resource: '*' }],
    })
  const bypass = { BypassPolicyLockoutSafetyCheck: true }
  const { Policy } = await succeed(server, 'GetKeyPolicy', { KeyId: safe })
  await succeed(server, 'PutKeyPolicy', { KeyId: safe, Policy: String(Policy), ...bypass })
  await succeed(server, 'PutKeyPolicy', {
    KeyId: risky,
    Policy: policy(`arn:aws:iam::${ACCOUNT}:root`),
    ...bypass,
  })
  const { event } = await received('Key Policy Lock-Out Risk', risky)
  const { id, time, ...rest } = event
  assert.deepEqual(rest, {
    version: '0',
    'detail-type': 'Key Policy Lock-Out Risk',
    source: 'holdfast',
    account: ACCOUNT,
    region: REGION,
    resources: [keyArn(REGION, ACCOUNT, risky)],
    detail: { 'key-id': risky, 'requested-by': `arn:aws:iam::${ACCOUNT}:root` },
  })
  assert.ok(!receiver.received.some(({ body }) => body.includes(safe)))
})

test('CreateKey with a policy that may lock everybody out is told', async () => {
  const statement = { Effect: 'Allow', Principal: '*', Action: 'kms:Encrypt', Resource: '*' }
  const keyId = await newKey(server, {
    Policy: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }),
    BypassPolicyLockoutSafetyCheck: true,
  })
  await received('Key Policy Lock-Out Risk', keyId)
})

test('Holdfast notifies of an account that passes the threshold of a quota', async () => {
  const quota = ['quota', 'set', '--account', ACCOUNT, '--name', 'kms.GetKeyLastUsage', '--value']
  assert.equal((await holdfast([...quota, '1', '--data', data])).status, 0)
  await Promise.all(
    Array.from({ length: 20 }, () => call(server, 'GetKeyLastUsage', { KeyId: 'alias/none' })),
  )
  const { event } = await until('the quota was told of', async () =>
    receiver.received.find(({ event: one }) => one['detail-type'] === 'Quota Nearly Reached'),
  )
  assert.deepEqual([event.source, event.account, event.region], ['holdfast', ACCOUNT, REGION])
  assert.equal(event.detail['quota'], 'kms.GetKeyLastUsage')
  assert.equal((await holdfast([...quota, 'default', '--data', data])).status, 0)
})

test('holdfast events test reaches the endpoint', async () => {
  const ended = await holdfast(['events', 'test', '--data', data])
  assert.deepEqual(
    [ended.status, ended.err],
    [
      0,
      'next: the server delivers to the endpoints in its HOLDFAST_WEBHOOKS; holdfast events list-dead shows what fails\n',
    ],
  )
  await until('the test was delivered', async () =>
    receiver.received.find(({ event }) => event['detail-type'] === 'Test' && event.source === 'holdfast'),
  )
})

test('an event is sent again with the same id and a signature of its own until it is taken', async () => {
  let failures = 3
  receiver.answer = () => (failures-- > 0 ? 500 : 204)
  const keyId = await newKey(server)
  await succeed(server, 'RotateKeyOnDemand', { KeyId: keyId })
  await received('KMS CMK Rotation', keyId)
  const all = receiver.received.filter(({ event }) => event.detail['key-id'] === keyId)
  assert.deepEqual(
    all.map(({ status }) => status),
    [500, 500, 500, 204],
  )
  assert.equal(new Set(all.map(({ body }) => body)).size, 1)
  for (const request of all)
    assert.equal(request.headers['webhook-signature'], expectedSignature(secret, request))
})

test('a redirect is not followed', async () => {
  let redirects = 1
  receiver.answer = () => (redirects-- > 0 ? 302 : 204)
  const keyId = await newKey(server)
  await succeed(server, 'RotateKeyOnDemand', { KeyId: keyId })
  await received('KMS CMK Rotation', keyId)
  assert.ok(!receiver.received.some(({ path }) => path === '/elsewhere'))
})
