import type { EpochMs, Random } from '../../base/ports.ts'
import { type Change, type Records, remove, replace } from '../../store/records.ts'
import { keyMaterialsOf } from '../keys/key-materials.ts'
import { KEY, partitionOf } from '../keys/key-record.ts'
import { dueNote } from './due.ts'

const KEY_ARN = /^arn:aws[a-z-]*:kms:([^:]+):(\d{12}):key\/([^/]+)$/
/** The shortest waiting period, which a key that is deleted at once has had elsewhere. */
const WINDOW_DAYS = 7

/**
 * The changes that remove all key material of a key that was deleted elsewhere, and make its deletion due now; nothing for
 * a key that is not there.
 *
 * Of another deployment's records of the same key, such as those of a backup.
 */
export async function planDestruction(
  records: Records,
  arn: string,
  { now, random }: { readonly now: EpochMs; readonly random: Random },
): Promise<readonly Change[]> {
  const [, region, account, keyId] = KEY_ARN.exec(arn) ?? []
  if (region === undefined || account === undefined || keyId === undefined) return []
  const record = await records.get(KEY, partitionOf(account, region), keyId)
  if (record === undefined) return []
  const materials = await keyMaterialsOf(records, { account, region, keyId })
  const deletion = { at: now, windowDays: WINDOW_DAYS }
  return [
    replace(record, { ...record.value, state: 'PendingDeletion', deletion }),
    dueNote(random.uuid(), { what: 'DeleteKey', account, region, keyId, at: now }),
    ...materials.map(remove),
  ]
}
