import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { openTestLog, TEST_CHAIN, TEST_KEY, testEvent } from '../../../test/support/audit-log.ts'
import { testFolder } from '../../../test/support/test-folder.ts'
import { testSealer } from '../../../test/support/test-sealer.ts'
import { silentLog } from '../../base/log.ts'
import { systemClock, systemRandom, systemTimers } from '../../base/ports.ts'
import { openRecords } from '../../store/cache.ts'
import { claimFileLock } from '../../store/file-lock.ts'
import { openSqlite } from '../../store/sqlite.ts'
import { systemFiles } from './files.ts'
import { openJournal, readHeads } from './journal.ts'

test('a journal saves the head of what was left beyond it, before anything is appended', async () => {
  using data = testFolder()
  const folder = join(data.path, 'audit')
  // Heads of this log are kept elsewhere, as those that a killed process has not saved are nowhere.
  const { log } = await openTestLog({ folder })
  await log.append(testEvent('one'))
  await log.append(testEvent('two'))
  await log.close()
  const records = await openRecords(openSqlite(data.path), testSealer())
  const journal = await openJournal({
    folder,
    key: TEST_KEY,
    records,
    files: systemFiles,
    claimLock: claimFileLock,
    clock: systemClock,
    timers: systemTimers,
    random: systemRandom,
    log: silentLog,
  })
  assert.equal(journal.node, TEST_CHAIN.node)
  assert.equal((await readHeads(records)).get(journal.node)?.sequence, 2)
  await journal.close()
  await records.close()
})
