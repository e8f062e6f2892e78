import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { openTestRecords } from '../../../test/support/audit-child.ts'
import { FaultFiles, openTestLog, TestTime, testEvent } from '../../../test/support/audit-log.ts'
import { testFolder } from '../../../test/support/test-folder.ts'
import { silentLog } from '../../base/log.ts'
import type { Records } from '../../store/records.ts'
import { systemFiles } from './files.ts'
import { drainOutbox, FORGET_INTERVAL_MS, FORGET_MAX, OUTBOX, Outbox, outboxChange } from './outbox.ts'
import { readSegment } from './read.ts'
import { segmentName, segmentsAmong } from './segment.ts'
import type { AuditLog } from './writer.ts'

const NODE = 'node-0'

type World = AsyncDisposable & {
  readonly folder: string
  readonly files: FaultFiles
  readonly time: TestTime
  readonly records: Records
  readonly auditLog: AuditLog
  readonly outbox: Outbox
  /** How many changes each commit had. */
  readonly commits: number[]
}

async function openWorld(): Promise<World> {
  const folder = testFolder()
  const files = new FaultFiles()
  const time = new TestTime()
  const opened = await openTestRecords(folder.path)
  const commits: number[] = []
  const records: Records = {
    get: (kind, partition, name) => opened.get(kind, partition, name),
    peek: (kind, partition, name) => opened.peek(kind, partition, name),
    list: (kind, query) => opened.list(kind, query),
    getSummary: (kind, partition, name) => opened.getSummary(kind, partition, name),
    listSummaries: (kind, query) => opened.listSummaries(kind, query),
    mirror: (kind, partition) => opened.mirror(kind, partition),
    markerAfter: (kind, partition, name) => opened.markerAfter(kind, partition, name),
    commit: (changes) => {
      commits.push(changes.length)
      return opened.commit(changes)
    },
    refresh: () => opened.refresh(),
    close: () => opened.close(),
  }
  const { log: auditLog } = await openTestLog({ folder: folder.path, files, time, segmentMaxBytes: 1500 })
  const outbox = new Outbox({ records, auditLog, node: NODE, timers: time, log: silentLog })
  return {
    folder: join(folder.path, NODE),
    files,
    time,
    records,
    auditLog,
    outbox,
    commits,
    [Symbol.asyncDispose]: async () => {
      await auditLog.close()
      await records.close()
      folder[Symbol.dispose]()
    },
  }
}

async function commitAndDeliver({ records, outbox }: World, id: string): Promise<void> {
  const json = testEvent(id)
  await records.commit([outbox.change(id, json)])
  outbox.deliver(id, json)
}

async function waiting({ records }: World): Promise<readonly string[]> {
  const page = await records.list(OUTBOX, { partition: NODE, limit: 1000 })
  return page.records.map((record) => record.name).sort()
}

async function logged({ folder }: World): Promise<readonly string[]> {
  const ids: string[] = []
  for (const first of segmentsAmong(await systemFiles.list(folder))) {
    for await (const part of readSegment(systemFiles, join(folder, segmentName(first)))) {
      if (part.type !== 'batch') continue
      const lines = Buffer.from(part.events).toString('utf8').trimEnd().split('\n')
      ids.push(...lines.map((line) => String(JSON.parse(line).eventID)))
    }
  }
  return ids.sort()
}

function drain({ records, auditLog, folder, files }: World): Promise<number> {
  return drainOutbox({ records, log: auditLog, files, folder, node: NODE })
}

test('Outbox brings events into the log and forgets them together after a second', async () => {
  await using world = await openWorld()
  const { outbox, auditLog, time, commits } = world
  for (const id of ['a', 'b', 'c']) await commitAndDeliver(world, id)
  await auditLog.append(testEvent('d'))
  time.pass(FORGET_INTERVAL_MS - 1)
  assert.deepEqual(commits, [1, 1, 1])
  time.pass(1)
  assert.deepEqual(commits, [1, 1, 1, 3])
  await outbox.close()
  assert.deepEqual(commits, [1, 1, 1, 3])
  assert.deepEqual(await waiting(world), [])
  assert.deepEqual(await logged(world), ['a', 'b', 'c', 'd'])
})

test('Outbox forgets at once when many events are in the log', async () => {
  await using world = await openWorld()
  const { outbox, records, auditLog, commits } = world
  const ids = Array.from({ length: FORGET_MAX }, (_, index) => `event ${index}`)
  await records.commit(ids.map((id) => outbox.change(id, testEvent(id))))
  for (const id of ids) outbox.deliver(id, testEvent(id))
  await auditLog.append(testEvent('last'))
  assert.deepEqual(commits, [FORGET_MAX, FORGET_MAX])
  await outbox.close()
  assert.deepEqual(await waiting(world), [])
})

test('Outbox tries again what could not be appended', async () => {
  await using world = await openWorld()
  const { outbox, auditLog, files, time } = world
  await auditLog.append(testEvent('first'))
  files.fails = () => true
  await commitAndDeliver(world, 'a')
  await assert.rejects(auditLog.append(testEvent('b')))
  files.fails = () => false
  time.pass(1000)
  await outbox.close()
  assert.deepEqual(await waiting(world), [])
  assert.deepEqual(await logged(world), ['a', 'first'])
})

test('Outbox tries once more at its end what could not be appended', async () => {
  await using world = await openWorld()
  const { outbox, auditLog, files } = world
  await auditLog.append(testEvent('first'))
  files.fails = () => true
  await commitAndDeliver(world, 'a')
  await assert.rejects(auditLog.append(testEvent('b')))
  files.fails = () => false
  await outbox.close()
  assert.deepEqual(await waiting(world), [])
  assert.deepEqual(await logged(world), ['a', 'first'])
})

test('Outbox leaves to the next start what cannot be appended', async () => {
  await using world = await openWorld()
  const { outbox, auditLog, files, time } = world
  await auditLog.append(testEvent('first'))
  files.fails = () => true
  await commitAndDeliver(world, 'a')
  await outbox.close()
  assert.deepEqual(await waiting(world), ['a'])
  files.fails = () => false
  time.pass(1000)
  assert.equal(await drain(world), 1)
  assert.deepEqual(await logged(world), ['a', 'first'])
})

test('Outbox forgets what is left when some of it has been forgotten already', async () => {
  await using world = await openWorld()
  const { outbox, records, auditLog } = world
  for (const id of ['a', 'b']) await commitAndDeliver(world, id)
  await auditLog.append(testEvent('c'))
  const record = await records.get(OUTBOX, NODE, 'a')
  assert.ok(record !== undefined)
  await records.commit([{ ...record, expected: record.version, value: undefined }])
  await outbox.close()
  assert.deepEqual(await waiting(world), [])
})

test('drainOutbox appends what is not in the log, once, whatever other events hold', async () => {
  await using world = await openWorld()
  const { records, auditLog } = world
  // A caller has chosen the names and values in here.
  await auditLog.append(
    JSON.stringify({
      eventVersion: '1.11',
      requestParameters: { eventID: 'x', text: '"eventID":"y"' },
      eventID: 'w',
    }),
  )
  for (let index = 0; index < 20; index += 1)
    await auditLog.append(testEvent(`old ${index}`, 'x'.repeat(200)))
  const after = auditLog.sequence
  const events = Array.from({ length: 150 }, (_, index) => ({
    id: `new ${index}`,
    json: testEvent(`new ${index}`),
  }))
  const own = ['w', 'x', 'y'].map((id) => ({ id, json: testEvent(id) }))
  await records.commit([
    ...events.map((event) => outboxChange(NODE, event, after)),
    ...own.map((event) => outboxChange(NODE, event, 0)),
  ])
  for (const event of events.slice(0, 70)) await auditLog.append(event.json)
  assert.equal(await drain(world), 82)
  assert.equal(await drain(world), 0)
  assert.deepEqual(await waiting(world), [])
  const ids = await logged(world)
  assert.equal(ids.length, 21 + 150 + 2)
  assert.equal(new Set(ids).size, ids.length)
})

test('drainOutbox that fails on the way does not append twice when it is done again', async () => {
  await using world = await openWorld()
  const { records, files, time } = world
  const events = Array.from({ length: 100 }, (_, index) => ({ id: `${index}`, json: testEvent(`${index}`) }))
  await records.commit(events.map((event) => outboxChange(NODE, event, 0)))
  files.fails = (call) => call > 4
  await assert.rejects(drain(world))
  files.fails = () => false
  time.pass(1000)
  await drain(world)
  const ids = await logged(world)
  assert.deepEqual([ids.length, new Set(ids).size], [100, 100])
})
