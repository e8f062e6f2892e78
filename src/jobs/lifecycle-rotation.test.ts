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
import { KEY, KEY_MATERIAL, type KeyValue, materialPartition } from '../kms/keys/key-record.ts'
import { keyOf } from '../kms/keys/keys.ts'
import { DUE, dueDay, dueNote } from '../kms/lifecycle/due.ts'
import { rotationNote } from '../kms/lifecycle/rotation.ts'
import { type Records, remove, replace } from '../store/records.ts'
import { doWhatIsDue, type LifecycleDependencies } from './lifecycle.ts'

const PERIOD_DAYS = 90

/** Puts a key's rotation on, due at a moment. */
async function rotateAt(records: Records, keyId: string, nextAt: number): Promise<void> {
  const key = await records.get(KEY, PARTITION, keyId)
  assert.ok(key !== undefined)
  await records.commit([
    replace(key, { ...key.value, rotation: { periodDays: PERIOD_DAYS, nextAt } }),
    dueNote(`${keyId}/rotate`, { what: 'RotateKey', account: ACCOUNT, region: REGION, keyId, at: nextAt }),
  ])
}

async function storedKey(records: Records, keyId: string): Promise<KeyValue> {
  const key = await records.get(KEY, PARTITION, keyId)
  assert.ok(key !== undefined)
  return key.value
}

async function materialsIn(records: Records, keyId: string): Promise<number> {
  const place = { partition: materialPartition(ACCOUNT, REGION, keyId), limit: 20 }
  return (await records.list(KEY_MATERIAL, place)).records.length
}

test('doWhatIsDue rotates a key at its date and again a period later, not before', async () => {
  using folder = testFolder()
  const time = { now: START }
  await using worker = await openWorker(folder.path, time)
  const { dependencies, records, events } = worker
  await makeKey(records, 'rotates')
  const at = START + DAY_MS
  await rotateAt(records, 'rotates', at)
  time.now = at - 1
  await doWhatIsDue(dependencies)
  assert.equal((await storedKey(records, 'rotates')).materialId, 'rotates-1')
  time.now = at
  await doWhatIsDue(dependencies)
  const first = await storedKey(records, 'rotates')
  assert.match(first.materialId ?? '', /^[0-9a-f]{64}$/)
  assert.equal(first.rotation?.nextAt, at + PERIOD_DAYS * DAY_MS)
  assert.equal(await materialsIn(records, 'rotates'), 3)
  time.now = at + PERIOD_DAYS * DAY_MS
  await doWhatIsDue(dependencies)
  const second = await storedKey(records, 'rotates')
  assert.notEqual(second.materialId, first.materialId)
  assert.deepEqual(
    events.map(({ eventName, serviceEventDetails }) => [
      eventName,
      (serviceEventDetails as { rotationType: string }).rotationType,
    ]),
    [
      ['RotateKey', 'AUTOMATIC'],
      ['RotateKey', 'AUTOMATIC'],
    ],
  )
})

test('doWhatIsDue rotates once for several dates that no server was there for, in several workers', async () => {
  using folder = testFolder()
  const time = { now: START }
  {
    await using worker = await openWorker(folder.path, time)
    await doWhatIsDue(worker.dependencies)
    await makeKey(worker.records, 'late')
    await rotateAt(worker.records, 'late', START + DAY_MS)
  }
  time.now = START + 200 * DAY_MS
  await using first = await openWorker(folder.path, time)
  await using second = await openWorker(folder.path, time)
  await Promise.all([doWhatIsDue(first.dependencies), doWhatIsDue(second.dependencies)])
  await doWhatIsDue(first.dependencies)
  assert.equal(first.events.length + second.events.length, 1)
  assert.equal(await materialsIn(first.records, 'late'), 3)
  const { rotation } = await storedKey(first.records, 'late')
  assert.equal(rotation?.nextAt, START + (1 + 3 * PERIOD_DAYS) * DAY_MS)
})

test('doWhatIsDue makes up for a rotation that is noted after its date, whatever days the job has looked at', async () => {
  using folder = testFolder()
  const time = { now: START }
  await using worker = await openWorker(folder.path, time)
  const { dependencies, kms, records } = worker
  await makeKey(records, 'late')
  const at = START + DAY_MS
  await rotateAt(records, 'late', at)
  const due = await records.get(DUE, dueDay(at), 'late/rotate')
  assert.ok(due !== undefined)
  // As if the note named a key that is not the primary key any more.
  await records.commit([remove(due)])
  time.now = at + 10 * DAY_MS
  await doWhatIsDue(dependencies)
  const record = await records.get(KEY, PARTITION, 'late')
  assert.ok(record !== undefined)
  await records.commit([rotationNote(kms, keyOf(record, ACCOUNT, REGION), at, time.now)])
  await doWhatIsDue(dependencies)
  assert.notEqual((await storedKey(records, 'late')).materialId, 'late-1')
})

test('doWhatIsDue rotates no key that is disabled', async () => {
  using folder = testFolder()
  const time = { now: START }
  await using worker = await openWorker(folder.path, time)
  const { dependencies, records, events } = worker
  await makeKey(records, 'off')
  await rotateAt(records, 'off', START)
  await cancel(records, 'off')
  await doWhatIsDue(dependencies)
  assert.equal((await storedKey(records, 'off')).materialId, 'off-1')
  assert.deepEqual(events, [])
})

test('doWhatIsDue takes imported material away when it expires, and goes by the later date of another import', async () => {
  using folder = testFolder()
  const time = { now: START }
  await using worker = await openWorker(folder.path, time)
  const { dependencies, records, events, forgotten } = worker
  await makeKey(records, 'owned')
  const at = START + DAY_MS
  const place = materialPartition(ACCOUNT, REGION, 'owned')
  const expiring = async (validTo: number): Promise<void> => {
    const key = await records.get(KEY, PARTITION, 'owned')
    const material = await records.get(KEY_MATERIAL, place, 'm1')
    assert.ok(key !== undefined && material !== undefined)
    const imported = { model: 'KEY_MATERIAL_EXPIRES' as const, validTo }
    const due = { account: ACCOUNT, region: REGION, keyId: 'owned', at: validTo, materialId: 'owned-1' }
    await records.commit([
      replace(key, { ...key.value, origin: 'EXTERNAL', imported }),
      replace(material, { ...material.value, imported }),
      dueNote(`owned/${validTo}`, { what: 'ExpireKeyMaterial', ...due }),
    ])
  }
  await expiring(at)
  await expiring(at + DAY_MS)
  time.now = at
  await doWhatIsDue(dependencies)
  assert.equal((await storedKey(records, 'owned')).state, 'Enabled')
  time.now = at + DAY_MS
  await doWhatIsDue(dependencies)
  const value = await storedKey(records, 'owned')
  assert.equal(value.state, 'PendingImport')
  assert.equal(value.imported, undefined)
  assert.equal((await records.get(KEY_MATERIAL, place, 'm1'))?.value.wrapped, undefined)
  assert.deepEqual(forgotten, ['owned-1'])
  assert.deepEqual(
    events.map(({ eventName }) => eventName),
    ['DeleteExpiredKeyMaterial'],
  )
})

test('doWhatIsDue does what is due to other keys when it fails for one, and says so', async () => {
  using folder = testFolder()
  const time = { now: START }
  await using worker = await openWorker(folder.path, time)
  const { dependencies, records } = worker
  for (const keyId of ['a-broken', 'b-whole']) {
    await makeKey(records, keyId)
    await schedule(records, keyId, START)
  }
  const plan: LifecycleDependencies['plan'] = (due, now) =>
    due.value.keyId === 'a-broken' ? Promise.reject(new Error('damaged')) : dependencies.plan(due, now)
  await assert.rejects(doWhatIsDue({ ...dependencies, plan }), /damaged/)
  assert.equal(await remains(records, 'a-broken'), 6)
  assert.equal(await remains(records, 'b-whole'), 0)
  await doWhatIsDue(dependencies)
  assert.equal(await remains(records, 'a-broken'), 0)
})
