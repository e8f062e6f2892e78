import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testFolder } from '../../../test/support/test-folder.ts'
import { testSealer } from '../../../test/support/test-sealer.ts'
import { openRecords } from '../../store/cache.ts'
import { insert, type Records } from '../../store/records.ts'
import { openSqlite } from '../../store/sqlite.ts'
import { materialName } from '../keys/key-materials.ts'
import { KEY_MATERIAL, type KeyMaterialValue, materialPartition } from '../keys/key-record.ts'
import { dueNote } from './due.ts'
import { findExpiring } from './expiring.ts'

const DAY_MS = 86_400_000
const NOW = Date.UTC(2026, 10, 25, 12)
const PLACE = { account: '111122223333', region: 'eu-west-1' }

async function withRecords(use: (records: Records) => Promise<void>): Promise<void> {
  using folder = testFolder()
  const records = await openRecords(openSqlite(folder.path), testSealer())
  try {
    await use(records)
  } finally {
    await records.close()
  }
}

type Left = { readonly noted?: number; readonly isGone?: boolean }

/** A material that expires at `at`; its note may say another moment, and its bytes may be gone. */
async function addMaterial(records: Records, keyId: string, at: number, left: Left = {}): Promise<void> {
  const materialId = keyId.padEnd(64, '0')
  const partition = materialPartition(PLACE.account, PLACE.region, keyId)
  const material: KeyMaterialValue = {
    format: 1,
    materialId,
    order: 0,
    createdAt: 0,
    imported: { model: 'KEY_MATERIAL_EXPIRES', validTo: at },
    ...(left.isGone === true ? {} : { wrapped: { under: 'domain', wrapped: '' } }),
  }
  await records.commit([
    insert(KEY_MATERIAL, partition, materialName(materialId), material),
    dueNote(`note-${keyId}`, {
      what: 'ExpireKeyMaterial',
      ...PLACE,
      keyId,
      at: left.noted ?? at,
      materialId,
    }),
  ])
}

test('findExpiring gives what expires within 30 days, soonest first, with what is overdue', async () => {
  await withRecords(async (records) => {
    const moments = [NOW + 30 * DAY_MS, NOW + DAY_MS, NOW - DAY_MS]
    for (const [index, at] of moments.entries()) await addMaterial(records, `a${index}`, at)
    await addMaterial(records, 'later', NOW + 30 * DAY_MS + 1)
    assert.deepEqual(await findExpiring(records, NOW), moments.toReversed())
  })
})

test('findExpiring leaves out notes of what has been deleted, imported again, or is something else', async () => {
  await withRecords(async (records) => {
    await addMaterial(records, 'gone', NOW + DAY_MS, { isGone: true })
    await addMaterial(records, 'again', NOW + 2 * DAY_MS, { noted: NOW + DAY_MS })
    await records.commit([dueNote('n', { what: 'DeleteKey', ...PLACE, keyId: 'k', at: NOW + DAY_MS })])
    await records.commit([
      dueNote('m', {
        what: 'ExpireKeyMaterial',
        ...PLACE,
        keyId: 'no',
        at: NOW + DAY_MS,
        materialId: 'none',
      }),
    ])
    assert.deepEqual(await findExpiring(records, NOW), [])
  })
})
