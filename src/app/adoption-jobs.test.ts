import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { openTestRecords } from '../../test/support/audit-child.ts'
import { openTestLog, TEST_CHAIN, TEST_KEY, testEvent } from '../../test/support/audit-log.ts'
import { testFolder } from '../../test/support/test-folder.ts'
import { type AuditFiles, systemFiles } from '../audit/log/files.ts'
import { type JournalDependencies, readHeads } from '../audit/log/journal.ts'
import { OUTBOX, outboxChange } from '../audit/log/outbox.ts'
import { silentLog } from '../base/log.ts'
import { systemClock, systemRandom, systemTimers } from '../base/ports.ts'
import type { Records } from '../store/records.ts'
import { adoptionJob, outboxJob } from './adoption-jobs.ts'

const { node } = TEST_CHAIN
const DATABASE = { host: 'none', port: 1, database: '', user: '', passwordFile: undefined, tls: undefined }

type World = AsyncDisposable & {
  readonly dependencies: JournalDependencies
  readonly records: Records
  /** Whether writes of the log fail. */
  readonly fault: { isOn: boolean }
  readonly waiting: () => Promise<number>
}

/** A log with one event, and one that waits in its outbox; its process has ended. */
async function openWorld(): Promise<World> {
  const data = testFolder()
  const folder = join(data.path, 'audit')
  const { log } = await openTestLog({ folder })
  await log.append(testEvent('logged'))
  await log.close()
  const records = await openTestRecords(data.path)
  await records.commit([outboxChange(node, { id: 'waiting', json: testEvent('waiting') }, 1)])
  const fault = { isOn: false }
  const files: AuditFiles = {
    ...systemFiles,
    openAppend: async (path) => {
      if (fault.isOn) throw new Error('the database is away')
      return systemFiles.openAppend(path)
    },
  }
  const own = { clock: systemClock, timers: systemTimers, random: systemRandom, log: silentLog }
  const claimLock = () => ({ release: () => {} })
  return {
    dependencies: { ...own, folder, key: TEST_KEY, records, files, claimLock },
    records,
    fault,
    waiting: async () => (await records.list(OUTBOX, { partition: node, limit: 10 })).records.length,
    [Symbol.asyncDispose]: async () => {
      await records.close()
      data[Symbol.dispose]()
    },
  }
}

test('a log whose adoption fails is completed later, although it has no owner any more', async () => {
  await using world = await openWorld()
  const { dependencies, fault, records, waiting } = world
  const ended = [node]
  const job = adoptionJob(
    { ended: () => ended.splice(0), leads: () => true, database: DATABASE },
    dependencies,
  )
  fault.isOn = true
  await assert.rejects(async () => await job.run(), /the database is away/)
  fault.isOn = false
  assert.equal(await waiting(), 1)
  await job.run()
  assert.equal(await waiting(), 0)
  assert.equal((await readHeads(records)).get(node)?.sequence, 2)
})

test('one process of a fleet appends what waits for a log that nobody has', async () => {
  await using world = await openWorld()
  const { dependencies, waiting } = world
  const ended = () => []
  await outboxJob({ ended, leads: () => false, database: DATABASE }, dependencies, 'node-7').run()
  await outboxJob({ ended, leads: () => true, database: undefined }, dependencies, 'node-7').run()
  assert.equal(await waiting(), 1)
  await outboxJob({ ended, leads: () => true, database: DATABASE }, dependencies, 'node-7').run()
  assert.equal(await waiting(), 0)
})
