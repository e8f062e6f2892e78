import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { testFolder } from '../../../test/support/test-folder.ts'
import { testSealer } from '../../../test/support/test-sealer.ts'
import { systemClock, systemRandom } from '../../base/ports.ts'
import { openRecords } from '../../store/cache.ts'
import type { Records } from '../../store/records.ts'
import { openSqlite } from '../../store/sqlite.ts'
import { ensureAccount } from './account.ts'
import { listQuotas, quotasFinder, setQuota } from './account-quotas.ts'

const ACCOUNT = '111122223333'

const folder = testFolder()
let records: Records

before(async () => {
  records = await openRecords(openSqlite(folder.path), testSealer())
  await ensureAccount({ records, clock: systemClock, random: systemRandom }, ACCOUNT)
})

after(async () => {
  await records.close()
  folder[Symbol.dispose]()
})

async function set(name: string, text: string): Promise<void> {
  await records.commit(await setQuota(records, ACCOUNT, name, text))
}

async function settingOf(name: string): Promise<string> {
  const quota = (await listQuotas(records, ACCOUNT)).find((one) => one.name === name)
  return `${quota?.value} ${quota?.isSet}`
}

test('setQuota takes both ends of what a quota can be, and nothing beyond them', async () => {
  for (const [name, min, max] of [
    ['kms.CreateKey', 1, 1_000_000],
    ['kms.keys', 0, 10_000_000],
  ] as const) {
    for (const value of [min, max]) {
      await set(name, String(value))
      assert.equal(await settingOf(name), `${value} true`)
    }
    for (const text of [String(min - 1), String(max + 1), '1.5', '1e3', '+1', '', 'AWS', '9999999999']) {
      await assert.rejects(set(name, text), {
        message: `--value: expected a whole number from ${min} to ${max}, aws or default for ${name}; got '${text}'`,
      })
    }
  }
})

test('setQuota sets a quota to what it is at AWS and back to the default, one or all', async () => {
  await set('kms.CreateKey', 'aws')
  assert.equal(await settingOf('kms.CreateKey'), '5 true')
  await set('all', 'aws')
  assert.ok((await listQuotas(records, ACCOUNT)).every(({ value, aws, isSet }) => isSet && value === aws))
  await set('kms.CreateKey', 'default')
  assert.equal(await settingOf('kms.CreateKey'), '10000 false')
  assert.equal(await settingOf('kms.DisableKey'), '5 true')
  await set('all', 'default')
  const all = await listQuotas(records, ACCOUNT)
  assert.ok(all.every(({ value, byDefault, isSet }) => !isSet && value === byDefault))
})

test('setQuota refuses an account and a quota that are not there, and one value for all', async () => {
  await assert.rejects(setQuota(records, '123', 'kms.keys', '1'), { message: 'there is no account 123' })
  await assert.rejects(set('kms.Keys', '1'), {
    message: "--name: expected a quota, as holdfast quota list shows them; got 'kms.Keys'",
  })
  await assert.rejects(set('all', '1'), {
    message: "--value: expected aws or default for all quotas; got '1'",
  })
})

test('quotasFinder gives what was set, at once when memory holds the account', async () => {
  const find = quotasFinder(records)
  await set('kms.keys', '7')
  await records.refresh()
  assert.deepEqual(await find(ACCOUNT), { 'kms.keys': 7 })
  assert.deepEqual(find(ACCOUNT), { 'kms.keys': 7 })
  assert.equal(await find('444455556666'), undefined)
})
