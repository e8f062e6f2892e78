import type { EpochMs } from '../../base/ports.ts'
import { replace, type Stored } from '../../store/records.ts'
import { exchanged, standingOf, withoutBytes } from '../import/import.ts'
import { keyMaterialsOf } from '../keys/key-materials.ts'
import { KEY, partitionOf } from '../keys/key-record.ts'
import { keyOf } from '../keys/keys.ts'
import type { KmsDependencies } from '../kms-dependencies.ts'
import { planDeletion } from './deletion.ts'
import type { DuePlan, DueValue } from './due.ts'
import { rotateToFresh } from './rotation.ts'

/** The plan for a due note; nothing when the note is out of date. */
export function planDue(
  dependencies: KmsDependencies,
  due: Stored<DueValue>,
  now: EpochMs,
): Promise<DuePlan | undefined> {
  switch (due.value.what) {
    case 'DeleteKey':
      return planDeletion(dependencies, due, now)
    case 'RotateKey':
      return planRotation(dependencies, due, now)
    case 'ExpireKeyMaterial':
      return planExpiry(dependencies, due, now)
  }
}

/** A key that is not enabled is not rotated; enabling it makes up for a missed rotation. */
async function planRotation(
  dependencies: KmsDependencies,
  due: Stored<DueValue>,
  now: EpochMs,
): Promise<DuePlan | undefined> {
  const { account, region, keyId, planned } = due.value
  const record = await dependencies.records.get(KEY, partitionOf(account, region), keyId)
  if (record === undefined || record.value.state !== 'Enabled') return undefined
  const { rotation, multiRegion } = record.value
  if (rotation?.nextAt !== planned) return undefined
  if (multiRegion !== undefined && multiRegion.primary !== region) return undefined
  const key = keyOf(record, account, region)
  return { ...(await rotateToFresh(dependencies, key, { type: 'AUTOMATIC', now })), forget: [] }
}

async function planExpiry(
  dependencies: KmsDependencies,
  due: Stored<DueValue>,
  now: EpochMs,
): Promise<DuePlan | undefined> {
  const { account, region, keyId, planned, materialId } = due.value
  const record = await dependencies.records.get(KEY, partitionOf(account, region), keyId)
  if (record === undefined || materialId === undefined || planned > now) return undefined
  const key = keyOf(record, account, region)
  const materials = await keyMaterialsOf(dependencies.records, key)
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
