import { KmsError } from '../../api/errors.ts'
import { type Change, type Records, replace, type Stored } from '../../store/records.ts'
import type { KeyPlace } from './key-materials.ts'
import { KEY, type KeyValue, partitionOf } from './key-record.ts'
import type { Key } from './keys.ts'

/** The keys of a multi-Region set in other regions than this key's; none for other keys. */
export async function relatedKeys(records: Records, key: Key): Promise<readonly RelatedKey[]> {
  const set = key.record.value.multiRegion
  if (set === undefined) return []
  const found: RelatedKey[] = []
  for (const region of [set.primary, ...set.replicas]) {
    if (region === key.region) continue
    const record = await records.get(KEY, partitionOf(key.account, region), key.keyId)
    if (record !== undefined) found.push({ account: key.account, region, keyId: key.keyId, record })
  }
  return found
}

/** A key of the same set in another region. */
export type RelatedKey = KeyPlace & { readonly record: Stored<KeyValue> }

/** Whether a key determines its whole set: it is the primary, or not in a set. */
export function isPrimary(key: Key): boolean {
  const set = key.record.value.multiRegion
  return set === undefined || set.primary === key.region
}

/** @throws UnsupportedOperationException for a replica. Source: recorded answers of AWS KMS. */
export function checkPrimary(key: Key): void {
  if (isPrimary(key)) return
  throw notPrimary(key)
}

/** The error for a key that is not the primary of a set. Source: recorded answers of AWS KMS. */
export function notPrimary(key: Key): KmsError {
  const kind = key.record.value.multiRegion === undefined ? 'key' : 'primary key'
  return new KmsError('UnsupportedOperationException', `${key.arn} is not a multi-region ${kind}.`)
}

/** The same change of values in every key of a set. */
export function replaceAll(
  records: readonly Stored<KeyValue>[],
  change: (value: KeyValue) => KeyValue,
): readonly Change[] {
  return records.map((record) => replace(record, change(record.value)))
}
