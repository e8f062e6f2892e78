import type { EpochMs } from '../../base/ports.ts'
import { LIST_MAX_RECORDS, type Records, type Stored } from '../../store/records.ts'
import { materialName } from '../keys/key-materials.ts'
import { KEY_MATERIAL, materialPartition } from '../keys/key-record.ts'
import { DUE, type DueValue, dueDay } from './due.ts'

const DAY_MS = 86_400_000
/** How far ahead the search goes, and how far back for expiries that are overdue. */
const AHEAD_DAYS = 30
const BEHIND_DAYS = 7
/** The most notes to read; with more, counts say "at least". */
const NOTES_MAX = 10_000

/** When imported key materials expire, within 30 days from `now` or up to 7 days before it, in order. */
export async function findExpiring(records: Records, now: EpochMs): Promise<readonly EpochMs[]> {
  const moments: EpochMs[] = []
  let looked = 0
  for (let day = -BEHIND_DAYS; day <= AHEAD_DAYS && looked < NOTES_MAX; day += 1) {
    let after: string | undefined
    do {
      const partition = dueDay(now + day * DAY_MS)
      const page = await records.list(DUE, { partition, after, limit: LIST_MAX_RECORDS })
      looked += page.records.length
      for (const { value } of page.records) {
        if (await isCurrent(records, value)) moments.push(value.planned)
      }
      after = page.next
    } while (after !== undefined && looked < NOTES_MAX)
  }
  return moments.filter((at) => at <= now + AHEAD_DAYS * DAY_MS).sort((one, other) => one - other)
}

/** A note stays when key material is deleted, or imported again with another date. */
async function isCurrent(records: Records, note: Stored<DueValue>['value']): Promise<boolean> {
  const { what, account, region, keyId, materialId, planned } = note
  if (what !== 'ExpireKeyMaterial' || materialId === undefined) return false
  const partition = materialPartition(account, region, keyId)
  const material = await records.get(KEY_MATERIAL, partition, materialName(materialId))
  return material?.value.wrapped !== undefined && material.value.imported?.validTo === planned
}
