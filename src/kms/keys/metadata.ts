import { keyArn } from '../../api/arn.ts'
import type { Output, OutputValue } from '../../api/json.ts'
import { KEY_SPECS, type KeyUsage } from '../../api/key-specs.ts'
import { wireName } from '../../api/validate.ts'
import type { EpochMs } from '../../base/ports.ts'
import { eventDate } from '../../dispatch/event-date.ts'
import type { EventData } from '../../dispatch/operation.ts'
import { multiRegionKeyType } from './key-context.ts'
import type { KeyValue, RegionSet } from './key-record.ts'
import type { Key } from './keys.ts'

/** An instant as the JSON protocol writes it: seconds since 1970, with milliseconds. */
export function epochSeconds(at: EpochMs): number {
  return at / 1000
}

/** The KeyMetadata of a key. Source: recorded answers of AWS KMS. */
export function keyMetadata(key: Key): Output {
  const { value } = key.record
  return {
    AWSAccountId: key.account,
    Arn: key.arn,
    CreationDate: epochSeconds(value.createdAt),
    CurrentKeyMaterialId: shownMaterialId(value),
    CustomKeyStoreId: value.keyStore?.id,
    CustomerMasterKeySpec: value.spec,
    DeletionDate: value.deletion?.at && epochSeconds(value.deletion.at),
    Description: value.description,
    Enabled: key.state === 'Enabled',
    ...algorithms(value),
    ...expiration(key),
    KeyId: key.keyId,
    KeyManager: value.managed === true ? 'AWS' : 'CUSTOMER',
    KeySpec: value.spec,
    KeyState: key.state,
    KeyUsage: value.usage,
    MultiRegion: value.multiRegion !== undefined,
    MultiRegionConfiguration: value.multiRegion && regionConfiguration(key, value.multiRegion),
    Origin: value.origin,
    PendingDeletionWindowInDays: pendingWindow(value),
    XksKeyConfiguration: value.keyStore?.xksKeyId ? { Id: value.keyStore.xksKeyId } : undefined,
  }
}

/** The id of the current material, which AWS shows for symmetric encryption keys that it keeps itself. */
export function shownMaterialId(value: KeyValue): string | undefined {
  return value.spec === 'SYMMETRIC_DEFAULT' && value.keyStore === undefined ? value.materialId : undefined
}

const ALGORITHMS_MEMBER: { readonly [U in KeyUsage]: string } = {
  ENCRYPT_DECRYPT: 'EncryptionAlgorithms',
  SIGN_VERIFY: 'SigningAlgorithms',
  GENERATE_VERIFY_MAC: 'MacAlgorithms',
  KEY_AGREEMENT: 'KeyAgreementAlgorithms',
  ENCAPSULATE_DECAPSULATE: 'EncapsulationAlgorithms',
}

/** The algorithms of a key, in the member that fits its usage. */
export function algorithms({ spec, usage }: KeyValue): Output {
  return { [ALGORITHMS_MEMBER[usage]]: KEY_SPECS[spec].usages[usage] ?? [] }
}

function expiration({ state, record: { value } }: Key): Output {
  if (value.imported === undefined || state === 'PendingImport') return {}
  const { model, validTo } = value.imported
  return { ExpirationModel: model, ValidTo: validTo && epochSeconds(validTo) }
}

function pendingWindow(value: KeyValue): number | undefined {
  return value.state === 'PendingReplicaDeletion' ? value.deletion?.windowDays : undefined
}

function regionConfiguration(key: Key, { primary, replicas }: RegionSet): Output {
  const inRegion = (region: string): Output => ({
    Arn: keyArn(region, key.account, key.keyId),
    Region: region,
  })
  return {
    MultiRegionKeyType: multiRegionKeyType(key),
    PrimaryKey: inRegion(primary),
    ReplicaKeys: replicas.map(inRegion),
  }
}

const EVENT_DATES = new Set(['CreationDate', 'DeletionDate', 'ValidTo'])

/** The same as audit events show it: lower camel case, dates as text. */
export function eventMetadata(key: Key): EventData {
  return shownMembers(keyMetadata(key))
}

function shownMembers(members: Output): EventData {
  const shown: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(members)) {
    if (value === undefined) continue
    const date = EVENT_DATES.has(name) && typeof value === 'number'
    shown[wireName(name)] = date ? eventDate(value * 1000) : shownValue(value)
  }
  return shown
}

function shownValue(value: OutputValue): unknown {
  if (isList(value)) return value.map(shownValue)
  return isMembers(value) ? shownMembers(value) : value
}

function isMembers(value: OutputValue): value is Output {
  return typeof value === 'object' && !(value instanceof Uint8Array) && !(value instanceof Map)
}

function isList(value: OutputValue): value is readonly OutputValue[] {
  return Array.isArray(value)
}
