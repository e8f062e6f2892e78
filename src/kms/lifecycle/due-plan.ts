import type { EpochMs } from '../../base/ports.ts'
import { replace, type Stored } from '../../store/records.ts'
import { exchanged, standingOf, withoutBytes } from '../import/import.ts'
import { KEY, partitionOf } from '../keys/key-record.ts'
import { keyOf } from '../keys/keys.ts'
import { materialsOf } from '../keys/materials.ts'
import type { KmsParts } from '../kms-dependencies.ts'
import { planDeletion } from './deletion.ts'
import type { DuePlan, DueValue } from './due.ts'
import { rotateToFresh } from './rotation.ts'

/** What is to be done about a note whose time has come; nothing when it is out of date. */
export function planDue(parts: KmsParts, due: Stored<DueValue>, now: EpochMs): Promise<DuePlan | undefined> {
  switch (due.value.what) {
    case 'DeleteKey':
      return planDeletion(parts, due, now)
    case 'RotateKey':
      return planRotation(parts, due, now)
    case 'ExpireKeyMaterial':
      return planExpiry(parts, due, now)
  }
}

/** A key that is not enabled is not rotated; enabling it makes up for what was missed. */
async function planRotation(
  parts: KmsParts,
  due: Stored<DueValue>,
  now: EpochMs,
): Promise<DuePlan | undefined> {
  const { account, region, keyId, planned } = due.value
  const record = await parts.records.get(KEY, partitionOf(account, region), keyId)
  if (record === undefined || record.value.state !== 'Enabled') return undefined
  const { rotation, multiRegion } = record.value
  if (rotation?.nextAt !== planned) return undefined
  if (multiRegion !== undefined && multiRegion.primary !== region) return undefined
  const key = keyOf(record, account, region)
  return { ...(await rotateToFresh(parts, key, { type: 'AUTOMATIC', now })), forget: [] }
}

async function planExpiry(
  parts: KmsParts,
  due: Stored<DueValue>,
  now: EpochMs,
): Promise<DuePlan | undefined> {
  const { account, region, keyId, planned, materialId } = due.value
  const record = await parts.records.get(KEY, partitionOf(account, region), keyId)
  if (record === undefined || materialId === undefined || planned > now) return undefined
  const key = keyOf(record, account, region)
  const materials = await materialsOf(parts.records, key)
  const material = materials.find(({ value }) => value.materialId === materialId)
  if (material?.value.wrapped === undefined || material.value.imported?.validTo !== planned) return undefined
  const left = withoutBytes(material.value)
  return {
    changes: [
      replace(material, left),
      replace(record, standingOf(record.value, exchanged(materials, materialId, left))),
    ],
    event: {
      name: 'DeleteExpiredKeyMaterial',
      account,
      region,
      resources: [{ account, arn: key.arn }],
      details: { keyId, keyMaterialId: materialId },
    },
    forget: [materialId],
  }
}
