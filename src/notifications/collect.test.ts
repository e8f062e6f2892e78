import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openTestLog, TEST_CHAIN, TEST_KEY } from '../../test/support/audit-log.ts'
import { testFolder } from '../../test/support/test-folder.ts'
import { testSealer } from '../../test/support/test-sealer.ts'
import { formatServiceEvent } from '../audit/events/service-event.ts'
import { systemFiles } from '../audit/log/files.ts'
import { AUDIT_HEAD, AUDIT_HEAD_PARTITION, type AuditHead, encodeHead } from '../audit/log/head.ts'
import { segmentName } from '../audit/log/segment.ts'
import { gatherRecords } from '../audit-index/gather.ts'
import { systemRandom } from '../base/ports.ts'
import { openRecords } from '../store/cache.ts'
import { claimFileLock } from '../store/file-lock.ts'
import { insert, type Records, replace } from '../store/records.ts'
import { openSqlite } from '../store/sqlite.ts'
import {
  ALARM_INTERVAL_MS,
  ALARMS_MAX,
  AlarmLimiter,
  type CollectDependencies,
  collectEvents,
} from './collect.ts'
import { eventOfServiceRecord, type StreamEvent } from './notification.ts'

const AT = Date.parse('2026-11-24T12:00:00Z')

type Bed = {
  readonly records: Records
  readonly dependencies: CollectDependencies
  readonly taken: StreamEvent[][]
  readonly broken: string[]
  /** Appends records of keys that were deleted, each a batch, and saves the head. */
  readonly append: (keyIds: readonly string[], more?: { readonly unsaved: boolean }) => Promise<void>
  /** Changes the text of the log. */
  readonly edit: (change: (text: string) => string) => void
  failing: boolean
}

async function withBed(use: (bed: Bed) => Promise<void>): Promise<void> {
  using data = testFolder()
  const auditFolder = join(data.path, 'audit')
  const records = await openRecords(openSqlite(data.path), testSealer())
  const heads = new Map<string, AuditHead>()
  const { log } = await openTestLog({ folder: auditFolder, heads })
  const taken: StreamEvent[][] = []
  const broken: string[] = []
  const bed: Bed = {
    records,
    taken,
    broken,
    failing: false,
    append: async (keyIds, more) => {
      for (const keyId of keyIds) await log.append(deletionOf(keyId))
      if (more?.unsaved !== true) await saveHead(records, { log, auditFolder })
    },
    edit: (change) => {
      const path = join(auditFolder, TEST_CHAIN.node, segmentName(1))
      writeFileSync(path, change(readFileSync(path, 'utf8')))
    },
    dependencies: {
      records,
      gather: (question) => gatherRecords({ files: systemFiles, auditFolder, key: TEST_KEY }, question),
      eventOf: async (record) => eventOfServiceRecord(record, 'us-east-1'),
      take: async (events) => {
        if (bed.failing) throw new Error('no')
        taken.push([...events])
      },
      broken: async (node, reason) => void broken.push(`${node}: ${reason}`),
      tidy: async () => {},
      claimLock: () => claimFileLock(join(data.path, 'collect.lock')),
    },
  }
  try {
    await use(bed)
  } finally {
    await log.close()
    await records.close()
  }
}

function deletionOf(keyId: string): string {
  const account = '111122223333'
  const arn = `arn:aws:kms:eu-west-1:${account}:key/${keyId}`
  const event = { name: 'DeleteKey', account, region: 'eu-west-1', resources: [{ account, arn }] }
  return formatServiceEvent(event, { at: AT, random: systemRandom }).json
}

/** The head as the server's own process saves it: only the number is looked at here. */
async function saveHead(
  records: Records,
  { log }: { readonly log: { readonly sequence: number }; readonly auditFolder: string },
): Promise<void> {
  const value = encodeHead({ sequence: log.sequence, mac: new Uint8Array(32), segment: 1 })
  const present = await records.get(AUDIT_HEAD, AUDIT_HEAD_PARTITION, TEST_CHAIN.node)
  await records.commit([
    present === undefined
      ? insert(AUDIT_HEAD, AUDIT_HEAD_PARTITION, TEST_CHAIN.node, value)
      : replace(present, value),
  ])
}

function keyIdsOf({ taken }: Bed): readonly unknown[] {
  return taken.flat().map(({ detail }) => detail['key-id'])
}

test('what is in the log up to its head becomes events once, in order', async () => {
  await withBed(async (bed) => {
    await bed.append(['a', 'b'])
    await bed.append(['c'], { unsaved: true })
    await collectEvents(bed.dependencies)
    await collectEvents(bed.dependencies)
    assert.deepEqual(keyIdsOf(bed), ['a', 'b'])
    await bed.append(['d'])
    await collectEvents(bed.dependencies)
    assert.deepEqual(keyIdsOf(bed), ['a', 'b', 'c', 'd'])
    assert.deepEqual(bed.broken, [])
  })
})

test('events that could not be taken are collected again, with the same ids', async () => {
  await withBed(async (bed) => {
    await bed.append(['a', 'b'])
    bed.failing = true
    await assert.rejects(collectEvents(bed.dependencies), /^Error: no$/)
    bed.failing = false
    await collectEvents(bed.dependencies)
    assert.deepEqual(keyIdsOf(bed), ['a', 'b'])
  })
})

test('more records than are gathered at once are all collected', async () => {
  await withBed(async (bed) => {
    const keyIds = Array.from({ length: 450 }, (_, at) => String(at))
    await bed.append(keyIds)
    await collectEvents(bed.dependencies)
    assert.deepEqual(keyIdsOf(bed), keyIds)
    assert.equal(bed.taken.length, 3)
  })
})

test('a log that was edited is told of, and what comes before is collected', async () => {
  await withBed(async (bed) => {
    await bed.append(['first', 'second', 'third'])
    bed.edit((text) => text.replace('key/second', 'key/forged'))
    await collectEvents(bed.dependencies)
    assert.deepEqual(keyIdsOf(bed), ['first'])
    assert.match(bed.broken[0] ?? '', /^node-0: node-0\/0+1\.jsonl, offset \d+: /)
    await collectEvents(bed.dependencies)
    assert.deepEqual(keyIdsOf(bed), ['first'])
  })
})

test('a log whose end is gone is told of', async () => {
  await withBed(async (bed) => {
    await bed.append(['first', 'second'])
    bed.edit((text) => text.slice(0, text.lastIndexOf('{"eventVersion"')))
    await collectEvents(bed.dependencies)
    assert.deepEqual(keyIdsOf(bed), ['first'])
    assert.match(bed.broken[0] ?? '', /the log does not have a batch that ends with event 2$/)
  })
})

test('while another process collects, this one does not', async () => {
  await withBed(async (bed) => {
    await bed.append(['a'])
    await collectEvents({ ...bed.dependencies, claimLock: () => undefined })
    assert.deepEqual(bed.taken, [])
  })
})

test('text within a record that looks like another record is no event', async () => {
  await withBed(async (bed) => {
    await bed.append(['x","eventName":"RotateKey","eventSource":"holdfast'])
    await collectEvents(bed.dependencies)
    assert.deepEqual(
      bed.taken.flat().map((event) => event['detail-type']),
      ['KMS CMK Deletion'],
    )
  })
})

test('an alarm goes out once in an hour', () => {
  let now = 0
  const limiter = new AlarmLimiter(() => now)
  assert.equal(limiter.admit('one'), true)
  assert.equal(limiter.admit('two'), true)
  now = ALARM_INTERVAL_MS - 1
  assert.equal(limiter.admit('one'), false)
  now = ALARM_INTERVAL_MS
  assert.equal(limiter.admit('one'), true)
})

test('so many alarms go out in an hour, and no more', () => {
  let now = 0
  const limiter = new AlarmLimiter(() => now)
  for (let at = 0; at < ALARMS_MAX; at += 1) assert.equal(limiter.admit(String(at)), true)
  assert.equal(limiter.admit('another'), false)
  now = ALARM_INTERVAL_MS
  assert.equal(limiter.admit('another'), true)
})
