/** Delivery of events: endpoints that are down, slow, failing or gone, and servers that are killed. */

import assert from 'node:assert/strict'
import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { readEvents } from '../support/audit.ts'
import { call, newKey, succeed } from '../support/calls.ts'
import { makeCertificate, testWithCertificate } from '../support/certificate.ts'
import { runHoldfast } from '../support/command.ts'
import { holdfast } from '../support/run.ts'
import { startServer, type TestServer, temporaryFolder } from '../support/server.ts'
import { until } from '../support/until.ts'
import {
  expectedSignature,
  newSecret,
  type Receiver,
  startReceiver,
  writeWebhooks,
} from '../support/webhook.ts'

const RETRY = { firstDelayMs: 100, maxAttempts: 20 }

/** A folder that is removed at the end. */
async function newFolder(): Promise<AsyncDisposable & { readonly path: string; readonly data: string }> {
  const path = await temporaryFolder()
  return {
    path,
    data: join(path, 'data'),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  }
}

/** Rotates a key; gives its id, by which the event is known. */
async function rotated(server: TestServer): Promise<string> {
  const keyId = await newKey(server)
  await succeed(server, 'RotateKeyOnDemand', { KeyId: keyId })
  return keyId
}

function has(receiver: Receiver, keyId: string): boolean {
  return receiver.received.some(({ event, status }) => event.detail['key-id'] === keyId && status === 204)
}

function comes(receiver: Receiver, keyIds: readonly string[]): Promise<true> {
  return until(`${keyIds.length} events were delivered`, async () =>
    keyIds.every((keyId) => has(receiver, keyId)) ? true : undefined,
  )
}

/** Dead letters as `holdfast events list-dead` shows them. */
async function listDead(data: string): Promise<readonly string[]> {
  const { output, errors, status } = await runHoldfast(data, 'events', 'list-dead')
  assert.match(errors, /^(?:next: holdfast events redeliver [^\n]+\n)?$/)
  assert.equal(status, 0)
  return output.split('\n').filter((line) => line !== '')
}

function deadLetters(data: string, count: number): Promise<readonly string[]> {
  return until(`there were ${count} dead letters`, async () => {
    const lines = await listDead(data)
    return lines.length === count ? lines : undefined
  })
}

test('events of a server that was killed before it had delivered them are delivered after its next start', async () => {
  await using folder = await newFolder()
  const { data, path } = folder
  const secret = newSecret()
  let receiver = await startReceiver()
  const { port, url } = receiver
  await receiver[Symbol.asyncDispose]()
  const environment = await writeWebhooks(path, secret, [{ url, retry: RETRY }])
  const keyIds: string[] = []
  for (let round = 0; round < 3; round += 1) {
    const server = await startServer({ data, environment })
    for (let key = 0; key < 4; key += 1) keyIds.push(await rotated(server))
    // At once in the last round, and after it has tried in others.
    if (round < 2) await until('it has tried', async () => /ECONNREFUSED/.test(server.errors()) || undefined)
    await server.kill()
  }
  receiver = await startReceiver({ port })
  await using server = await startServer({ data, environment })
  await comes(receiver, keyIds)
  for (const request of receiver.received) {
    assert.equal(request.headers['webhook-signature'], expectedSignature(secret, request))
  }
  const ids = receiver.received.filter(({ event }) => keyIds.includes(String(event.detail['key-id'])))
  assert.ok(new Set(ids.map(({ event }) => event.id)).size === keyIds.length, 'an event has one id')
  assert.equal(await server.stop(), 0)
  await receiver[Symbol.asyncDispose]()
})

test('a server that is killed while an endpoint takes an event sends it again', async () => {
  await using folder = await newFolder()
  await using receiver = await startReceiver()
  const { data, path } = folder
  const environment = await writeWebhooks(path, newSecret(), [{ url: receiver.url, retry: RETRY }])
  receiver.answer = () => 'nothing'
  const first = await startServer({ data, environment })
  const keyId = await rotated(first)
  await until('the endpoint has it', async () => receiver.received[0])
  await first.kill()
  receiver.answer = () => 204
  await using second = await startServer({ data, environment })
  await comes(receiver, [keyId])
  const bodies = new Set(receiver.received.map(({ body }) => body))
  assert.equal(bodies.size, 1)
  assert.equal(await second.stop(), 0)
})

test('an endpoint that does not answer holds up no other, and no stop', async () => {
  await using folder = await newFolder()
  await using slow = await startReceiver()
  await using fast = await startReceiver()
  slow.answer = () => 'nothing'
  const environment = await writeWebhooks(folder.path, newSecret(), [
    { url: slow.url, retry: { timeoutMs: 60_000 } },
    { url: fast.url },
  ])
  await using server = await startServer({ data: folder.data, environment })
  const keyIds = [await rotated(server), await rotated(server)]
  await comes(fast, keyIds)
  await until('the slow one has something', async () => slow.received[0])
  assert.equal(await server.stop(), 0)
  assert.equal(slow.received.length, 1)
})

test('an endpoint that does not answer in time is tried again', async () => {
  await using folder = await newFolder()
  await using receiver = await startReceiver()
  let silences = 1
  receiver.answer = () => (silences-- > 0 ? 'nothing' : 204)
  const retry = { ...RETRY, timeoutMs: 100 }
  const environment = await writeWebhooks(folder.path, newSecret(), [{ url: receiver.url, retry }])
  await using server = await startServer({ data: folder.data, environment })
  await comes(receiver, [await rotated(server)])
  assert.match(server.errors(), /no answer from 127\.0\.0\.1:\d+ within 100 ms/)
})

test('an event that is never taken becomes a dead letter, which can be delivered again', async () => {
  await using folder = await newFolder()
  await using receiver = await startReceiver()
  const { data, path } = folder
  const url = `${receiver.url}?token=do-not-show`
  const environment = await writeWebhooks(path, newSecret(), [{ url, retry: { ...RETRY, maxAttempts: 2 } }])
  await using server = await startServer({ data, environment })
  receiver.answer = () => 400
  const keyId = await rotated(server)
  const [line = ''] = await deadLetters(data, 1)
  assert.equal(receiver.received.length, 2)
  const id = receiver.received[0]?.event.id ?? ''
  assert.ok(line.includes(`  ${id}  ${new URL(url).origin}  2  it answered 400`), line)
  assert.equal(((await stat(join(data, 'events/dead-letters.jsonl'))).mode & 0o777).toString(8), '600')
  const other = await runHoldfast(data, 'events', 'redeliver', '--event', 'another')
  assert.deepEqual([other.status, other.errors], [2, 'holdfast: no dead letter has the event ID another\n'])
  receiver.answer = () => 204
  const again = await runHoldfast(data, 'events', 'redeliver', '--event', id)
  assert.deepEqual([again.status, again.output], [0, 'queued for delivery: 1 event\n'])
  await comes(receiver, [keyId])
  assert.deepEqual(await listDead(data), [])
  assert.ok(!server.errors().includes('do-not-show'))
})

test('an endpoint that is gone gets nothing more until its dead letters are delivered again', async () => {
  await using folder = await newFolder()
  await using receiver = await startReceiver()
  const { data, path } = folder
  const environment = await writeWebhooks(path, newSecret(), [{ url: receiver.url, retry: RETRY }])
  await using server = await startServer({ data, environment })
  receiver.answer = () => 410
  const first = await rotated(server)
  await deadLetters(data, 1)
  receiver.answer = () => 204
  const second = await rotated(server)
  const lines = await deadLetters(data, 2)
  for (const line of lines) assert.match(line, /the endpoint has said that it is gone$/)
  assert.deepEqual(
    receiver.received.map(({ status }) => status),
    [410],
  )
  const again = await runHoldfast(data, 'events', 'redeliver')
  assert.deepEqual([again.status, again.output], [0, 'queued for delivery: 2 events\n'])
  await comes(receiver, [first, second])
  const third = await rotated(server)
  await comes(receiver, [third])
  assert.deepEqual(
    receiver.received.slice(1).map(({ event }) => event.detail['key-id']),
    [first, second, third],
  )
})

test('what waits for an endpoint that is not set any more becomes dead letters', async () => {
  await using folder = await newFolder()
  const { data, path } = folder
  const receiver = await startReceiver()
  await receiver[Symbol.asyncDispose]()
  const environment = await writeWebhooks(path, newSecret(), [{ url: receiver.url }])
  const first = await startServer({ data, environment })
  await rotated(first)
  await until('it has tried', async () => /ECONNREFUSED/.test(first.errors()) || undefined)
  assert.equal(await first.stop(), 0)
  await using second = await startServer({ data })
  const [line] = await deadLetters(data, 1)
  assert.match(line ?? '', /the endpoint is not set any more$/)
  assert.equal(await second.stop(), 0)
})

test('an endpoint gets the events that it asks for', async () => {
  await using folder = await newFolder()
  await using rotations = await startReceiver()
  await using own = await startReceiver()
  const environment = await writeWebhooks(folder.path, newSecret(), [
    { url: rotations.url, events: [{ source: ['aws.kms'], 'detail-type': ['KMS CMK Rotation'] }] },
    { url: own.url, events: [{ source: ['holdfast'] }] },
  ])
  await using server = await startServer({ data: folder.data, environment })
  const test = () => runHoldfast(folder.data, 'events', 'test')
  assert.equal((await test()).status, 0)
  await until('the test came', async () => own.received[0])
  const keyId = await rotated(server)
  await comes(rotations, [keyId])
  assert.equal((await test()).status, 0)
  await until('the second test came', async () => own.received[1])
  assert.deepEqual(
    [...own.received, ...rotations.received].map(({ event }) => event['detail-type']),
    ['Test', 'Test', 'KMS CMK Rotation'],
  )
})

test('events test fails for a server without endpoints, and records nothing', async () => {
  await using folder = await newFolder()
  await using server = await startServer({ data: folder.data })
  const { status, output, errors } = await runHoldfast(folder.data, 'events', 'test')
  assert.deepEqual([status, output], [2, ''])
  assert.match(errors, /^holdfast: the server on this data folder has no endpoints: set HOLDFAST_WEBHOOKS /)
  await succeed(server, 'ListKeys', {})
  const names = (await readEvents(folder.data)).map(({ eventName }) => eventName)
  assert.ok(names.length > 0 && !names.includes('TestEvents'))
})

test('several workers deliver every event, one of them at a time', async () => {
  await using folder = await newFolder()
  await using receiver = await startReceiver()
  const environment = {
    ...(await writeWebhooks(folder.path, newSecret(), [{ url: receiver.url, retry: RETRY }])),
    HOLDFAST_WORKERS: '3',
  }
  await using server = await startServer({ data: folder.data, environment })
  const keyIds: string[] = []
  for (let key = 0; key < 12; key += 1) keyIds.push(await rotated(server))
  await comes(receiver, keyIds)
  assert.equal(await server.stop(), 0)
  assert.equal(receiver.received.length, keyIds.length)
})

test('a record that does not open is an alarm among the events, told once', async () => {
  await using folder = await newFolder()
  await using receiver = await startReceiver()
  const { data, path } = folder
  const environment = await writeWebhooks(path, newSecret(), [{ url: receiver.url }])
  const first = await startServer({ data })
  const keyId = await newKey(first)
  assert.equal(await first.stop(), 0)
  const intruder = new DatabaseSync(join(data, 'holdfast.db'), { timeout: 5000 })
  intruder.exec("UPDATE records SET version = version + 1 WHERE kind = 'key'")
  intruder.close()
  await using server = await startServer({ data, environment })
  for (let time = 0; time < 3; time += 1) {
    const { code } = await call(server, 'DescribeKey', { KeyId: keyId })
    assert.equal(code, 'KMSInternalException')
  }
  const { event } = await until('the alarm came', async () => receiver.received[0])
  assert.deepEqual([event['detail-type'], event.source, event.resources], ['Integrity Alarm', 'holdfast', []])
  assert.match(String(event.detail['reason']), /^record key [0-9a-f]{64} version \d+ is damaged/)
  assert.equal((await runHoldfast(data, 'events', 'test')).status, 0)
  await until('the test came', async () =>
    receiver.received.find((one) => one.event['detail-type'] === 'Test'),
  )
  assert.equal(receiver.received.length, 2)
})

testWithCertificate(
  'an endpoint with a certificate of an authority of its own is reached, and no other',
  async () => {
    await using folder = await newFolder()
    await using certificate = await makeCertificate()
    await using trusted = await startReceiver({ certificate })
    await using unknown = await startReceiver({ certificate })
    const secret = newSecret()
    const environment = await writeWebhooks(folder.path, secret, [
      { url: trusted.url, caFile: certificate.certFile, retry: RETRY },
      { url: unknown.url, retry: { ...RETRY, maxAttempts: 2 } },
    ])
    await using server = await startServer({ data: folder.data, environment })
    await comes(trusted, [await rotated(server)])
    const [request] = trusted.received
    assert.ok(request)
    assert.equal(request.headers['webhook-signature'], expectedSignature(secret, request))
    const [line] = await deadLetters(folder.data, 1)
    assert.match(line ?? '', /certificate/)
    assert.deepEqual(unknown.received, [])
  },
)

test('serve refuses a file of endpoints that it cannot use, and shows no secret', async () => {
  await using folder = await newFolder()
  const environment = await writeWebhooks(folder.path, 'whsec_short', [{ url: 'https://localhost/' }])
  const ended = await holdfast(['serve', '--data', folder.data, '--listen', '127.0.0.1:0'], { environment })
  assert.equal(ended.status, 2)
  assert.match(
    ended.err,
    /HOLDFAST_WEBHOOKS: cannot use '.*secret': a secret must be whsec_ and 24 to 64 bytes/,
  )
  assert.ok(!ended.err.includes('whsec_short'))
})
