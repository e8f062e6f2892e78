import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { testFolder } from '../../../test/support/test-folder.ts'
import { testSealer } from '../../../test/support/test-sealer.ts'
import { systemClock, systemRandom } from '../../base/ports.ts'
import { openRecords } from '../../store/cache.ts'
import { insert, type Records } from '../../store/records.ts'
import { openSqlite } from '../../store/sqlite.ts'
import { ensureAccount } from '../accounts/account.ts'
import { USER } from '../iam-records.ts'
import { arnsOfIds, shownName, shownNames } from './principals.ts'

const [HOME, TEAM] = ['000000000000', '111122223333']
const ID = 'AIDAEXAMPLEEXAMPLE234'
const ARN = `arn:aws:iam::${TEAM}:user/ada`
/** Half of what is looked at for one policy, as there are two accounts. */
const IDS_MAX = 500

const folder = testFolder()
let records: Records

before(async () => {
  records = await openRecords(openSqlite(folder.path), testSealer())
  const dependencies = { records, clock: systemClock, random: systemRandom }
  for (const account of [HOME, TEAM]) await ensureAccount(dependencies, account)
  const user = { format: 1, id: ID, name: 'ada', path: '/', createdAt: 0, tags: [], inline: [] } as const
  await records.commit([insert(USER, TEAM, ID, { ...user, attached: [], groups: [], accessKeys: [] })])
})

after(async () => {
  await records.close()
  folder[Symbol.dispose]()
})

test('a principal is shown by the ARN that it has now, or by its id when it is gone', async () => {
  const gone = 'AIDAGONEGONEGONEGONE2'
  assert.equal(await shownName(records, ARN, ID), ARN)
  assert.equal(await shownName(records, `arn:aws:iam::${TEAM}:user/before`, ID), ARN)
  assert.equal(await shownName(records, ARN, gone), gone)
  assert.equal(await shownName(records, `arn:aws:iam::${HOME}:user/ada`, ID), ID)
  const names = await shownNames(records, { [ARN]: ID, 'arn:aws:iam::111122223333:user/x': gone })
  assert.deepEqual([...names], [['arn:aws:iam::111122223333:user/x', gone]])
})

test('an id is found in whatever account it is, within the limit of one policy', async () => {
  const others = Array.from({ length: IDS_MAX }, (_, at) => `AIDA${String(at).padStart(17, 'A')}`)
  assert.deepEqual([...(await arnsOfIds(records, [ID]))], [[ID, ARN]])
  assert.deepEqual([...(await arnsOfIds(records, [...others.slice(1), ID]))], [[ID, ARN]])
  assert.deepEqual([...(await arnsOfIds(records, [...others, ID]))], [])
  assert.deepEqual([...(await arnsOfIds(records, []))], [])
})
