import { KmsError } from '../../api/errors.ts'
import { always, optional, text } from '../../api/shapes.ts'
import { type Change, remove, replace } from '../../store/records.ts'
import { checkExternal, exchanged, standingOf, withoutBytes } from '../import/import.ts'
import { KEY_MATERIAL_ID } from '../import/import-input.ts'
import { KEY_ID, keyOperation } from '../key-operation.ts'
import { keyMaterialsOf } from '../keys/key-materials.ts'
import type { KeyState } from '../keys/key-record.ts'
import { isPrimary, relatedKeys } from '../keys/key-set.ts'
import type { Key } from '../keys/keys.ts'
import type { KmsDependencies } from '../kms-dependencies.ts'

const STATES: readonly KeyState[] = [
  'Enabled',
  'Disabled',
  'PendingImport',
  'PendingDeletion',
  'PendingReplicaDeletion',
  'Unavailable',
]

/** Deletes imported key material; the key stays. Source: AWS KMS API Reference, "DeleteImportedKeyMaterial". */
export const deleteImportedKeyMaterial = keyOperation(
  {
    name: 'DeleteImportedKeyMaterial',
    readOnly: false,
    aliases: false,
    crossAccount: false,
    states: STATES,
    input: { KeyId: KEY_ID, KeyMaterialId: optional(KEY_MATERIAL_ID) },
    output: { KeyId: always(text()), KeyMaterialId: text() },
    checkKey: (_, key) => checkExternal(key),
  },
  async ({ input, key, dependencies }) => {
    const { materialId } = key.record.value
    const wanted = input.KeyMaterialId ?? materialId
    const changes = await deleteMaterial(dependencies, key, wanted)
    const done = outcome(key, changes, key.record.value.spec === 'SYMMETRIC_DEFAULT' ? wanted : undefined)
    // Custody drops its cached material only after the commit: earlier, another call would open it again.
    return wanted === undefined ? done : { ...done, dispose: () => dependencies.custody.forget(wanted) }
  },
)

function outcome(key: Key, changes: readonly Change[], materialId: string | undefined) {
  return {
    output: { KeyId: key.arn, KeyMaterialId: materialId },
    changes,
    event: { response: { keyId: key.arn, keyMaterialId: materialId } },
  }
}

/** @throws NotFoundException when the key has no such key material. */
async function deleteMaterial(
  dependencies: KmsDependencies,
  key: Key,
  materialId: string | undefined,
): Promise<readonly Change[]> {
  // A key without key material is already in the requested state.
  if (materialId === undefined) return []
  const materials = await keyMaterialsOf(dependencies.records, key)
  const material = materials.find(({ value }) => value.materialId === materialId)
  if (material === undefined) {
    throw new KmsError('NotFoundException', `Key material ${materialId} is not associated with ${key.arn}.`)
  }
  if (material.value.pending === true) return deletePending(dependencies, key, materialId)
  if (material.value.wrapped === undefined) return []
  const left = withoutBytes(material.value)
  const standing = standingOf(key.record.value, exchanged(materials, materialId, left))
  return [replace(material, left), replace(key.record, standing)]
}

/** Deletes pending key material, which was never current, with its record; a primary deletes it in every region. */
async function deletePending(
  dependencies: KmsDependencies,
  key: Key,
  materialId: string,
): Promise<readonly Change[]> {
  const places = isPrimary(key) ? [key, ...(await relatedKeys(dependencies.records, key))] : [key]
  const changes: Change[] = []
  for (const place of places) {
    const materials = await keyMaterialsOf(dependencies.records, place)
    const theirs = materials.find(({ value }) => value.materialId === materialId)
    if (theirs === undefined) continue
    changes.push(isPrimary(key) ? remove(theirs) : replace(theirs, withoutBytes(theirs.value)))
  }
  return changes
}
