import { keyArn } from '../../api/arn.ts'
import { KEY_SPECS } from '../../api/key-specs.ts'
import type { ValueOf } from '../../api/shapes.ts'
import { wireName } from '../../api/validate.ts'
import type { EpochMs } from '../../base/ports.ts'
import { eventDate } from '../../dispatch/event-date.ts'
import type { EventData } from '../../dispatch/operation.ts'
import { isClusterStore } from '../key-stores/custom-key-store.ts'
import type {
  KEY_METADATA_ANSWER,
  MULTI_REGION_CONFIGURATION_ANSWER,
  MULTI_REGION_KEY_ANSWER,
} from '../kms-answers.ts'
import type { KeyValue, RegionSet } from './key-record.ts'
import type { Key } from './keys.ts'

/** A time as the JSON protocol writes it: seconds since 1970, with milliseconds. */
export function epochSeconds(at: EpochMs): number {
  return at / 1000
}

/** The metadata of a key in an answer. */
export type KeyMetadata = ValueOf<typeof KEY_METADATA_ANSWER>

/** The KeyMetadata of a key. Source: recorded answers of AWS KMS. */
export function keyMetadata(key: Key): KeyMetadata {
  const { value } = key.record
  return {
    AWSAccountId: key.account,
    Arn: key.arn,
    CloudHsmClusterId: clusterOf(key),
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

function clusterOf({ store }: Key): string | undefined {
  const value = store?.record.value
  return value !== undefined && isClusterStore(value) ? value.cluster.id : undefined
}

/** The id of the current key material, which AWS shows for symmetric encryption keys that it keeps itself. */
export function shownMaterialId(value: KeyValue): string | undefined {
  return value.spec === 'SYMMETRIC_DEFAULT' && value.keyStore === undefined ? value.materialId : undefined
}

type AlgorithmsMember =
  | 'EncryptionAlgorithms'
  | 'SigningAlgorithms'
  | 'MacAlgorithms'
  | 'KeyAgreementAlgorithms'
  | 'EncapsulationAlgorithms'

/** The algorithms of a key, in the member for its usage. */
export function algorithms({ spec, usage }: KeyValue): Pick<KeyMetadata, AlgorithmsMember> {
  const { usages } = KEY_SPECS[spec]
  switch (usage) {
    case 'ENCRYPT_DECRYPT':
      return { EncryptionAlgorithms: usages.ENCRYPT_DECRYPT ?? [] }
    case 'SIGN_VERIFY':
      return { SigningAlgorithms: usages.SIGN_VERIFY ?? [] }
    case 'GENERATE_VERIFY_MAC':
      return { MacAlgorithms: usages.GENERATE_VERIFY_MAC ?? [] }
    case 'KEY_AGREEMENT':
      return { KeyAgreementAlgorithms: usages.KEY_AGREEMENT ?? [] }
    case 'ENCAPSULATE_DECAPSULATE':
      return { EncapsulationAlgorithms: usages.ENCAPSULATE_DECAPSULATE ?? [] }
  }
}

function expiration({ state, record: { value } }: Key): Pick<KeyMetadata, 'ExpirationModel' | 'ValidTo'> {
  if (value.imported === undefined || state === 'PendingImport') return {}
  const { model, validTo } = value.imported
  return { ExpirationModel: model, ValidTo: validTo && epochSeconds(validTo) }
}

function pendingWindow(value: KeyValue): number | undefined {
  return value.state === 'PendingReplicaDeletion' ? value.deletion?.windowDays : undefined
}

function regionConfiguration(
  key: Key,
  { primary, replicas }: RegionSet,
): ValueOf<typeof MULTI_REGION_CONFIGURATION_ANSWER> {
  const inRegion = (region: string): ValueOf<typeof MULTI_REGION_KEY_ANSWER> => ({
    Arn: keyArn(region, key.account, key.keyId),
    Region: region,
  })
  return {
    MultiRegionKeyType: primary === key.region ? 'PRIMARY' : 'REPLICA',
    PrimaryKey: inRegion(primary),
    ReplicaKeys: replicas.map(inRegion),
  }
}

const EVENT_DATES = new Set(['CreationDate', 'DeletionDate', 'ValidTo'])

/** The same as audit events show it: lower camel case, dates as text. */
export function eventMetadata(key: Key): EventData {
  return shownMembers(keyMetadata(key))
}

function shownMembers(members: { readonly [name: string]: unknown }): EventData {
  const shown: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(members)) {
    if (value === undefined) continue
    const date = EVENT_DATES.has(name) && typeof value === 'number'
    shown[wireName(name)] = date ? eventDate(value * 1000) : shownValue(value)
  }
  return shown
}

function shownValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shownValue)
  return typeof value === 'object' && value !== null ? shownMembers({ ...value }) : value
}
