import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { openTestLog, TEST_KEY, TestTime } from '../../test/support/audit-log.ts'
import { TEST_SECOND, testRecord } from '../../test/support/index-events.ts'
import { testFolder } from '../../test/support/test-folder.ts'
import { CHAIN_START } from '../audit/log/chain.ts'
import { type AuditFiles, systemFiles } from '../audit/log/files.ts'
import type { LogPosition } from '../audit/log/follow.ts'
import { utf8 } from '../base/bytes.ts'
import { silentLog } from '../base/log.ts'
import { systemClock, systemSleep } from '../base/ports.ts'
import { insightRules } from '../insights/detector/rules.ts'
import { InsightWatch } from '../insights/insight-watch.ts'
import { EventReader } from './event-reader.ts'
import { HANDED_MAX, Handover } from './handover.ts'
import { IndexService } from './index-service.ts'

const NODE = 'node-0'

/** A log, its index, and a watch that is handed over what the index reads. */
async function scene() {
  const folder = testFolder()
  const auditFolder = join(folder.path, 'audit')
  const clock = new TestTime()
  clock.pass(TEST_SECOND * 1000)
  const { log } = await openTestLog({ folder: auditFolder })
  const handover = new Handover()
  const read = { bytes: 0 }
  const counting: AuditFiles = {
    ...systemFiles,
    openRead: async (path) => {
      const file = await systemFiles.openRead(path)
      return {
        ...file,
        read: async (into, position) => {
          const count = await file.read(into, position)
          read.bytes += count
          return count
        },
      }
    },
  }
  const dependencies = { auditFolder, key: TEST_KEY, handover, log: silentLog }
  const index = new IndexService({
    ...{ ...dependencies, files: systemFiles, clock: systemClock, sleep: systemSleep },
    folder: join(folder.path, 'index'),
  })
  const rules = insightRules('normal', 0)
  const watch = new InsightWatch({
    ...{ ...dependencies, files: counting, clock, rules },
    folder: join(folder.path, 'insights'),
  })
  const use = (id: number, key: string): Promise<void> =>
    log.append(testRecord({ id, user: 'alice', key, name: 'Decrypt' }))
  return {
    ...{ handover, index, watch, read, use },
    [Symbol.asyncDispose]: async () => {
      await watch.close()
      await index.close()
      await log.close()
      folder[Symbol.dispose]()
    },
  }
}

test('what the index has read is not read again for insights', async () => {
  await using place = await scene()
  await place.watch.catchUp()
  await place.use(1, 'one')
  await place.use(2, 'two')
  await place.index.catchUp()
  const found = await place.watch.pull()
  assert.deepEqual(
    found.map(({ type }) => type),
    ['KeyFirstUseInsight', 'NewNetworkInsight', 'KeyFirstUseInsight'],
  )
  assert.equal(place.read.bytes, 0)
  // What it has not read is.
  await place.use(3, 'three')
  assert.equal((await place.watch.pull()).length, 4)
  assert.ok(place.read.bytes > 0)
  await place.use(4, 'four')
  await place.index.catchUp()
  const { bytes } = place.read
  assert.equal((await place.watch.pull()).length, 5)
  assert.equal(place.read.bytes, bytes)
})

test('what was handed over and is not in the log is followed once, and the node is not left out', async () => {
  await using place = await scene()
  await place.watch.catchUp()
  const lost = at(1)
  place.handover.put(NODE, CHAIN_START, lost, [record(9)])
  await place.use(1, 'one')
  await place.use(2, 'two')
  await place.watch.catchUp()
  assert.equal((await place.watch.pull()).length, 3)
  await place.use(3, 'three')
  assert.equal((await place.watch.pull()).length, 4)
})

test('a handover takes nothing that nobody wants, nothing beyond its limit, and a batch again', () => {
  const handover = new Handover()
  handover.put(NODE, CHAIN_START, at(1), [record(1)])
  assert.equal(handover.find(NODE, CHAIN_START), undefined)
  handover.isWanted = true
  const many = Array.from({ length: HANDED_MAX - 1 }, (_, id) => record(id))
  handover.put(NODE, CHAIN_START, at(many.length), many)
  handover.put(NODE, CHAIN_START, at(many.length), many)
  handover.put(NODE, at(many.length).point, at(HANDED_MAX), [record(1)])
  handover.put(NODE, at(HANDED_MAX).point, at(HANDED_MAX + 1), [record(1)])
  assert.equal(handover.find(NODE, CHAIN_START)?.facts.length, many.length)
  assert.ok(handover.find(NODE, { sequence: 0, mac: new Uint8Array(64).fill(1) }) === undefined)
  assert.deepEqual(handover.find(NODE, at(many.length).point)?.end, at(HANDED_MAX))
  assert.equal(handover.find(NODE, at(HANDED_MAX).point), undefined)
  handover.put(NODE, at(HANDED_MAX + 1).point, at(HANDED_MAX + 2), [record(1)])
  assert.deepEqual(handover.find(NODE, at(HANDED_MAX + 1).point)?.end, at(HANDED_MAX + 2))
})

function at(sequence: number): LogPosition {
  return { segment: 1, offset: 0, line: 1, point: { sequence, mac: new Uint8Array(64) } }
}

function record(id: number) {
  return new EventReader().read(utf8(testRecord({ id, user: 'alice', key: 'one' })))
}
