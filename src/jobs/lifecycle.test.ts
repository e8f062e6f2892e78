import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ACCOUNT,
  cancel,
  DAY_MS,
  makeKey,
  openWorker,
  PARTITION,
  REGION,
  remains,
  START,
  schedule,
} from '../../test/support/lifecycle.ts'
import { testFolder } from '../../test/support/test-folder.ts'
import { STORE_KEY, storeKeyPartition } from '../kms/key-stores/custom-key-store.ts'
import { countKeys } from '../kms/keys/key-count.ts'
import { KEY } from '../kms/keys/key-record.ts'
import { insert, replace } from '../store/records.ts'
import { doWhatIsDue } from './lifecycle.ts'

test('doWhatIsDue removes a key with everything of it when its time has come, not before', async () => {
  using folder = testFolder()
  const time = { now: START }
  await using worker = await openWorker(folder.path, time)
  const { dependencies, records, events, forgotten } = worker
  await doWhatIsDue(dependencies)
  const at = START + 7 * DAY_MS
  await makeKey(records, 'leaves')
  await makeKey(records, 'stays')
  await schedule(records, 'leaves', at)
  for (const moment of [START, START + DAY_MS, at - 1]) {
    time.now = moment
    await doWhatIsDue(dependencies)
    assert.equal(await remains(records, 'leaves'), 6)
  }
  time.now = at
  await doWhatIsDue(dependencies)
  assert.equal(await remains(records, 'leaves'), 0)
  assert.equal(await remains(records, 'stays'), 6)
  assert.deepEqual(forgotten.toSorted(), ['leaves-1', 'leaves-2'])
  await doWhatIsDue(dependencies)
  assert.equal(events.length, 1)
})

test('doWhatIsDue does what a call notes for the day before after the job has looked at that day', async () => {
  using folder = testFolder()
  const time = { now: START }
  await using worker = await openWorker(folder.path, time)
  const { dependencies, records } = worker
  await doWhatIsDue(dependencies)
  await makeKey(records, 'leaves')
  const midnight = Date.parse('2026-11-25T00:00:00Z')
  time.now = midnight
  await doWhatIsDue(dependencies)
  await schedule(records, 'leaves', midnight - 1)
  await doWhatIsDue(dependencies)
  assert.equal(await remains(records, 'leaves'), 0)
})

test('doWhatIsDue gives the external key of a deleted key free, and asks no proxy', async () => {
  using folder = testFolder()
  const time = { now: START }
  await using worker = await openWorker(folder.path, time)
  const { dependencies, records } = worker
  await makeKey(records, 'external')
  const key = await records.get(KEY, PARTITION, 'external')
  assert.ok(key !== undefined)
  const partition = storeKeyPartition(ACCOUNT, REGION, 'cks-1')
  await records.commit([
    replace(key, { ...key.value, keyStore: { id: 'cks-1', xksKeyId: 'orders' } }),
    insert(STORE_KEY, partition, 'orders', { format: 1, keyId: 'external' }),
  ])
  const at = START + 7 * DAY_MS
  await schedule(records, 'external', at)
  time.now = at
  await doWhatIsDue(dependencies)
  assert.equal(await remains(records, 'external'), 0)
  assert.equal(await records.get(STORE_KEY, partition, 'orders'), undefined)
})

test('doWhatIsDue records a DeleteKey service event', async () => {
  using folder = testFolder()
  const time = { now: START }
  await using worker = await openWorker(folder.path, time)
  const { dependencies, records, events } = worker
  await makeKey(records, 'leaves')
  await schedule(records, 'leaves', START)
  await doWhatIsDue(dependencies)
  const { eventID, requestID, ...event } = events[0] ?? {}
  assert.match(String(eventID), /^[0-9a-f-]{36}$/)
  assert.match(String(requestID), /^[0-9a-f-]{36}$/)
  assert.deepEqual(event, {
    eventVersion: '1.11',
    userIdentity: { accountId: ACCOUNT, invokedBy: 'AWS Internal' },
    eventTime: '2026-11-24T12:00:00Z',
    eventSource: 'kms.amazonaws.com',
    eventName: 'DeleteKey',
    awsRegion: REGION,
    sourceIPAddress: 'AWS Internal',
    userAgent: 'AWS Internal',
    requestParameters: null,
    responseElements: null,
    readOnly: false,
    resources: [
      { accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN: `arn:aws:kms:${REGION}:${ACCOUNT}:key/leaves` },
    ],
    eventType: 'AwsServiceEvent',
    managementEvent: true,
    recipientAccountId: ACCOUNT,
    eventCategory: 'Management',
  })
})

test('doWhatIsDue counts one key less for each that it deletes', async () => {
  using folder = testFolder()
  const time = { now: START }
  await using worker = await openWorker(folder.path, time)
  const { dependencies, records } = worker
  for (const keyId of ['one', 'two', 'stays']) await makeKey(records, keyId)
  await schedule(records, 'one', START)
  await schedule(records, 'two', START)
  await doWhatIsDue(dependencies)
  assert.equal(await countKeys(records, { account: ACCOUNT, region: REGION }), -2)
})

test('doWhatIsDue leaves a key alone whose deletion was cancelled', async () => {
  using folder = testFolder()
  const time = { now: START }
  await using worker = await openWorker(folder.path, time)
  const { dependencies, records, events } = worker
  await makeKey(records, 'kept')
  await schedule(records, 'kept', START + DAY_MS)
  await cancel(records, 'kept')
  time.now = START + 2 * DAY_MS
  await doWhatIsDue(dependencies)
  assert.equal(await remains(records, 'kept'), 6)
  assert.deepEqual(events, [])
})

test('doWhatIsDue goes by the later date of a key that was cancelled and scheduled again', async () => {
  using folder = testFolder()
  const time = { now: START }
  await using worker = await openWorker(folder.path, time)
  const { dependencies, records, events } = worker
  await makeKey(records, 'later')
  await schedule(records, 'later', START + DAY_MS)
  await cancel(records, 'later')
  await schedule(records, 'later', START + 3 * DAY_MS)
  time.now = START + 2 * DAY_MS
  await doWhatIsDue(dependencies)
  assert.equal(await remains(records, 'later'), 6)
  time.now = START + 3 * DAY_MS
  await doWhatIsDue(dependencies)
  assert.equal(await remains(records, 'later'), 0)
  assert.equal(events.length, 1)
})

test('doWhatIsDue finds what came due while no server ran', async () => {
  using folder = testFolder()
  const time = { now: START }
  {
    await using worker = await openWorker(folder.path, time)
    await doWhatIsDue(worker.dependencies)
    for (const [keyId, days] of [
      ['first', 7],
      ['second', 9],
      ['third', 30],
    ] as const) {
      await makeKey(worker.records, keyId)
      await schedule(worker.records, keyId, START + days * DAY_MS)
    }
  }
  time.now = START + 20 * DAY_MS
  await using worker = await openWorker(folder.path, time)
  await doWhatIsDue(worker.dependencies)
  assert.equal(await remains(worker.records, 'first'), 0)
  assert.equal(await remains(worker.records, 'second'), 0)
  assert.equal(await remains(worker.records, 'third'), 6)
  assert.equal(worker.events.length, 2)
})

test('doWhatIsDue deletes a key once when several workers run it at once', async () => {
  using folder = testFolder()
  const time = { now: START }
  await using first = await openWorker(folder.path, time)
  await using second = await openWorker(folder.path, time)
  await using third = await openWorker(folder.path, time)
  const workers = [first, second, third]
  const keyIds = Array.from({ length: 12 }, (_, index) => `key-${index}`)
  for (const keyId of keyIds) {
    await makeKey(first.records, keyId)
    await schedule(first.records, keyId, START + DAY_MS)
  }
  time.now = START + DAY_MS
  await Promise.all(workers.map(({ dependencies }) => doWhatIsDue(dependencies)))
  // What one has left to another by a conflict is settled by the next run.
  for (const { dependencies } of workers) await doWhatIsDue(dependencies)
  for (const keyId of keyIds) assert.equal(await remains(first.records, keyId), 0)
  const deleted = workers.flatMap(({ events }) => events.map(({ resources }) => JSON.stringify(resources)))
  assert.equal(deleted.length, keyIds.length)
  assert.equal(new Set(deleted).size, keyIds.length)
})

test('doWhatIsDue starts and goes on from day to day in several workers at once', async () => {
  using folder = testFolder()
  const time = { now: START }
  await using first = await openWorker(folder.path, time)
  await using second = await openWorker(folder.path, time)
  for (let day = 0; day < 5; day += 1) {
    time.now = START + day * DAY_MS
    await Promise.all([doWhatIsDue(first.dependencies), doWhatIsDue(second.dependencies)])
  }
})

test('doWhatIsDue leaves a key whole when its event cannot be recorded, and deletes it later', async () => {
  using folder = testFolder()
  const time = { now: START }
  await using worker = await openWorker(folder.path, time)
  const { dependencies, records, events } = worker
  await makeKey(records, 'unlucky')
  await schedule(records, 'unlucky', START)
  const failing = { commit: () => Promise.reject(new Error('no space')) }
  await assert.rejects(doWhatIsDue({ ...dependencies, journal: failing }), /no space/)
  assert.equal(await remains(records, 'unlucky'), 6)
  await doWhatIsDue(dependencies)
  assert.equal(await remains(records, 'unlucky'), 0)
  assert.equal(events.length, 1)
})
