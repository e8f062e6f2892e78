import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testFolder } from '../../../test/support/test-folder.ts'
import { testSealer } from '../../../test/support/test-sealer.ts'
import { systemClock, systemRandom } from '../../base/ports.ts'
import { openRecords } from '../../store/cache.ts'
import { openSqlite } from '../../store/sqlite.ts'
import { handOverRoot } from './account.ts'
import { createAccount, needAccount } from './accounts.ts'

test('an account whose root credentials were not handed over says how to make new ones', async () => {
  using folder = testFolder()
  const records = await openRecords(openSqlite(folder.path), testSealer())
  const dependencies = { records, clock: systemClock, random: systemRandom }
  const account = '111122223333'
  await records.commit(await createAccount(dependencies, account))
  await assert.rejects(createAccount(dependencies, account), {
    message: `there is an account ${account} already, and its root credentials were not handed over: make new ones with holdfast root-credentials create --account=${account}`,
  })
  await handOverRoot(dependencies, await needAccount(records, account), () => Promise.resolve())
  await assert.rejects(createAccount(dependencies, account), {
    message: `there is an account ${account} already`,
  })
  await records.close()
})
