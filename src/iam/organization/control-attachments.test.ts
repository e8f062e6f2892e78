import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { testFolder } from '../../../test/support/test-folder.ts'
import { testSealer } from '../../../test/support/test-sealer.ts'
import { systemClock, systemRandom } from '../../base/ports.ts'
import { CONTROL_POLICY_MAX_CHARS } from '../../policy/flavour.ts'
import { openRecords } from '../../store/cache.ts'
import { type Change, type Records, replace } from '../../store/records.ts'
import { openSqlite } from '../../store/sqlite.ts'
import { ensureAccount } from '../accounts/account.ts'
import {
  attachControl,
  deleteControl,
  detachControl,
  listControls,
  putControl,
} from './control-attachments.ts'
import { createOrganization, createUnit, moveAccount } from './organization.ts'
import { findOrganization } from './organization-record.ts'

const [HOME, TEAM] = ['000000000000', '111122223333']
const DOCUMENTS = {
  scp: '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"kms:*","Resource":"*"}}',
  rcp: '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"kms:*","Resource":"*"}}',
}

const folder = testFolder()
let records: Records
let dependencies: Parameters<typeof createOrganization>[0]
let unit: string

before(async () => {
  records = await openRecords(openSqlite(folder.path), testSealer())
  dependencies = { records, clock: systemClock, random: systemRandom }
  for (const account of [HOME, TEAM]) await ensureAccount(dependencies, account)
  await commit((await createOrganization(dependencies, HOME)).changes)
  const made = await createUnit(dependencies, 'unit', undefined)
  await commit(made.changes)
  unit = made.id
})

after(async () => {
  await records.close()
  folder[Symbol.dispose]()
})

async function commit(changes: readonly Change[] | Promise<readonly Change[]>): Promise<void> {
  await records.commit(await changes)
}

describe('control policies', () => {
  for (const type of ['scp', 'rcp'] as const) {
    test(`of the type ${type} are five at most on one target, the one that allows everything among them`, async () => {
      const names = [1, 2, 3, 4, 5].map((number) => `${type}-${number}`)
      for (const name of names) await commit(putControl(dependencies, type, name, DOCUMENTS[type]))
      const [last = '', ...rest] = names.toReversed()
      for (const name of rest) {
        for (const target of [unit, TEAM]) await commit(attachControl(records, { type, name, target }))
      }
      for (const target of [unit, TEAM]) {
        await assert.rejects(attachControl(records, { type, name: last, target }), /has at most 5 /)
        const [first = ''] = rest
        assert.deepEqual(await attachControl(records, { type, name: first, target }), [])
        await commit(detachControl(records, { type, name: first, target }))
        await commit(attachControl(records, { type, name: last, target }))
      }
      const listed = await listControls(records, type)
      assert.deepEqual(listed.find(({ name }) => name === last)?.targets, [unit, TEAM])
    })

    test(`of the type ${type} have ${CONTROL_POLICY_MAX_CHARS} characters at most`, async () => {
      const padded = (chars: number): string => DOCUMENTS[type].padEnd(chars)
      await commit(putControl(dependencies, type, 'long', padded(CONTROL_POLICY_MAX_CHARS)))
      await assert.rejects(
        putControl(dependencies, type, 'long', padded(CONTROL_POLICY_MAX_CHARS + 1)),
        /has at most 5120 characters/,
      )
    })

    test(`of the type ${type} cannot be deleted while somebody attaches them`, async () => {
      await commit(putControl(dependencies, type, 'raced', DOCUMENTS[type]))
      const [attaching, deleting] = await Promise.all([
        attachControl(records, { type, name: 'raced', target: (await rootOf()) ?? '' }),
        deleteControl(records, type, 'raced'),
      ])
      await records.commit(attaching)
      await assert.rejects(records.commit(deleting))
      await assert.rejects(deleteControl(records, type, 'raced'), /raced is attached to r-/)
    })
  }

  test('for resources deny, and name the actions that they deny', async () => {
    const changed = (change: object): string =>
      JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ ...JSON.parse(DOCUMENTS.rcp).Statement, ...change }],
      })
    const { Action: _, ...rest } = JSON.parse(DOCUMENTS.rcp).Statement
    const named = JSON.stringify({ Version: '2012-10-17', Statement: { ...rest, NotAction: 'kms:Decrypt' } })
    for (const text of [changed({ Effect: 'Allow' }), named]) {
      await assert.rejects(putControl(dependencies, 'rcp', 'x', text), /statement 1 allows or has NotAction/)
    }
    await assert.rejects(
      putControl(dependencies, 'rcp', 'x', changed({ Principal: { AWS: TEAM } })),
      /Principal/,
    )
  })
})

async function rootOf(): Promise<string | undefined> {
  return (await findOrganization(records))?.value.root
}

test('an organization has 1,000 units at most', async () => {
  const organization = await findOrganization(records)
  assert.ok(organization)
  const { value } = organization
  const filled = Array.from({ length: 999 - value.units.length }, (_, at) => ({
    ...{ id: `ou-none-${at}`, name: `n${at}`, parent: value.root, createdAt: 0 },
  }))
  await records.commit([replace(organization, { ...value, units: [...value.units, ...filled] })])
  await commit((await createUnit(dependencies, 'the last', undefined)).changes)
  await assert.rejects(createUnit(dependencies, 'one more', undefined), /at most 1000 units/)
})

test('a unit cannot be deleted while an account moves into it, and a tree is changed by one at a time', async () => {
  const moving = await moveAccount(records, TEAM, unit)
  const other = await createUnit(dependencies, 'n1', undefined)
  assert.deepEqual(other.changes, [])
  const root = (await rootOf()) ?? ''
  const attaching = await attachControl(records, { type: 'scp', name: 'long', target: root })
  await records.commit(moving)
  await assert.rejects(records.commit(attaching))
})
