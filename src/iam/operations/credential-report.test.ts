import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testFolder } from '../../../test/support/test-folder.ts'
import { testSealer } from '../../../test/support/test-sealer.ts'
import { openRecords } from '../../store/cache.ts'
import { insert } from '../../store/records.ts'
import { openSqlite } from '../../store/sqlite.ts'
import { COUNTS, COUNTS_PARTITION } from '../iam-records.ts'
import { checkSize, USERS_MAX } from './credential-report.ts'

test('a credential report is refused for more users than it may have', async () => {
  using folder = testFolder()
  const records = await openRecords(openSqlite(folder.path), testSealer())
  const none = { format: 1, groups: 0, roles: 0, policies: 0, profiles: 0, providers: 0 } as const
  const counts = { full: USERS_MAX, over: USERS_MAX + 1 }
  await records.commit(
    Object.entries(counts).map(([account, users]) =>
      insert(COUNTS, COUNTS_PARTITION, account, { ...none, users }),
    ),
  )
  await checkSize({ records }, 'none')
  await checkSize({ records }, 'full')
  await assert.rejects(checkSize({ records }, 'over'), {
    code: 'LimitExceededException',
    message: `A credential report has at most ${USERS_MAX} users, and the account has ${USERS_MAX + 1}.`,
  })
  await records.close()
})
