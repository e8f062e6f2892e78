import type { Call } from '../../dispatch/operation.ts'
import { type Change, insert } from '../../store/records.ts'
import { KEY, KEY_OWNER, type KeyValue, partitionOf } from './key-record.ts'
import { type Key, keyOf } from './keys.ts'

/** A key of the caller's account that will be stored. */
export function newKey(call: Call, keyId: string, region: string, value: KeyValue): Key {
  const { account } = call.caller
  const partition = partitionOf(account, region)
  return keyOf({ kind: KEY.name, partition, name: keyId, version: 1, value }, account, region)
}

/** The records of a new key, without its key material. */
export function insertKey({ account, region, keyId, record }: Key): readonly Change[] {
  return [
    insert(KEY, partitionOf(account, region), keyId, record.value),
    insert(KEY_OWNER, region, keyId, { format: 1, account }),
  ]
}
