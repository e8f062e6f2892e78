import { KmsError } from '../../api/errors.ts'
import type { EpochMs } from '../../base/ports.ts'
import type { Consequence } from '../../dispatch/operation.ts'
import { type Change, replace, type Stored } from '../../store/records.ts'
import { currentKek } from '../keys/kek.ts'
import { insertKeyMaterial, keyMaterialRef, keyMaterialsOf, keyRef } from '../keys/key-materials.ts'
import type { KeyMaterialValue, KeyValue } from '../keys/key-record.ts'
import { checkPrimary, type RelatedKey, relatedKeys, replaceAll } from '../keys/key-set.ts'
import { currentKeyMaterial, type Key } from '../keys/keys.ts'
import type { KmsDependencies } from '../kms-dependencies.ts'
import { dueNote } from './due.ts'

const DAY_MS = 86_400_000

/** The cause of a rotation. */
type RotationType = 'AUTOMATIC' | 'ON_DEMAND'

/** A rotation that is ready for its commit. */
export type Rotation = {
  readonly changes: readonly Change[]
  readonly event: Consequence
}

/**
 * Checks that a key is of a kind whose key material rotates.
 *
 * @param origins the allowed origins of its key material.
 * @throws UnsupportedOperationException. Source: recorded answers of AWS KMS.
 */
export function checkRotates(key: Key, origins: readonly string[]): void {
  const { spec, origin } = key.record.value
  if (spec !== 'SYMMETRIC_DEFAULT') throw new KmsError('UnsupportedOperationException')
  if (!origins.includes(origin)) {
    throw new KmsError(
      'UnsupportedOperationException',
      `${key.arn} origin is ${origin} which is not valid for this operation.`,
    )
  }
}

/** The same, for operations that change a rotation. @throws UnsupportedOperationException for a replica. */
export function checkMayRotate(key: Key, origins: readonly string[]): void {
  checkRotates(key, origins)
  checkPrimary(key)
}

/** An automatic rotation: its period and its next date. */
export function automaticRotation(now: EpochMs, periodDays: number): NonNullable<KeyValue['rotation']> {
  return { periodDays, nextAt: now + periodDays * DAY_MS }
}

/** Enables or disables a key's automatic rotation, in every key of its set, with the due note. */
export async function setRotation(
  dependencies: KmsDependencies,
  key: Key,
  rotation: KeyValue['rotation'],
): Promise<readonly Change[]> {
  const related = await relatedKeys(dependencies.records, key)
  const changes = replaceAll([key.record, ...related.map(({ record }) => record)], (value) =>
    withRotation(value, rotation),
  )
  return rotation === undefined ? changes : [...changes, rotationNote(dependencies, key, rotation.nextAt)]
}

function withRotation(value: KeyValue, rotation: KeyValue['rotation']): KeyValue {
  const { rotation: _, ...rest } = value
  return rotation === undefined ? rest : { ...rest, rotation }
}

/**
 * The note that a key's rotation is due. A rotation that is overdue is noted for `now`: the job no longer looks at
 * the days before.
 *
 * @param planned the next rotation as the key's record states it.
 */
export function rotationNote(
  dependencies: KmsDependencies,
  key: Key,
  planned: EpochMs,
  now: EpochMs = planned,
): Change {
  const { account, region, keyId } = key
  const at = Math.max(planned, now)
  return dueNote(dependencies.random.uuid(), { what: 'RotateKey', account, region, keyId, at, planned })
}

/** The requested rotation. */
export type RotationPlan = { readonly type: RotationType; readonly now: EpochMs }

/** A rotation to new key material, in every region of the key's set. */
export async function rotateToFresh(
  dependencies: KmsDependencies,
  key: Key,
  plan: RotationPlan,
): Promise<Rotation> {
  const { now } = plan
  const { account, region } = key
  const kekId = await currentKek(dependencies, account, region, now)
  const made = await dependencies.custody.createKeyMaterial(keyRef(key), kekId)
  const order = (await keyMaterialsOf(dependencies.records, key)).length
  const facts = { order, rotation: { type: plan.type, at: now } }
  const related = await relatedKeys(dependencies.records, key)
  const copies: Change[] = []
  for (const copy of related) {
    const theirs = await currentKek(dependencies, copy.account, copy.region, now)
    const to = { account: copy.account, region: copy.region, kekId: theirs }
    const wrapped = await dependencies.custody.rewrap(keyMaterialRef(key, made.materialId), made.wrapped, to)
    copies.push(insertKeyMaterial(copy, { materialId: made.materialId, wrapped }, now, facts))
  }
  return {
    changes: [
      ...turnTo(dependencies, { key, related }, made.materialId, plan),
      insertKeyMaterial(key, made, now, facts),
      ...copies,
    ],
    event: rotationEvent(key, made.materialId, plan.type),
  }
}

/**
 * A rotation to the pending imported key material, in every region of the key's set.
 *
 * @throws KMSInvalidStateException when none is pending, or not in every region.
 */
export async function rotateToPending(
  dependencies: KmsDependencies,
  key: Key,
  plan: RotationPlan,
): Promise<Rotation> {
  const related = await relatedKeys(dependencies.records, key)
  const changes: Change[] = []
  const pendingId = pendingIn(await keyMaterialsOf(dependencies.records, key))?.value.materialId
  for (const place of [key, ...related]) {
    const pending = pendingIn(await keyMaterialsOf(dependencies.records, place))
    if (pendingId === undefined || pending?.value.wrapped === undefined) throw nothingPending(key)
    const { pending: _, ...rest } = pending.value
    changes.push(replace(pending, { ...rest, rotation: { type: plan.type, at: plan.now } }))
  }
  if (pendingId === undefined) throw nothingPending(key)
  return {
    changes: [...turnTo(dependencies, { key, related }, pendingId, plan), ...changes],
    event: rotationEvent(key, pendingId, plan.type),
  }
}

/** The key material of a key that is pending rotation. */
export function pendingIn(
  materials: readonly Stored<KeyMaterialValue>[],
): Stored<KeyMaterialValue> | undefined {
  return materials.find(({ value }) => value.pending === true)
}

function nothingPending(key: Key): KmsError {
  return new KmsError(
    'KMSInvalidStateException',
    `No available key material pending rotation for the key: ${key.arn}.`,
  )
}

/** The keys of a set with another current key material and the next rotation. */
function turnTo(
  dependencies: KmsDependencies,
  keys: { readonly key: Key; readonly related: readonly RelatedKey[] },
  materialId: string,
  plan: RotationPlan,
): readonly Change[] {
  const { key, related } = keys
  const { rotation } = key.record.value
  const next = plan.type === 'AUTOMATIC' && rotation ? nextRotation(rotation, plan.now) : rotation
  const turned = replaceAll([key.record, ...related.map(({ record }) => record)], (value) => ({
    ...withRotation(value, next),
    materialId,
    ...(plan.type === 'ON_DEMAND' ? { onDemandRotations: (value.onDemandRotations ?? 0) + 1 } : {}),
  }))
  if (plan.type !== 'AUTOMATIC' || next === undefined) return turned
  return [...turned, rotationNote(dependencies, key, next.nextAt)]
}

/** The next date of the schedule in the future: missed rotations are made up for once. */
function nextRotation(
  { periodDays, nextAt }: NonNullable<KeyValue['rotation']>,
  now: EpochMs,
): NonNullable<KeyValue['rotation']> {
  const periodMs = periodDays * DAY_MS
  const missed = Math.max(0, Math.floor((now - nextAt) / periodMs))
  return { periodDays, nextAt: nextAt + (missed + 1) * periodMs }
}

/** Source: AWS KMS Developer Guide, "RotateKey" among the CloudTrail examples. */
function rotationEvent(key: Key, materialId: string, type: RotationType): Consequence {
  const { account, region, arn } = key
  return {
    name: 'RotateKey',
    account,
    region,
    resources: [{ account, arn }],
    details: {
      keyId: key.keyId,
      keyOrigin: key.record.value.origin,
      rotationType: type,
      previousKeyMaterialId: currentKeyMaterial(key).materialId,
      currentKeyMaterialId: materialId,
    },
  }
}
