import { MATERIAL_PREFIX_DIGITS } from '../../custody/blob.ts'
import type { WrappedKeys } from '../../custody/custody.ts'
import type { Records } from '../../store/records.ts'
import { KEK, KEY_MATERIAL, materialPartition, partitionOf } from './key-record.ts'

/** Finds the keys that custody has wrapped, in the records. */
export function wrappedKeys(records: Records): WrappedKeys {
  return {
    findKeyMaterial: async ({ account, region, keyId, materialId }) => {
      const partition = materialPartition(account, region, keyId)
      const record = await records.get(KEY_MATERIAL, partition, materialId.slice(0, MATERIAL_PREFIX_DIGITS))
      return record?.value.wrapped
    },
    findKek: async ({ account, region }, kekId) => {
      const record = await records.get(KEK, partitionOf(account, region), kekId)
      return record?.value
    },
  }
}
