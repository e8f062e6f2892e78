import { keyArn } from '../api/arn.ts'
import type { EpochMs } from '../base/ports.ts'
import type { MaterialRef } from '../custody/material.ts'
import { type Change, type Records, remove, type Stored } from '../store/records.ts'
import type { DueValue } from './due.ts'
import { ALIAS, KEY, KEY_OWNER, MATERIAL, materialPartition, partitionOf } from './key-record.ts'

/** What the end of a key's waiting period changes. */
export type Deletion = {
  readonly arn: string
  readonly account: string
  readonly region: string
  readonly changes: readonly Change[]
  /** Materials that nothing may use any more. */
  readonly materials: readonly MaterialRef[]
}

/** Materials of one key: above the 25 on-demand rotations and a century of automatic ones. */
const MATERIALS_PER_KEY_MAX = 1000

/**
 * Everything that goes with a key whose time has come, or nothing when the note is out of date:
 * the deletion was cancelled, or put off, or has happened.
 */
export async function planDeletion(
  records: Records,
  due: Stored<DueValue>,
  now: EpochMs,
): Promise<Deletion | undefined> {
  const { account, region, keyId, at } = due.value
  const partition = partitionOf(account, region)
  const key = await records.get(KEY, partition, keyId)
  if (key === undefined || key.value.deletion?.at !== at || at > now) return undefined
  const changes: Change[] = [remove(due), remove(key)]
  const owner = await records.get(KEY_OWNER, region, keyId)
  if (owner !== undefined) changes.push(remove(owner))
  for (const name of key.value.aliases) {
    const alias = await records.get(ALIAS, partition, name)
    if (alias !== undefined) changes.push(remove(alias))
  }
  const place = { partition: materialPartition(account, region, keyId), limit: MATERIALS_PER_KEY_MAX }
  const { records: materials } = await records.list(MATERIAL, place)
  changes.push(...materials.map(remove))
  return {
    arn: keyArn(region, account, keyId),
    account,
    region,
    changes,
    materials: materials.map(({ value }) => ({ account, region, keyId, materialId: value.materialId })),
  }
}
