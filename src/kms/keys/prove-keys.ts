import { parseBase64 } from '../../base/bytes.ts'
import type { Custody } from '../../custody/custody.ts'
import type { Records, Stored } from '../../store/records.ts'
import { keyMaterialRef, keyMaterialsOf } from './key-materials.ts'
import { KEY, type KeyValue } from './key-record.ts'
import { type Key, keyOf } from './keys.ts'

/** What proving a key has shown. */
export type ProvedKey = {
  readonly arn: string
  /** Key materials that open and are what was stored. */
  readonly materials: number
  /** Why one is not; nothing when all are. */
  readonly failure: string | undefined
}

/**
 * Opens all key material of a key, in whatever state the key is, and compares it with its id and public key. Material that
 * was deleted or has expired is left out.
 */
export async function proveKey(
  custody: Custody,
  records: Records,
  record: Stored<KeyValue>,
): Promise<ProvedKey> {
  const [account = '', region = ''] = record.partition.split('/')
  const key = keyOf({ ...record, value: KEY.parse(record.value) }, account, region)
  let materials = 0
  try {
    for (const { value } of await keyMaterialsOf(records, key)) {
      if (value.wrapped === undefined) continue
      await custody.proveKeyMaterial(
        keyMaterialRef(key, value.materialId),
        publicKeyBytes(key, value.materialId),
      )
      materials += 1
    }
    return { arn: key.arn, materials, failure: undefined }
  } catch (error) {
    return { arn: key.arn, materials, failure: error instanceof Error ? error.message : String(error) }
  }
}

/** The record of a key has the public key of its current key material. */
function publicKeyBytes({ record: { value } }: Key, materialId: string): Uint8Array | undefined {
  if (value.publicKey === undefined || value.materialId !== materialId) return undefined
  return parseBase64(value.publicKey)
}
