import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { testFolder } from '../../../test/support/test-folder.ts'
import { testSealer } from '../../../test/support/test-sealer.ts'
import { systemClock, systemRandom } from '../../base/ports.ts'
import type { AccountPlace } from '../../dispatch/caller.ts'
import { openRecords } from '../../store/cache.ts'
import { type Change, insert, type Records, remove, replace } from '../../store/records.ts'
import { openSqlite } from '../../store/sqlite.ts'
import { ACCOUNT, ACCOUNTS, type AccountValue, ensureAccount } from '../accounts/account.ts'
import { needAccount } from '../accounts/accounts.ts'
import { attachControl, putControl } from './control-attachments.ts'
import { CONTROL_POLICIES, CONTROLS } from './control-policies.ts'
import { createOrganization, createUnit, moveAccount } from './organization.ts'
import { UNIT_LEVELS_MAX } from './organization-record.ts'
import { placeNow } from './place.ts'

const [HOME, TEAM] = ['000000000000', '111122223333']
const SCP = '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"kms:*","Resource":"*"}}'
const RCP =
  '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"kms:*","Resource":"*"}}'

const folder = testFolder()
let records: Records
let dependencies: Parameters<typeof createOrganization>[0]

before(async () => {
  records = await openRecords(openSqlite(folder.path), testSealer())
  dependencies = { records, clock: systemClock, random: systemRandom }
  for (const account of [HOME, TEAM]) await ensureAccount(dependencies, account)
})

after(async () => {
  await records.close()
  folder[Symbol.dispose]()
})

async function commit(changes: readonly Change[] | Promise<readonly Change[]>): Promise<void> {
  await records.commit(await changes)
}

/** The names of an account's policies, by level. */
async function levels(account: string, type: 'scps' | 'rcps') {
  return (await placeNow(records, account))[type]?.map((level) => level.map(({ name }) => name))
}

async function changed(account: string, change: (value: AccountValue) => AccountValue): Promise<void> {
  const stored = await needAccount(records, account)
  await records.commit([replace(stored, change(stored.value))])
}

test('an account without an organization has its own service control policies alone, in one level', async () => {
  assert.deepEqual(await placeNow(records, TEAM), {})
  await commit(putControl(dependencies, 'scp', 'closed', SCP))
  await commit(attachControl(records, { type: 'scp', name: 'closed', target: TEAM }))
  assert.deepEqual(await placeNow(records, HOME), {})
  assert.deepEqual(await levels(TEAM, 'scps'), [['FullAWSAccess', 'closed']])
  assert.equal(await levels(TEAM, 'rcps'), undefined)
})

test('a place is the same object, at once, until something that it is made of changes', async () => {
  await placeNow(records, TEAM)
  const place = placeNow(records, TEAM)
  assert.ok(!(place instanceof Promise))
  assert.equal(placeNow(records, TEAM), place)
  await commit(putControl(dependencies, 'scp', 'closed', SCP.replace('kms', 'sts')))
  const next = await placeNow(records, TEAM)
  assert.notEqual(next, place)
})

test('levels go from the root to the account, and no policy binds the management account', async () => {
  const { value, changes } = await createOrganization(dependencies, HOME)
  await records.commit(changes)
  const outer = await createUnit(dependencies, 'outer', undefined)
  await records.commit(outer.changes)
  const inner = await createUnit(dependencies, 'inner', outer.id)
  await records.commit(inner.changes)
  await commit(moveAccount(records, TEAM, inner.id))
  await commit(putControl(dependencies, 'rcp', 'ours', RCP))
  for (const target of [value.root, inner.id]) {
    await commit(attachControl(records, { type: 'rcp', name: 'ours', target }))
  }
  const where: AccountPlace = await placeNow(records, TEAM)
  assert.equal(where.organizationId, value.id)
  assert.deepEqual(where.paths, [`${value.id}/${value.root}/${outer.id}/${inner.id}/`])
  const open = ['FullAWSAccess']
  assert.deepEqual(await levels(TEAM, 'scps'), [open, open, open, ['FullAWSAccess', 'closed']])
  const [free, ours] = [['RCPFullAWSAccess'], ['RCPFullAWSAccess', 'ours']]
  assert.deepEqual(await levels(TEAM, 'rcps'), [ours, free, ours, free])
  assert.deepEqual(await placeNow(records, HOME), {
    organizationId: value.id,
    paths: [`${value.id}/${value.root}/`],
  })
  await ensureAccount(dependencies, '777788889999')
  assert.deepEqual((await placeNow(records, '777788889999')).paths, [`${value.id}/${value.root}/`])
})

test('a unit, or a policy, that is not there leaves nothing allowed', async () => {
  const { value } = await needAccount(records, TEAM)
  await changed(TEAM, (account) => ({ ...account, parent: 'ou-none-none' }))
  assert.deepEqual(await placeNow(records, TEAM), { scps: [[]], rcps: [[]] })
  await changed(TEAM, () => value)
  for (const type of ['scp', 'rcp'] as const) {
    const policy = await records.get(
      CONTROLS[type].kind,
      CONTROL_POLICIES,
      type === 'scp' ? 'closed' : 'ours',
    )
    assert.ok(policy)
    await records.commit([remove(policy)])
  }
  assert.deepEqual((await levels(TEAM, 'scps'))?.at(-1), [])
  assert.deepEqual((await levels(TEAM, 'rcps'))?.[0], [])
})

test('units are five levels deep at most', async () => {
  let parent: string | undefined
  for (let level = 1; level <= UNIT_LEVELS_MAX; level += 1) {
    const { id, changes } = await createUnit(dependencies, `level ${level}`, parent)
    await records.commit(changes)
    parent = id
  }
  await assert.rejects(createUnit(dependencies, 'deeper', parent), /units are at most 5 levels deep/)
})

test('an account whose organization has not been recorded with it is in none', async () => {
  await records.commit([
    insert(ACCOUNT, ACCOUNTS, '222233334444', {
      format: 1,
      createdAt: 0,
      rootAccessKeyId: 'A',
      handedOver: true,
    }),
  ])
  assert.deepEqual(await placeNow(records, '222233334444'), {})
})
