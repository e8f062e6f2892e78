import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { FaultFiles, openTestLog, TEST_KEY, TestTime, testEvent } from '../../../test/support/audit-log.ts'
import { testFolder } from '../../../test/support/test-folder.ts'
import { verifyLog } from '../verify/verify.ts'
import { AuditUnavailable } from './damage.ts'
import type { AuditHead } from './head.ts'
import { EAGER_EVENTS, QUEUE_MAX_EVENTS, REPAIR_INTERVAL_MS } from './writer.ts'

test('append writes the events of one turn as one batch, in order, mode 0600', async () => {
  using folder = testFolder()
  const { log } = await openTestLog({ folder: folder.path })
  await Promise.all(['a', 'b', 'c'].map((id) => log.append(testEvent(id))))
  await log.append(testEvent('d'))
  assert.equal(log.sequence, 4)
  await log.close()
  const path = join(folder.path, 'node-0', '0000000000000001.jsonl')
  const lines = readFileSync(path, 'utf8').split('\n')
  assert.match(lines[0] ?? '', /^\{"segment":\{"format":1,"node":"node-0","first":1,"prev":"A{86}=="\}\}$/)
  assert.deepEqual(
    lines.slice(1, 4),
    ['a', 'b', 'c'].map((id) => testEvent(id)),
  )
  assert.match(
    lines[4] ?? '',
    /^\{"batch":\{"first":1,"count":3,"bytes":\d+,"at":1000000,"mac":"[^"]{44}"\}\}$/,
  )
  assert.match(lines[6] ?? '', /^\{"batch":\{"first":4,"count":1,/)
  assert.equal(statSync(path).mode & 0o777, 0o600)
})

for (const [early, batches] of [
  [EAGER_EVENTS - 1, [1, EAGER_EVENTS]],
  [EAGER_EVENTS, [1, EAGER_EVENTS, 1]],
] as const) {
  test(`append of ${early} events and one more in the same turn makes batches of ${batches}`, async () => {
    using folder = testFolder()
    const { log } = await openTestLog({ folder: folder.path })
    await log.append(testEvent('first'))
    const waiting = Array.from({ length: early }, (_, index) => log.append(testEvent(`early-${index}`)))
    // Promises go on within the turn.
    for (let step = 0; step < 10; step += 1) await Promise.resolve()
    await Promise.all([...waiting, log.append(testEvent('late'))])
    await log.close()
    const text = readFileSync(join(folder.path, 'node-0', '0000000000000001.jsonl'), 'utf8')
    const counts = [...text.matchAll(/^\{"batch":.*"count":(\d+)/gm)].map(([, count]) => Number(count))
    assert.deepEqual(counts, batches)
  })
}

test('append begins a new segment when one is full, and the chain goes on after a reopening', async () => {
  using folder = testFolder()
  const heads = new Map<string, AuditHead>()
  const options = { folder: folder.path, heads, segmentMaxBytes: 1000 }
  for (let round = 0; round < 3; round += 1) {
    const { log } = await openTestLog(options)
    for (let index = 0; index < 5; index += 1)
      await log.append(testEvent(`${round}-${index}`, 'x'.repeat(300)))
    await log.close()
  }
  const found = await verifyLog({ folder: folder.path, key: TEST_KEY, heads })
  assert.equal(found.firstDamage, undefined)
  assert.equal(found.events, 15)
  assert.ok(found.segments >= 5)
  assert.equal(heads.get('node-0')?.sequence, 15)
})

test('append goes on with the rest after a short write', async () => {
  using folder = testFolder()
  const files = new FaultFiles()
  files.shortWrites = true
  const { log } = await openTestLog({ folder: folder.path, files })
  await log.append(testEvent('a'))
  await log.close()
  const found = await verifyLog({ folder: folder.path, key: TEST_KEY, heads: new Map() })
  assert.deepEqual([found.firstDamage, found.events], [undefined, 1])
})

test('append refuses with AuditUnavailable when too much waits, and after the log is closed', async () => {
  using folder = testFolder()
  const { log } = await openTestLog({ folder: folder.path })
  const appends = Array.from({ length: QUEUE_MAX_EVENTS }, (_, index) => log.append(testEvent(`${index}`)))
  await assert.rejects(log.append(testEvent('one too many')), AuditUnavailable)
  assert.throws(() => log.assertWritable(), AuditUnavailable)
  await Promise.all(appends)
  await log.append(testEvent('last'))
  assert.equal(log.sequence, QUEUE_MAX_EVENTS + 1)
  await log.close()
  await assert.rejects(log.append(testEvent('late')), AuditUnavailable)
})

test('append fails what is not one line', async () => {
  using folder = testFolder()
  const { log } = await openTestLog({ folder: folder.path })
  assert.throws(() => log.append('{"eventVersion":1,\n"a":1}'))
  assert.throws(() => log.append('{"batch":{}}'))
  await log.close()
})

test('append at a full disk fails until space returns, without a restart, at most one attempt per interval', async () => {
  using folder = testFolder()
  const files = new FaultFiles()
  const time = new TestTime()
  const { log } = await openTestLog({ folder: folder.path, files, time })
  await log.append(testEvent('a'))
  files.fails = (_, name) => name === 'write'
  files.bytesBeforeFailure = 10
  await assert.rejects(log.append(testEvent('b')), AuditUnavailable)
  await assert.rejects(log.append(testEvent('c')), AuditUnavailable)
  const { calls } = files
  await assert.rejects(log.append(testEvent('d')), AuditUnavailable)
  await assert.rejects(async () => log.assertWritable(), AuditUnavailable)
  assert.equal(files.calls, calls)
  files.fails = () => false
  time.pass(REPAIR_INTERVAL_MS)
  await log.assertWritable()
  await log.append(testEvent('e'))
  assert.equal(log.assertWritable(), undefined)
  await log.close()
  assert.deepEqual(idsIn(folder.path), ['a', 'e'])
})

test('append at every failing call keeps what it has acknowledged, loses nothing and resumes', async () => {
  for (const kind of ['once', 'on'] as const) {
    for (let failing = 1; failing <= 24; failing += 1) {
      using folder = testFolder()
      const files = new FaultFiles()
      const time = new TestTime()
      const heads = new Map<string, AuditHead>()
      files.bytesBeforeFailure = failing * 7
      files.fails = (call) => (kind === 'once' ? call === failing : call >= failing)
      const options = { folder: folder.path, files, time, heads, segmentMaxBytes: 700 }
      const { log } = await openTestLog(options)
      const acknowledged: string[] = []
      const append = async (id: string) => {
        await log.append(testEvent(id, 'x'.repeat(200))).then(
          () => acknowledged.push(id),
          (error) => assert.ok(error instanceof AuditUnavailable),
        )
      }
      for (let index = 0; index < 12; index += 1) {
        await Promise.all([append(`${index}a`), append(`${index}b`)])
        time.pass(REPAIR_INTERVAL_MS)
      }
      files.fails = () => false
      time.pass(REPAIR_INTERVAL_MS)
      await append('last')
      assert.equal(acknowledged.at(-1), 'last')
      await log.close()
      const found = await verifyLog({ folder: folder.path, key: TEST_KEY, heads })
      assert.equal(found.firstDamage, undefined, `${kind} ${failing}: ${JSON.stringify(found.firstDamage)}`)
      assert.deepEqual(idsIn(folder.path), acknowledged)
    }
  }
})

test('append never extends a segment that someone has cut off', async () => {
  using folder = testFolder()
  const files = new FaultFiles()
  const time = new TestTime()
  const { log } = await openTestLog({ folder: folder.path, files, time })
  await log.append(testEvent('a'))
  const path = join(folder.path, 'node-0', '0000000000000001.jsonl')
  const cut = await files.openAppend(path)
  await cut.truncate(100)
  await cut.close()
  files.fails = (call, name) => name === 'write' && call === files.calls
  await assert.rejects(log.append(testEvent('b')), AuditUnavailable)
  files.fails = () => false
  time.pass(REPAIR_INTERVAL_MS)
  await assert.rejects(log.append(testEvent('c')), AuditUnavailable)
  assert.equal(statSync(path).size, 100)
  await log.close()
})

test('AuditLog saves its head once a second, at a new segment and when it is closed', async () => {
  using folder = testFolder()
  const time = new TestTime()
  const heads = new Map<string, AuditHead>()
  const { log } = await openTestLog({ folder: folder.path, time, heads, segmentMaxBytes: 800 })
  const saved = () => heads.get('node-0')?.sequence
  await log.append(testEvent('a'))
  assert.equal(saved(), undefined)
  time.pass(0)
  assert.equal(saved(), 1)
  await log.append(testEvent('b'))
  time.pass(999)
  assert.equal(saved(), 1)
  time.pass(1)
  assert.equal(saved(), 2)
  await log.append(testEvent('c', 'x'.repeat(800)))
  assert.equal(saved(), 2)
  await log.append(testEvent('d'))
  assert.equal(saved(), 4)
  await log.append(testEvent('e'))
  await log.close()
  assert.equal(saved(), 5)
})

function idsIn(folder: string): readonly string[] {
  const own = join(folder, 'node-0')
  const lines = readdirSync(own)
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
    .flatMap((name) => readFileSync(join(own, name), 'utf8').split('\n'))
  return lines
    .filter((line) => line.startsWith('{"eventVersion"'))
    .map((line) => String(JSON.parse(line).eventID))
}
