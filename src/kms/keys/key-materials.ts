import { toBase64 } from '../../base/bytes.ts'
import type { EpochMs } from '../../base/ports.ts'
import { MATERIAL_PREFIX_DIGITS } from '../../custody/blob.ts'
import type { NewKeyMaterial } from '../../custody/custody.ts'
import type { KeyMaterialRef, KeyRef } from '../../custody/key-material.ts'
import { type Change, insert, type Records, type Stored } from '../../store/records.ts'
import {
  KEY,
  KEY_MATERIAL,
  type KeyMaterialValue,
  type KeyValue,
  materialPartition,
  partitionOf,
} from './key-record.ts'
import type { Key } from './keys.ts'

/** Materials of one key: above the 25 on-demand rotations and a century of automatic ones. */
const MATERIALS_PER_KEY_MAX = 1000

/** How often a key and its key material are read before an answer may show a change that happens between them. */
const CONSISTENT_READS_MAX = 16

/** The name of a material's record: the part of its id that ciphertext blobs carry. */
export function materialName(materialId: string): string {
  return materialId.slice(0, MATERIAL_PREFIX_DIGITS)
}

/** A key as custody knows it. */
export function keyRef(key: Key): KeyRef {
  return { account: key.account, region: key.region, keyId: key.keyId, spec: key.record.value.spec }
}

/** A material of a key as custody knows it. */
export function keyMaterialRef(key: Key, materialId: string): KeyMaterialRef {
  return { ...keyRef(key), materialId }
}

/** All materials of a key, in the order in which they came. */
export async function keyMaterialsOf(
  records: Pick<Records, 'list'>,
  key: KeyPlace,
): Promise<readonly Stored<KeyMaterialValue>[]> {
  const partition = materialPartition(key.account, key.region, key.keyId)
  const page = await records.list(KEY_MATERIAL, { partition, limit: MATERIALS_PER_KEY_MAX })
  return page.records.toSorted((one, other) => one.value.order - other.value.order)
}

/** A key's record and all its key material as they are together at one moment. */
export type KeyWithMaterials = {
  readonly record: Stored<KeyValue>
  readonly materials: readonly Stored<KeyMaterialValue>[]
}

/**
 * Reads all key material of a key, in the order in which it came, with the key's record of the same moment: every
 * commit that changes which key material is current also changes the key's record, so the record is read again after
 * the list, and a change between the two repeats the list.
 *
 * @param record the key's record as the caller has read it.
 */
export async function keyWithMaterials(
  records: Pick<Records, 'get' | 'list'>,
  place: KeyPlace,
  record: Stored<KeyValue>,
): Promise<KeyWithMaterials> {
  let seen = record
  for (let read = 1; ; read += 1) {
    const materials = await keyMaterialsOf(records, place)
    const now = await records.get(KEY, partitionOf(place.account, place.region), place.keyId)
    if (now === undefined || now.version === seen.version || read === CONSISTENT_READS_MAX) {
      return { record: seen, materials }
    }
    seen = now
  }
}

/** Where a key is. */
export type KeyPlace = { readonly account: string; readonly region: string; readonly keyId: string }

/** What is stored of a material beside its wrapped bytes. */
export type KeyMaterialFacts = Omit<KeyMaterialValue, 'format' | 'materialId' | 'wrapped' | 'createdAt'>

/** The record of a material that has just been made or taken in. */
export function insertKeyMaterial(
  key: KeyPlace,
  made: NewKeyMaterial,
  createdAt: EpochMs,
  facts: KeyMaterialFacts,
): Change {
  const { materialId, wrapped } = made
  const partition = materialPartition(key.account, key.region, key.keyId)
  return insert(KEY_MATERIAL, partition, materialName(materialId), {
    format: 1,
    materialId,
    wrapped,
    createdAt,
    ...facts,
  })
}

/** What a key's record keeps of a material that becomes the current one. */
export function asCurrent({ materialId, publicKey }: NewKeyMaterial): {
  readonly materialId: string
  readonly publicKey?: string
} {
  return publicKey === undefined ? { materialId } : { materialId, publicKey: toBase64(publicKey) }
}
