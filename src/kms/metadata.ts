import type { Output } from '../api/json.ts'
import type { EpochMs } from '../base/ports.ts'
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
    CurrentKeyMaterialId: value.materialId,
    CustomerMasterKeySpec: value.spec,
    DeletionDate: value.deletion && epochSeconds(value.deletion.at),
    Description: value.description,
    Enabled: value.state === 'Enabled',
    EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
    KeyId: key.keyId,
    KeyManager: 'CUSTOMER',
    KeySpec: value.spec,
    KeyState: value.state,
    KeyUsage: value.usage,
    MultiRegion: value.multiRegion,
    Origin: value.origin,
  }
}

const EVENT_DATES = new Set(['CreationDate', 'DeletionDate', 'ValidTo'])

/** The same as audit events show it: lower camel case, dates as text. */
export function eventMetadata(key: Key): { readonly [name: string]: unknown } {
  const shown: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(keyMetadata(key))) {
    if (value === undefined) continue
    const date = EVENT_DATES.has(name) && typeof value === 'number'
    shown[name.charAt(0).toLowerCase() + name.slice(1)] = date ? eventDate(value * 1000) : value
  }
  return shown
}

const DATE_PARTS = new Intl.DateTimeFormat('en-US', {
  timeZone: 'UTC',
  year: 'numeric',
  month: 'short',
  day: 'numeric',
  hour: 'numeric',
  minute: '2-digit',
  second: '2-digit',
})

/** An instant as CloudTrail writes it inside requests and responses: `May 21, 2025, 5:47:45 AM`. */
export function eventDate(at: EpochMs): string {
  return DATE_PARTS.format(at).replaceAll('\u202f', ' ')
}
