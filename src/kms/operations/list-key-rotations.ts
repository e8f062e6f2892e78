import { always, boolean, list, oneOf, optional, text, type ValueOf } from '../../api/shapes.ts'
import type { Stored } from '../../store/records.ts'
import { KEY_ID, keyOperation } from '../key-operation.ts'
import { keyMaterialsOf, keyWithMaterials } from '../keys/key-materials.ts'
import type { KeyMaterialValue } from '../keys/key-record.ts'
import { type RelatedKey, relatedKeys } from '../keys/key-set.ts'
import { ANY_STATE } from '../keys/key-state.ts'
import { type Key, keyOf } from '../keys/keys.ts'
import { epochSeconds } from '../keys/metadata.ts'
import { ROTATIONS_LIST_ENTRY_ANSWER } from '../kms-answers.ts'
import type { KmsDependencies } from '../kms-dependencies.ts'
import { PAGING, pageEnd, pageOf } from '../kms-paging.ts'
import { checkRotates, pendingIn } from '../lifecycle/rotation.ts'

const PAGE_SIZE = { byDefault: 100, max: 1000 }

/** Lists the rotations of a key, or all its key materials. Source: AWS KMS API Reference, "ListKeyRotations". */
export const listKeyRotations = keyOperation(
  {
    name: 'ListKeyRotations',
    readOnly: true,
    aliases: false,
    crossAccount: false,
    states: ANY_STATE,
    input: {
      KeyId: KEY_ID,
      IncludeKeyMaterial: optional(oneOf('ALL_KEY_MATERIAL', 'ROTATIONS_ONLY')),
      ...PAGING,
    },
    output: {
      NextMarker: text(),
      Rotations: always(list(ROTATIONS_LIST_ENTRY_ANSWER)),
      Truncated: always(boolean()),
    },
    checkKey: (_, key) => checkRotates(key, ['AWS_KMS', 'EXTERNAL']),
  },
  async ({ input, key, dependencies }) => {
    const all = input.IncludeKeyMaterial === 'ALL_KEY_MATERIAL'
    const { record, materials } = await keyWithMaterials(dependencies.records, key, key.record)
    const shown = keyOf(record, key.account, key.region)
    const listed = all ? materials : materials.filter(({ value }) => value.rotation !== undefined)
    const { items, next } = pageOf(listed, input, PAGE_SIZE)
    const everywhere = await isPendingEverywhere(dependencies, key)
    const entries = items.map((material) => entry(shown, material, everywhere))
    return { output: { Rotations: entries, ...pageEnd(next) } }
  },
)

type RotationAnswer = ValueOf<typeof ROTATIONS_LIST_ENTRY_ANSWER>

function entry(key: Key, { value }: Stored<KeyMaterialValue>, pendingEverywhere: boolean): RotationAnswer {
  return {
    KeyId: key.arn,
    KeyMaterialId: value.materialId,
    KeyMaterialState: stateOf(key, value, pendingEverywhere),
    RotationDate: value.rotation && epochSeconds(value.rotation.at),
    RotationType: value.rotation?.type,
    ...imported(key, value),
  }
}

function stateOf(
  key: Key,
  value: KeyMaterialValue,
  pendingEverywhere: boolean,
): NonNullable<RotationAnswer['KeyMaterialState']> {
  if (value.pending === true) {
    return pendingEverywhere ? 'PENDING_ROTATION' : 'PENDING_MULTI_REGION_IMPORT_AND_ROTATION'
  }
  return value.materialId === key.record.value.materialId ? 'CURRENT' : 'NON_CURRENT'
}

function imported(key: Key, value: KeyMaterialValue): RotationAnswer {
  if (key.record.value.origin !== 'EXTERNAL') return {}
  const present = value.wrapped !== undefined
  return {
    ImportState: present ? 'IMPORTED' : 'PENDING_IMPORT',
    KeyMaterialDescription: value.imported?.description,
    ExpirationModel: present ? value.imported?.model : undefined,
    ValidTo: present && value.imported?.validTo ? epochSeconds(value.imported.validTo) : undefined,
  }
}

/** Whether every key of the multi-Region set has the pending key material. */
async function isPendingEverywhere(dependencies: KmsDependencies, key: Key): Promise<boolean> {
  const related = await relatedKeys(dependencies.records, key)
  for (const place of [key, ...related] satisfies readonly (Key | RelatedKey)[]) {
    const pending = pendingIn(await keyMaterialsOf(dependencies.records, place))
    if (pending !== undefined && pending.value.wrapped === undefined) return false
  }
  return true
}
