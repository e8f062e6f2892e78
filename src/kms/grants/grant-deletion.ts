import { type Change, type Kind, type Records, remove, replace, type Stored } from '../../store/records.ts'
import type { KeyPlace } from '../keys/key-materials.ts'
import { KEY, type KeyValue, partitionOf } from '../keys/key-record.ts'
import { GRANT, GRANTEE_CHUNK, grantPartition, NAMED_GRANT } from './grant-record.ts'
import { removeRetirable } from './grants.ts'

/**
 * Grants that one commit removes: with the records that name them, well below the changes that a commit can
 * have.
 */
const BATCH_MAX = 300

/**
 * Removes the grants of a key whose deletion is due, and all records that name them, in as many commits as it
 * takes. Each commit changes the key's record too, so that none applies to a key whose deletion was
 * cancelled.
 *
 * @returns the key's record after the last commit; nothing when it is gone.
 * @throws StoreConflict when another call has changed the key meanwhile.
 */
export async function removeGrantsOf(
  records: Records,
  record: Stored<KeyValue>,
  place: KeyPlace,
): Promise<Stored<KeyValue> | undefined> {
  if ((record.value.grants ?? 0) === 0) return record
  const partition = grantPartition(place)
  let key: Stored<KeyValue> | undefined = record
  for (const next of [nextGrants, nextOf(GRANTEE_CHUNK), nextOf(NAMED_GRANT)]) {
    let changes = await next(records, partition, place)
    while (key !== undefined && changes.length > 0) {
      await records.commit([replace(key, key.value), ...changes])
      key = await records.get(KEY, partitionOf(place.account, place.region), place.keyId)
      changes = await next(records, partition, place)
    }
  }
  return key
}

type Next = (records: Records, partition: string, place: KeyPlace) => Promise<readonly Change[]>

const nextGrants: Next = async (records, partition, place) => {
  const page = await records.list(GRANT, { partition, limit: BATCH_MAX })
  const changes: Change[] = []
  for (const grant of page.records) {
    changes.push(remove(grant), ...(await removeRetirable(records, place, grant)))
  }
  return changes
}

function nextOf<V extends object>(kind: Kind<V>): Next {
  return async (records, partition) => {
    const page = await records.list(kind, { partition, limit: BATCH_MAX })
    return page.records.map(remove)
  }
}
