import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemFiles } from '../audit/files.ts'
import { openJournal } from '../audit/journal.ts'
import { TEST_KEY } from '../audit/test-log.ts'
import { silentLog } from '../base/log.ts'
import { systemClock, systemRandom, systemTimers } from '../base/ports.ts'
import { Secret } from '../base/secret.ts'
import { Custody } from '../custody/custody.ts'
import { grantTokens } from '../custody/grant-token.ts'
import { STORE_KEY, storeKeyPartition } from '../kms/custom-key-store.ts'
import { dueNote } from '../kms/due.ts'
import { planDue } from '../kms/due-plan.ts'
import { ALIAS, KEY, KEY_OWNER, type KeyValue, MATERIAL, materialPartition } from '../kms/key-record.ts'
import { OpenedGrants } from '../kms/opened-grants.ts'
import type { KmsParts } from '../kms/parts.ts'
import { wrappedKeys } from '../kms/wrapped-keys.ts'
import { defaultKeyPolicy } from '../policy/key-policy.ts'
import { openRecords } from '../store/cache.ts'
import { claimFileLock } from '../store/file-lock.ts'
import { insert, type Records, replace } from '../store/records.ts'
import { openSqlite } from '../store/sqlite.ts'
import { testFolder } from '../store/test-folder.ts'
import { testSealer } from '../store/test-sealer.ts'
import { openXksClient } from '../xks/client.ts'
import { doWhatIsDue, type LifecycleParts } from './lifecycle.ts'

const ACCOUNT = '111122223333'
const REGION = 'eu-west-1'
const PARTITION = `${ACCOUNT}/${REGION}`
const DAY_MS = 86_400_000
const START = Date.parse('2026-11-24T12:00:00Z')

type Worker = AsyncDisposable & {
  readonly parts: LifecycleParts
  readonly records: Records
  readonly events: Record<string, unknown>[]
  readonly forgotten: string[]
}

/** Time that a test sets, for all of its workers. */
type Time = { now: number }

/** A worker on a data folder: real records, a real audit log, the test's clock. */
async function openWorker(folder: string, time: Time): Promise<Worker> {
  const records = await openRecords(openSqlite(folder), testSealer())
  const clock = { now: () => time.now, monotonicMs: () => time.now }
  const own = { records, clock, random: systemRandom, log: silentLog }
  const journal = await openJournal({
    ...own,
    folder: join(folder, 'audit'),
    key: TEST_KEY,
    files: systemFiles,
    claimLock: claimFileLock,
    timers: systemTimers,
  })
  const wrappingKey = new Secret(systemRandom.bytes(32))
  const custody = new Custody({ wrappingKey, wrappedKeys: wrappedKeys(records), random: systemRandom })
  const kms: KmsParts = {
    records,
    custody,
    xks: openXksClient({
      ca: undefined,
      routes: new Map(),
      timeoutMs: 250,
      clock: systemClock,
      timers: systemTimers,
    }),
    random: systemRandom,
    principalExists: async () => true,
    principalId: async () => undefined,
    attestationRoots: [],
    lastUsage: async () => ({ last: undefined, current: true }),
    grantTokens: grantTokens(wrappingKey, systemRandom),
    openedGrants: new OpenedGrants(),
    sm2Regions: new Set(),
  }
  const events: Record<string, unknown>[] = []
  const forgotten: string[] = []
  const parts: LifecycleParts = {
    ...own,
    journal: {
      commit: async (changes, recorded) => {
        await journal.commit(changes, recorded)
        events.push(...recorded.map(({ json }) => JSON.parse(json)))
      },
    },
    plan: (due, now) => planDue(kms, due, now),
    forget: (materialId) => forgotten.push(materialId),
  }
  return {
    parts,
    records,
    events,
    forgotten,
    [Symbol.asyncDispose]: async () => {
      await journal.close()
      await records.close()
    },
  }
}

function keyValue(keyId: string): KeyValue {
  return {
    format: 1,
    createdAt: START,
    description: '',
    spec: 'SYMMETRIC_DEFAULT',
    usage: 'ENCRYPT_DECRYPT',
    origin: 'AWS_KMS',
    state: 'Enabled',
    policy: defaultKeyPolicy(ACCOUNT),
    tags: [],
    aliases: [`alias/${keyId}-a`, `alias/${keyId}-b`],
    materialId: `${keyId}-1`,
  }
}

/** A key with two aliases and two materials. */
async function makeKey(records: Records, keyId: string): Promise<void> {
  const value = keyValue(keyId)
  const place = materialPartition(ACCOUNT, REGION, keyId)
  const wrapped = { under: 'u', wrapped: 'w' }
  const material = { format: 1 as const, wrapped, createdAt: START }
  await records.commit([
    insert(KEY, PARTITION, keyId, value),
    insert(KEY_OWNER, REGION, keyId, { format: 1, account: ACCOUNT }),
    ...value.aliases.map((name) =>
      insert(ALIAS, PARTITION, name, { format: 1, keyId, createdAt: START, updatedAt: START }),
    ),
    insert(MATERIAL, place, 'm1', { ...material, materialId: `${keyId}-1`, order: 0 }),
    insert(MATERIAL, place, 'm2', { ...material, materialId: `${keyId}-2`, order: 1 }),
  ])
}

async function schedule(records: Records, keyId: string, at: number): Promise<void> {
  const key = await records.get(KEY, PARTITION, keyId)
  assert.ok(key !== undefined)
  const value: KeyValue = { ...key.value, state: 'PendingDeletion', deletion: { at, windowDays: 7 } }
  await records.commit([
    replace(key, value),
    dueNote(`${keyId}/${at}`, { what: 'DeleteKey', account: ACCOUNT, region: REGION, keyId, at }),
  ])
}

async function cancel(records: Records, keyId: string): Promise<void> {
  const key = await records.get(KEY, PARTITION, keyId)
  assert.ok(key !== undefined)
  const { deletion: _, ...kept } = key.value
  await records.commit([replace(key, { ...kept, state: 'Disabled' })])
}

/** How many of the records that belong to a key are there: 6 when it is whole. */
async function remains(records: Records, keyId: string): Promise<number> {
  const materials = await records.list(MATERIAL, {
    partition: materialPartition(ACCOUNT, REGION, keyId),
    limit: 10,
  })
  const found = await Promise.all([
    records.get(KEY, PARTITION, keyId),
    records.get(KEY_OWNER, REGION, keyId),
    ...keyValue(keyId).aliases.map((name) => records.get(ALIAS, PARTITION, name)),
  ])
  return materials.records.length + found.filter((record) => record !== undefined).length
}

test('doWhatIsDue removes a key with everything of it when its time has come, not before', async () => {
  using folder = testFolder()
  const time = { now: START }
  await using worker = await openWorker(folder.path, time)
  const { parts, records, events, forgotten } = worker
  await doWhatIsDue(parts)
  const at = START + 7 * DAY_MS
  await makeKey(records, 'leaves')
  await makeKey(records, 'stays')
  await schedule(records, 'leaves', at)
  for (const moment of [START, START + DAY_MS, at - 1]) {
    time.now = moment
    await doWhatIsDue(parts)
    assert.equal(await remains(records, 'leaves'), 6)
  }
  time.now = at
  await doWhatIsDue(parts)
  assert.equal(await remains(records, 'leaves'), 0)
  assert.equal(await remains(records, 'stays'), 6)
  assert.deepEqual(forgotten.toSorted(), ['leaves-1', 'leaves-2'])
  await doWhatIsDue(parts)
  assert.equal(events.length, 1)
})

test('doWhatIsDue gives the external key of a deleted key free, and asks no proxy', async () => {
  using folder = testFolder()
  const time = { now: START }
  await using worker = await openWorker(folder.path, time)
  const { parts, records } = worker
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
  await doWhatIsDue(parts)
  assert.equal(await remains(records, 'external'), 0)
  assert.equal(await records.get(STORE_KEY, partition, 'orders'), undefined)
})

test('doWhatIsDue records a DeleteKey service event', async () => {
  using folder = testFolder()
  const time = { now: START }
  await using worker = await openWorker(folder.path, time)
  const { parts, records, events } = worker
  await makeKey(records, 'leaves')
  await schedule(records, 'leaves', START)
  await doWhatIsDue(parts)
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

test('doWhatIsDue leaves a key alone whose deletion was cancelled', async () => {
  using folder = testFolder()
  const time = { now: START }
  await using worker = await openWorker(folder.path, time)
  const { parts, records, events } = worker
  await makeKey(records, 'kept')
  await schedule(records, 'kept', START + DAY_MS)
  await cancel(records, 'kept')
  time.now = START + 2 * DAY_MS
  await doWhatIsDue(parts)
  assert.equal(await remains(records, 'kept'), 6)
  assert.deepEqual(events, [])
})

test('doWhatIsDue goes by the later date of a key that was cancelled and scheduled again', async () => {
  using folder = testFolder()
  const time = { now: START }
  await using worker = await openWorker(folder.path, time)
  const { parts, records, events } = worker
  await makeKey(records, 'later')
  await schedule(records, 'later', START + DAY_MS)
  await cancel(records, 'later')
  await schedule(records, 'later', START + 3 * DAY_MS)
  time.now = START + 2 * DAY_MS
  await doWhatIsDue(parts)
  assert.equal(await remains(records, 'later'), 6)
  time.now = START + 3 * DAY_MS
  await doWhatIsDue(parts)
  assert.equal(await remains(records, 'later'), 0)
  assert.equal(events.length, 1)
})

test('doWhatIsDue finds what came due while no server ran', async () => {
  using folder = testFolder()
  const time = { now: START }
  {
    await using worker = await openWorker(folder.path, time)
    await doWhatIsDue(worker.parts)
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
  await doWhatIsDue(worker.parts)
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
  await Promise.all(workers.map(({ parts }) => doWhatIsDue(parts)))
  // What one has left to another by a conflict is settled by the next run.
  for (const { parts } of workers) await doWhatIsDue(parts)
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
    await Promise.all([doWhatIsDue(first.parts), doWhatIsDue(second.parts)])
  }
})

test('doWhatIsDue leaves a key whole when its event cannot be recorded, and deletes it later', async () => {
  using folder = testFolder()
  const time = { now: START }
  await using worker = await openWorker(folder.path, time)
  const { parts, records, events } = worker
  await makeKey(records, 'unlucky')
  await schedule(records, 'unlucky', START)
  const failing = { commit: () => Promise.reject(new Error('no space')) }
  await assert.rejects(doWhatIsDue({ ...parts, journal: failing }), /no space/)
  assert.equal(await remains(records, 'unlucky'), 6)
  await doWhatIsDue(parts)
  assert.equal(await remains(records, 'unlucky'), 0)
  assert.equal(events.length, 1)
})
