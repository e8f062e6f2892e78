import { KmsError } from '../../api/errors.ts'
import type { EpochMs } from '../../base/ports.ts'
import type { NewKeyMaterial } from '../../custody/custody.ts'
import { type Change, insert, replace, type Stored } from '../../store/records.ts'
import { asCurrent, insertKeyMaterial, keyMaterialsOf, materialName } from '../keys/key-materials.ts'
import { KEY_MATERIAL, type KeyMaterialValue, materialPartition } from '../keys/key-record.ts'
import { checkPrimary, type RelatedKey, relatedKeys } from '../keys/key-set.ts'
import type { Key } from '../keys/keys.ts'
import type { KmsDependencies } from '../kms-dependencies.ts'
import { dueNote } from '../lifecycle/due.ts'
import { pendingIn } from '../lifecycle/rotation.ts'
import { exchanged, standingOf } from './import.ts'
import { checkUnnamed, expirationModel, type ImportInput } from './import-input.ts'

/** Received key material, with its owner's settings. */
export type Arrival = {
  readonly made: NewKeyMaterial
  readonly input: ImportInput
  readonly now: EpochMs
}

/**
 * The changes that import key material: as a key's first, as pending rotation, or as one that the key had
 * before.
 *
 * @throws ValidationException, IncorrectKeyMaterialException, KMSInvalidStateException,
 * UnsupportedOperationException.
 */
export async function admit(
  dependencies: KmsDependencies,
  key: Key,
  arrival: Arrival,
): Promise<readonly Change[]> {
  const materials = await keyMaterialsOf(dependencies.records, key)
  const known = materials.find(({ value }) => value.materialId === arrival.made.materialId)
  const type =
    arrival.input.ImportType ?? (materials.length === 0 ? 'NEW_KEY_MATERIAL' : 'EXISTING_KEY_MATERIAL')
  const changes =
    type === 'NEW_KEY_MATERIAL'
      ? await admitNew(dependencies, key, arrival, materials)
      : await admitAgain(dependencies, key, arrival, { materials, known })
  return [...changes, ...expiryNote(dependencies, key, arrival)]
}

function importedFacts({ input }: Arrival, description: string | undefined): KeyMaterialValue['imported'] {
  return {
    model: expirationModel(input),
    ...(input.ValidTo === undefined ? {} : { validTo: input.ValidTo }),
    ...(description === undefined ? {} : { description }),
  }
}

async function admitNew(
  dependencies: KmsDependencies,
  key: Key,
  arrival: Arrival,
  materials: readonly Stored<KeyMaterialValue>[],
): Promise<readonly Change[]> {
  const { made, now, input } = arrival
  checkUnnamed(input)
  checkNew(key, made, materials)
  checkPrimary(key)
  const first = materials.length === 0
  const imported = importedFacts(arrival, input.KeyMaterialDescription)
  const facts = {
    order: materials.length,
    ...(first ? {} : { pending: true as const }),
    ...(imported && { imported }),
  }
  const related = await relatedKeys(dependencies.records, key)
  const copies = related.flatMap((copy) => copyWithoutBytes(copy, made, { facts, first, now }))
  if (!first) return [insertKeyMaterial(key, made, now, facts), ...copies]
  const { value } = key.record
  const standing = standingOf(value, [
    { ...facts, materialId: made.materialId, wrapped: made.wrapped, createdAt: now },
  ])
  return [
    insertKeyMaterial(key, made, now, facts),
    replace(key.record, { ...standing, ...asCurrent(made) }),
    ...copies,
  ]
}

function checkNew(key: Key, made: NewKeyMaterial, materials: readonly Stored<KeyMaterialValue>[]): void {
  if (materials.some(({ value }) => value.materialId === made.materialId)) throw incorrect()
  const waiting = pendingIn(materials)
  if (waiting !== undefined) {
    const message = `New key material (id: ${made.materialId}) cannot be imported into KMS key ${key.arn}, because another key material (id: ${waiting.value.materialId}) is pending rotation.`
    throw new KmsError('KMSInvalidStateException', message)
  }
  if (materials.length > 0 && key.record.value.spec !== 'SYMMETRIC_DEFAULT') throw incorrect()
}

type CopyFacts = {
  readonly facts: Omit<KeyMaterialValue, 'format' | 'materialId' | 'wrapped' | 'createdAt'>
  readonly first: boolean
  readonly now: EpochMs
}

/** Another region gets the key material's id; the owner has to import the bytes there too. */
function copyWithoutBytes(
  copy: RelatedKey,
  made: NewKeyMaterial,
  { facts, first, now }: CopyFacts,
): readonly Change[] {
  const partition = materialPartition(copy.account, copy.region, copy.keyId)
  const { imported, ...rest } = facts
  const described = imported?.description === undefined ? {} : { imported }
  const value: KeyMaterialValue = {
    format: 1,
    materialId: made.materialId,
    createdAt: now,
    ...rest,
    ...described,
  }
  const material = insert(KEY_MATERIAL, partition, materialName(made.materialId), value)
  if (!first) return [material]
  return [material, replace(copy.record, { ...copy.record.value, ...asCurrent(made) })]
}

type Known = {
  readonly materials: readonly Stored<KeyMaterialValue>[]
  readonly known: Stored<KeyMaterialValue> | undefined
}

async function admitAgain(
  dependencies: KmsDependencies,
  key: Key,
  arrival: Arrival,
  { materials, known }: Known,
): Promise<readonly Change[]> {
  const { made, input } = arrival
  if (known === undefined) throw incorrect()
  if (input.KeyMaterialId !== undefined && input.KeyMaterialId !== made.materialId) throw incorrect()
  const description = input.KeyMaterialDescription ?? known.value.imported?.description
  const imported = importedFacts(arrival, description)
  const value: KeyMaterialValue = { ...known.value, wrapped: made.wrapped, ...(imported && { imported }) }
  const standing = standingOf(key.record.value, exchanged(materials, made.materialId, value))
  return [
    replace(known, value),
    replace(key.record, standing),
    ...(await describeElsewhere(dependencies, key, made.materialId, input.KeyMaterialDescription)),
  ]
}

/** The primary's description, which is the same in every region. */
async function describeElsewhere(
  dependencies: KmsDependencies,
  key: Key,
  materialId: string,
  description: string | undefined,
): Promise<readonly Change[]> {
  if (description === undefined) return []
  const changes: Change[] = []
  for (const copy of await relatedKeys(dependencies.records, key)) {
    const materials = await keyMaterialsOf(dependencies.records, copy)
    const theirs = materials.find(({ value }) => value.materialId === materialId)
    if (theirs === undefined) continue
    const model = theirs.value.imported?.model ?? 'KEY_MATERIAL_DOES_NOT_EXPIRE'
    const imported = { model, ...theirs.value.imported, description }
    changes.push(replace(theirs, { ...theirs.value, imported }))
  }
  return changes
}

function expiryNote(dependencies: KmsDependencies, key: Key, { made, input }: Arrival): readonly Change[] {
  if (input.ValidTo === undefined) return []
  const { account, region, keyId } = key
  const note = { what: 'ExpireKeyMaterial' as const, account, region, keyId, at: input.ValidTo }
  return [dueNote(dependencies.random.uuid(), { ...note, materialId: made.materialId })]
}

function incorrect(): KmsError {
  return new KmsError('IncorrectKeyMaterialException')
}
