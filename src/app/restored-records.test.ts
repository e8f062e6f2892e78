import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openTestLog } from '../../test/support/audit-log.ts'
import { ACCOUNT, makeKey, PARTITION, REGION } from '../../test/support/lifecycle.ts'
import { testFolder } from '../../test/support/test-folder.ts'
import { testKeys } from '../../test/support/test-sealer.ts'
import { AUDIT_KEY_INFO } from '../audit/log/segment.ts'
import { ALL, RESTORED } from '../backup/backup-records.ts'
import type { ReadBackup } from '../backup/read.ts'
import { systemRandom } from '../base/ports.ts'
import { Secret } from '../base/secret.ts'
import { hmacKey } from '../crypto/hmac.ts'
import { deriveKey } from '../crypto/kdf.ts'
import { recordSealer } from '../custody/record-sealer.ts'
import { keyMaterialsOf } from '../kms/keys/key-materials.ts'
import { KEY } from '../kms/keys/key-record.ts'
import { openRecords } from '../store/cache.ts'
import type { Records } from '../store/records.ts'
import { openSqlite } from '../store/sqlite.ts'
import { settleRestored } from './restored-records.ts'

const ROOT_BYTES = new Uint8Array(32).fill(9)
const ROOT = new Secret(Uint8Array.from(ROOT_BYTES))
const arnOf = (keyId: string): string => `arn:aws:kms:${REGION}:${ACCOUNT}:key/${keyId}`

function event(name: string, keyId: string, more: object = {}): string {
  return JSON.stringify({
    eventVersion: '1.11',
    userIdentity: { arn: `arn:aws:iam::${ACCOUNT}:user/ada` },
    eventTime: '2026-11-30T12:00:00Z',
    eventSource: 'kms.amazonaws.com',
    eventName: name,
    readOnly: false,
    resources: [{ ARN: arnOf(keyId) }],
    eventID: `${name}-${keyId}`,
    ...more,
  })
}

/** Appends events to a log, each in a batch of its own. */
async function writeLog(folder: string, events: readonly string[]): Promise<void> {
  mkdirSync(folder, { recursive: true })
  using key = deriveKey(ROOT, AUDIT_KEY_INFO)
  const { log } = await openTestLog({ folder, chain: { node: 'node-0', key: key.reveal(hmacKey) } })
  for (const one of events) await log.append(one)
  await log.close()
}

const BEFORE = [event('CreateKey', 'leaves'), event('CreateKey', 'stays')]
const AFTER = [
  event('DisableKey', 'stays'),
  event('DescribeKey', 'stays', { readOnly: true }),
  event('PutKeyPolicy', 'stays', { errorCode: 'AccessDenied' }),
  event('CreateBackup', 'stays', { eventSource: 'holdfast' }),
  event('DeleteKey', 'leaves', { userIdentity: { invokedBy: 'AWS Internal' } }),
  event('DeleteKey', 'unknown', { userIdentity: { invokedBy: 'AWS Internal' } }),
]

const READ: ReadBackup = {
  header: {
    id: 'id',
    deployment: 'd',
    createdAt: '2026-11-30T11:00:00.000Z',
    release: '0.1.0',
    base: undefined,
    envelope: '',
  },
  manifest: { id: 'id', revision: 0, heads: new Map(), covered: { 'node-0': 2 }, files: [], inBase: [] },
  records: 0,
}

function open(folder: string): Promise<Records> {
  return openRecords(openSqlite(folder), recordSealer(testKeys(ROOT_BYTES), systemRandom))
}

async function restoredFolder(folder: string, events: readonly string[]): Promise<void> {
  const records = await open(folder)
  for (const keyId of ['leaves', 'stays']) await makeKey(records, keyId)
  await records.close()
  await writeLog(join(folder, 'audit'), events)
}

async function materials(records: Records, keyId: string): Promise<number> {
  return (await keyMaterialsOf(records, { account: ACCOUNT, region: REGION, keyId })).length
}

for (const elsewhere of [false, true]) {
  test(`a restore keeps deleted keys deleted, by ${elsewhere ? 'a newer copy of the log' : 'its own log'}`, async () => {
    using folder = testFolder()
    using copy = testFolder()
    await restoredFolder(folder.path, elsewhere ? BEFORE : [...BEFORE, ...AFTER])
    if (elsewhere) await writeLog(copy.path, [...BEFORE, ...AFTER])
    const auditCopy = elsewhere ? copy.path : undefined
    const settled = await settleRestored(folder.path, testKeys(ROOT_BYTES), READ, {
      auditCopy,
      keepDeleted: false,
    })
    assert.equal(settled.events, 8)
    assert.equal(settled.lost.count, 3)
    assert.deepEqual(
      settled.lost.changes.map(({ operation, resources, by }) => [operation, resources[0], by]),
      [
        ['DisableKey', arnOf('stays'), `arn:aws:iam::${ACCOUNT}:user/ada`],
        ['DeleteKey', arnOf('leaves'), 'AWS Internal'],
        ['DeleteKey', arnOf('unknown'), 'AWS Internal'],
      ],
    )
    assert.deepEqual(settled.destroyed, [arnOf('leaves')])
    const records = await open(folder.path)
    assert.equal(await materials(records, 'leaves'), 0)
    assert.ok((await materials(records, 'stays')) > 0)
    assert.equal((await records.get(KEY, PARTITION, 'leaves'))?.value.state, 'PendingDeletion')
    assert.equal((await records.get(KEY, PARTITION, 'stays'))?.value.state, 'Enabled')
    const noted = await records.get(RESTORED, ALL, ALL)
    assert.deepEqual([noted?.value.lostChanges, noted?.value.deletedKeys], [3, [arnOf('leaves')]])
    await records.close()
  })
}

test('a restore that is told so keeps the key material of deleted keys', async () => {
  using folder = testFolder()
  await restoredFolder(folder.path, [...BEFORE, ...AFTER])
  const settled = await settleRestored(folder.path, testKeys(ROOT_BYTES), READ, {
    auditCopy: undefined,
    keepDeleted: true,
  })
  assert.deepEqual(settled.destroyed, [])
  const records = await open(folder.path)
  assert.ok((await materials(records, 'leaves')) > 0)
  await records.close()
})

test('a copy of the log that lacks events of the log in the backup hides nothing, and is refused', async () => {
  using folder = testFolder()
  using copy = testFolder()
  await restoredFolder(folder.path, [...BEFORE, ...AFTER])
  await writeLog(copy.path, [...BEFORE, ...AFTER.slice(0, -2)])
  await assert.rejects(
    settleRestored(folder.path, testKeys(ROOT_BYTES), READ, { auditCopy: copy.path, keepDeleted: false }),
    /is older than that of the backup, which has event 8 of node-0/,
  )
})
