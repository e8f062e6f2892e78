import type { EpochMs } from '../../base/ports.ts'
import { type Change, insert, remove, replace, type Stored } from '../../store/records.ts'
import { removeGrantsOf } from '../grants/grant-deletion.ts'
import {
  CONNECTING_PARTITION,
  findStore,
  isClusterStore,
  STORE_KEY,
  storeKeyPartition,
  TOKEN_KEY_DISPOSAL,
} from '../key-stores/custom-key-store.ts'
import { keyMaterialsOf } from '../keys/key-materials.ts'
import { ALIAS, KEY, KEY_OWNER, type KeyValue, partitionOf } from '../keys/key-record.ts'
import { type RelatedKey, relatedKeys } from '../keys/key-set.ts'
import { type Key, keyOf } from '../keys/keys.ts'
import { withoutReplica } from '../keys/multi-region.ts'
import type { KmsDependencies } from '../kms-dependencies.ts'
import { type DuePlan, type DueValue, dueNote } from './due.ts'

const DAY_MS = 86_400_000

/** The state of a key whose deletion is scheduled: with a date, or waiting for its replicas to go. */
export type Scheduled = {
  readonly state: 'PendingDeletion' | 'PendingReplicaDeletion'
  readonly deletion: NonNullable<KeyValue['deletion']>
}

/** The state of a key whose deletion is scheduled now. */
export function scheduled({ record: { value }, region }: Key, now: EpochMs, windowDays: number): Scheduled {
  const set = value.multiRegion
  if (set !== undefined && set.primary === region && set.replicas.length > 0) {
    return { state: 'PendingReplicaDeletion', deletion: { windowDays } }
  }
  return { state: 'PendingDeletion', deletion: { at: now + windowDays * DAY_MS, windowDays } }
}

/**
 * The changes that delete a key whose deletion is due; nothing when the note is out of date: the deletion was
 * cancelled, rescheduled or done.
 */
export async function planDeletion(
  dependencies: KmsDependencies,
  due: Stored<DueValue>,
  now: EpochMs,
): Promise<DuePlan | undefined> {
  const { records } = dependencies
  const { account, region, keyId, planned } = due.value
  const partition = partitionOf(account, region)
  const found = await records.get(KEY, partition, keyId)
  if (found === undefined || found.value.deletion?.at !== planned || planned > now) return undefined
  const record = await removeGrantsOf(records, found, { account, region, keyId })
  if (record === undefined || record.value.deletion?.at !== planned) return undefined
  const key = keyOf(record, account, region)
  const materials = await keyMaterialsOf(records, key)
  return {
    changes: [
      remove(record),
      ...(await namesOf(dependencies, key)),
      await dependencies.keyCounter.remove(records, { account, region }),
      ...materials.map(remove),
      ...(await leaveSet(dependencies, key, now)),
      ...(await tokenKeyDisposal(dependencies, key)),
    ],
    event: { name: 'DeleteKey', account, region, resources: [{ account, arn: key.arn }] },
    forget: materials.map(({ value }) => value.materialId),
  }
}

/** Other records that name a key: its entry among all ids, and its aliases. */
async function namesOf(dependencies: KmsDependencies, key: Key): Promise<readonly Change[]> {
  const changes: Change[] = []
  const owner = await dependencies.records.get(KEY_OWNER, key.region, key.keyId)
  if (owner !== undefined) changes.push(remove(owner))
  for (const name of key.record.value.aliases) {
    const alias = await dependencies.records.get(ALIAS, partitionOf(key.account, key.region), name)
    if (alias !== undefined) changes.push(remove(alias))
  }
  const external = await placeInStore(dependencies, key)
  if (external !== undefined) changes.push(remove(external))
  return changes
}

/** The record that reserves the place in the store. An external key itself stays. */
async function placeInStore(
  dependencies: KmsDependencies,
  { record, account, region }: Key,
): Promise<Stored<object> | undefined> {
  const { keyStore } = record.value
  if (keyStore === undefined) return undefined
  const partition = storeKeyPartition(account, region, keyStore.id)
  return dependencies.records.get(STORE_KEY, partition, keyStore.xksKeyId ?? record.name)
}

/** The note to destroy a key in a token: nobody can take back the deletion once the note is committed. */
async function tokenKeyDisposal(
  { records }: KmsDependencies,
  { record, account, region, keyId }: Key,
): Promise<readonly Change[]> {
  const { keyStore } = record.value
  const store = keyStore && (await findStore({ records, account, region }, keyStore.id))
  if (store === undefined || !isClusterStore(store.value)) return []
  const note = { format: 1 as const, account, clusterId: store.value.cluster.id }
  return [insert(TOKEN_KEY_DISPOSAL, CONNECTING_PARTITION, keyId, note)]
}

/** The other keys of its set lose a replica; a primary that waited for the last one gets its date. */
async function leaveSet(dependencies: KmsDependencies, key: Key, now: EpochMs): Promise<readonly Change[]> {
  const set = key.record.value.multiRegion
  if (set === undefined) return []
  const left = withoutReplica(set, key.region)
  const related = await relatedKeys(dependencies.records, key)
  return related.flatMap((other) => {
    const value = { ...other.record.value, multiRegion: left }
    const waited = value.state === 'PendingReplicaDeletion' && left.replicas.length === 0
    return waited ? dated(dependencies, other, value, now) : [replace(other.record, value)]
  })
}

function dated(
  dependencies: KmsDependencies,
  key: RelatedKey,
  value: KeyValue,
  now: EpochMs,
): readonly Change[] {
  const windowDays = value.deletion?.windowDays ?? 0
  const at = now + windowDays * DAY_MS
  const { account, region, keyId } = key
  return [
    replace(key.record, { ...value, state: 'PendingDeletion', deletion: { at, windowDays } }),
    dueNote(dependencies.random.uuid(), { what: 'DeleteKey', account, region, keyId, at }),
  ]
}
