import { KmsError } from '../../api/errors.ts'
import type { Stored } from '../../store/records.ts'
import type { KeyMaterialValue, KeyValue } from '../keys/key-record.ts'
import type { Key } from '../keys/keys.ts'

/** @throws UnsupportedOperationException for a key whose key material is not imported. */
export function checkExternal(key: Key): void {
  const { origin } = key.record.value
  if (origin === 'EXTERNAL') return
  throw new KmsError(
    'UnsupportedOperationException',
    `${key.arn} origin is ${origin} which is not valid for this operation.`,
  )
}

/** The values of a key's record that follow from its key materials. */
export type ImportStanding = Pick<KeyValue, 'state' | 'imported'>

/**
 * These values for a key with these permanently associated key materials: with one missing it waits for an
 * import; with all of them it has the first expiration.
 */
export function standingOf(
  value: KeyValue,
  materials: readonly Omit<KeyMaterialValue, 'format'>[],
): Omit<KeyValue, 'imported'> & ImportStanding {
  const { imported: _, ...rest } = value
  const permanent = materials.filter(({ pending }) => pending !== true)
  const complete = permanent.length > 0 && permanent.every(({ wrapped }) => wrapped !== undefined)
  if (!complete) return { ...rest, state: inWaiting(value) }
  const ends = permanent.flatMap(({ imported }) => imported?.validTo ?? [])
  const imported =
    ends.length === 0
      ? { model: 'KEY_MATERIAL_DOES_NOT_EXPIRE' as const }
      : { model: 'KEY_MATERIAL_EXPIRES' as const, validTo: Math.min(...ends) }
  return { ...rest, state: value.state === 'PendingImport' ? 'Enabled' : value.state, imported }
}

/** A key pending deletion stays so, whatever happens to its key material. */
function inWaiting({ state }: KeyValue): KeyValue['state'] {
  return state === 'PendingDeletion' || state === 'PendingReplicaDeletion' ? state : 'PendingImport'
}

/** Key material without its bytes, after they are deleted or have expired. */
export function withoutBytes({ wrapped: _, ...rest }: KeyMaterialValue): KeyMaterialValue {
  return rest
}

/** The key materials of a key, with one of them replaced or, by nothing, left out. */
export function exchanged(
  materials: readonly Stored<KeyMaterialValue>[],
  materialId: string,
  by: KeyMaterialValue | undefined,
): readonly KeyMaterialValue[] {
  return materials.flatMap(({ value }) => {
    if (value.materialId !== materialId) return [value]
    return by === undefined ? [] : [by]
  })
}

/** Whether a key lacks imported key material that it needs. */
export function lacksKeyMaterial({ origin, imported }: Omit<KeyValue, 'deletion'>): boolean {
  return origin === 'EXTERNAL' && imported === undefined
}
