import { keyArn } from '../../api/arn.ts'
import type { EpochMs } from '../../base/ports.ts'
import { type Change, insert } from '../../store/records.ts'
import type { KmsDependencies } from '../kms-dependencies.ts'
import { currentKek } from './kek.ts'
import { keyMaterialRef, keyMaterialsOf, materialName } from './key-materials.ts'
import { KEY_MATERIAL, type KeyValue, materialPartition, type RegionSet } from './key-record.ts'
import type { Key } from './keys.ts'

/** The set with one more replica. */
export function withReplica(set: RegionSet, region: string): RegionSet {
  return { ...set, replicas: [...set.replicas, region] }
}

/** The set without a replica. */
export function withoutReplica(set: RegionSet, region: string): RegionSet {
  return { ...set, replicas: set.replicas.filter((replica) => replica !== region) }
}

/** The set with another primary; the former one takes its place among the replicas. */
export function withPrimary(set: RegionSet, region: string): RegionSet {
  const replicas = set.replicas.map((replica) => (replica === region ? set.primary : replica))
  return { primary: region, replicas }
}

/** The values of a primary key that its replicas share. */
export function sharedValue(value: KeyValue): Pick<KeyValue, SharedName> {
  const { spec, usage, origin, materialId, publicKey, rotation, onDemandRotations } = value
  return {
    spec,
    usage,
    origin,
    ...(materialId === undefined ? {} : { materialId }),
    ...(publicKey === undefined ? {} : { publicKey }),
    ...(rotation === undefined ? {} : { rotation }),
    ...(onDemandRotations === undefined ? {} : { onDemandRotations }),
  }
}

type SharedName = 'spec' | 'usage' | 'origin' | 'materialId' | 'publicKey' | 'rotation' | 'onDemandRotations'

/**
 * The key materials of a primary key for a replica in another region, wrapped for it. Imported ones come
 * without their bytes, which the owner has to import there too.
 */
export async function copyKeyMaterials(
  dependencies: KmsDependencies,
  key: Key,
  region: string,
  now: EpochMs,
): Promise<readonly Change[]> {
  const { account, keyId } = key
  const kekId = await currentKek(dependencies, account, region, now)
  const external = key.record.value.origin === 'EXTERNAL'
  const changes: Change[] = []
  for (const { value } of await keyMaterialsOf(dependencies.records, key)) {
    const { wrapped, imported, ...rest } = value
    const described = imported?.description === undefined ? {} : { imported }
    const copy =
      external || wrapped === undefined
        ? { ...rest, ...described }
        : {
            ...rest,
            wrapped: await dependencies.custody.rewrap(keyMaterialRef(key, value.materialId), wrapped, {
              account,
              region,
              kekId,
            }),
          }
    const partition = materialPartition(account, region, keyId)
    changes.push(insert(KEY_MATERIAL, partition, materialName(value.materialId), copy))
  }
  return changes
}

/** The ARN of a key of the same set in another region. */
export function arnIn(key: Key, region: string): string {
  return keyArn(region, key.account, key.keyId)
}
