/** The AWS CLI looks events up, and checks delivered files and their digests against a bucket. */

import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { newKey, succeed } from '../support/calls.ts'
import { deliverTrails } from '../support/deliver.ts'
import { type Ended, run } from '../support/run.ts'
import { type StoredObject, startS3, type TestS3 } from '../support/s3.ts'
import { startServer, type TestServer, temporaryFolder } from '../support/server.ts'
import { clientEnvironment, missingTool } from './tools.ts'

const ACCOUNT = '000000000000'
const ARN = `arn:aws:cloudtrail:eu-west-1:${ACCOUNT}:trail/checked`
const HOUR_MS = 3_600_000
const skip = await missingTool('aws', ['--version'])

let data: string
let server: TestServer
let s3: TestS3
let environment: Readonly<Record<string, string>>
const begun = Date.now()

before(async () => {
  if (skip !== false) return
  data = await temporaryFolder()
  s3 = await startS3()
  await serve()
})

after(async () => {
  if (skip !== false) return
  await server[Symbol.asyncDispose]()
  await s3[Symbol.asyncDispose]()
  await rm(data, { recursive: true, force: true })
})

async function serve(): Promise<void> {
  server = await startServer({ data })
  environment = {
    ...(await clientEnvironment(server)),
    AWS_ENDPOINT_URL: server.endpoint,
    AWS_ENDPOINT_URL_S3: s3.endpoint,
    AWS_MAX_ATTEMPTS: '5',
  }
}

function cloudtrail(...args: readonly string[]): Promise<Ended> {
  return run('aws', ['cloudtrail', ...args], { environment })
}

async function output(...args: readonly string[]): Promise<Record<string, unknown>> {
  const { status, out, err } = await cloudtrail(...args)
  assert.equal(status, 0, `aws cloudtrail ${args.join(' ')}\n${err}`)
  return out === '' ? {} : JSON.parse(out)
}

/** Delivers as the server does, hours later. The server must not run. */
const deliver = (hours: number): Promise<void> => deliverTrails(data, s3.endpoint, hours)

const validate = (): Promise<Ended> => {
  const time = (at: number): string => new Date(at).toISOString().slice(0, 19)
  const range = ['--start-time', time(begun - HOUR_MS), '--end-time', time(begun + 6 * HOUR_MS)]
  return cloudtrail('validate-logs', '--trail-arn', ARN, ...range, '--verbose')
}

test('the AWS CLI looks events up by every attribute', { skip }, async () => {
  const keyId = await newKey(server)
  await succeed(server, 'Encrypt', { KeyId: keyId, Plaintext: 'AAAA' })
  const all = await output(
    'lookup-events',
    '--lookup-attributes',
    `AttributeKey=ResourceName,AttributeValue=${keyId}`,
  )
  const events = all['Events'] as readonly {
    readonly EventName: string
    readonly EventId: string
    readonly Username: string
  }[]
  assert.deepEqual(
    events.map(({ EventName }) => EventName),
    ['Encrypt', 'CreateKey'],
  )
  const key = server.credentials.accessKeyId
  for (const [name, value] of [
    ['EventId', events[0]?.EventId ?? ''],
    ['EventName', 'Encrypt'],
    ['ReadOnly', 'true'],
    ['Username', 'root'],
    ['ResourceType', 'AWS::KMS::Key'],
    ['EventSource', 'kms.amazonaws.com'],
    ['AccessKeyId', key],
  ] as const) {
    const found = await output(
      'lookup-events',
      '--lookup-attributes',
      `AttributeKey=${name},AttributeValue=${value}`,
    )
    assert.ok(
      (found['Events'] as readonly { readonly EventName: string }[]).some(
        ({ EventName }) => EventName === 'Encrypt',
      ),
      name,
    )
  }
})

test('the AWS CLI finds delivered files and digests valid', { skip }, async () => {
  const made = await output(
    'create-trail',
    '--name',
    'checked',
    '--s3-bucket-name',
    'the-bucket',
    '--s3-key-prefix',
    'logs',
    '--enable-log-file-validation',
  )
  assert.equal(made['TrailARN'], ARN)
  await output('start-logging', '--name', 'checked')
  const keyId = await newKey(server)
  await server.stop()
  await deliver(0)
  await deliver(1)
  await serve()
  await succeed(server, 'Encrypt', { KeyId: keyId, Plaintext: 'AAAA' })
  await server.stop()
  await deliver(1)
  await deliver(3)
  await serve()
  const status = await output('get-trail-status', '--name', 'checked')
  assert.equal(status['IsLogging'], true)
  const { status: exit, out, err } = await validate()
  assert.equal(exit, 0, `${out}\n${err}`)
  assert.match(out, /^[34]\/[34] digest files valid$/m)
  assert.match(out, /^[2-9]\/[2-9] log files valid$/m)
  assert.doesNotMatch(out, /INVALID/)
})

const isDigest = (key: string): boolean => key.includes('/CloudTrail-Digest/')

/** What the CLI says while the bucket is not as it was delivered. */
async function validateSpoiled(spoil: (objects: Map<string, StoredObject>) => void): Promise<string> {
  const kept = new Map(s3.objects)
  spoil(s3.objects)
  try {
    const { status, out, err } = await validate()
    assert.equal(status, 1, out)
    return `${out}\n${err}`
  } finally {
    s3.objects.clear()
    for (const [key, object] of kept) s3.objects.set(key, object)
  }
}

function keysOf(objects: Map<string, StoredObject>, wanted: (key: string) => boolean): readonly string[] {
  const keys = [...objects.keys()].filter(wanted).sort()
  assert.ok(keys.length > 1)
  return keys
}

test('the AWS CLI rejects log files that were changed, removed or exchanged', { skip }, async () => {
  const isLog = (key: string): boolean => !isDigest(key)
  const changed = await validateSpoiled((objects) => {
    const [key = ''] = keysOf(objects, isLog)
    const object = objects.get(key)
    assert.ok(object)
    const text = gunzipSync(object.bytes).toString().replace('StartLogging', 'StopLogging1')
    objects.set(key, { ...object, bytes: gzipSync(text) })
  })
  assert.match(changed, /INVALID: hash value doesn't match/)
  const removed = await validateSpoiled((objects) => void objects.delete(keysOf(objects, isLog)[0] ?? ''))
  assert.match(removed, /INVALID: not found/)
  const exchanged = await validateSpoiled((objects) => {
    const [one = '', two = ''] = keysOf(objects, isLog)
    const [first, second] = [objects.get(one), objects.get(two)]
    assert.ok(first !== undefined && second !== undefined)
    objects.set(one, second)
    objects.set(two, first)
  })
  assert.match(exchanged, /INVALID: hash value doesn't match/)
})

test('the AWS CLI rejects digests that were changed, removed or exchanged', { skip }, async () => {
  const changed = await validateSpoiled((objects) => {
    const [key = ''] = keysOf(objects, isDigest)
    const object = objects.get(key)
    assert.ok(object)
    const text = gunzipSync(object.bytes).toString().replace('"logFiles":[{', '"logFiles":[ {')
    objects.set(key, { ...object, bytes: gzipSync(text) })
  })
  assert.match(changed, /INVALID: signature verification failed/)
  const removed = await validateSpoiled((objects) => void objects.delete(keysOf(objects, isDigest)[0] ?? ''))
  assert.match(removed, /INVALID/)
  const exchanged = await validateSpoiled((objects) => {
    const [one = '', two = ''] = keysOf(objects, isDigest)
    const [first, second] = [objects.get(one), objects.get(two)]
    assert.ok(first !== undefined && second !== undefined)
    objects.set(one, second)
    objects.set(two, first)
  })
  assert.match(exchanged, /INVALID/)
})
