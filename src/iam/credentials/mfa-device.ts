import { KmsError } from '../../api/errors.ts'
import type { EpochMs } from '../../base/ports.ts'
import type { CodeState } from '../../custody/one-time-codes.ts'
import { kindOfFormat1 } from '../../store/kind.ts'
import type { Kind, Records, Stored } from '../../store/records.ts'
import { parseIamArn, pathedArn } from '../entities/arns.ts'
import { type CountQuota, quotaExceeded } from '../entities/entities.ts'
import { parseName } from '../entities/finders.ts'
import type { Finder } from '../iam-operation.ts'
import { read, type Tag } from '../iam-records.ts'

/** A virtual MFA device. Partition: the account; name: its path and name in lower case. */
export type MfaDeviceValue = CodeState & {
  readonly format: 1
  readonly name: string
  readonly path: string
  readonly createdAt: EpochMs
  readonly tags: readonly Tag[]
  /** The owner of the device, and the time of enabling it; nothing while it is enabled for nobody. */
  readonly enabled?: { readonly userId: string; readonly at: EpochMs }
}

/** The kind of MFA devices. */
export const MFA_DEVICE: Kind<MfaDeviceValue> = kindOfFormat1('iam-mfa-device')

/** As many devices as users. Source: IAM User Guide, "IAM and AWS STS quotas". */
export const DEVICES_IN_USE_QUOTA: CountQuota = { name: 'iam.users', title: 'VirtualMFADevicesPerAccount' }
/** Devices of one user, passkeys included. Source: the same. */
export const DEVICES_PER_USER_MAX = 8

/** The error for a user with as many devices as possible. */
export function tooManyDevices(): KmsError {
  return quotaExceeded('MFADevicesPerUser', DEVICES_PER_USER_MAX)
}

/** The name of the record of a device. */
export function deviceKey({ path, name }: Pick<MfaDeviceValue, 'path' | 'name'>): string {
  return `${path}${name}`.toLowerCase()
}

/** The serial number of a device. */
export function serialNumber(account: string, device: Pick<MfaDeviceValue, 'path' | 'name'>): string {
  return pathedArn(account, 'mfa', device)
}

/** The device of an account that has this serial number. */
export async function findDevice(
  records: Records,
  account: string,
  serial: string,
): Promise<Stored<MfaDeviceValue> | undefined> {
  const parsed = parseIamArn(serial)
  if (parsed === undefined || parsed.kind !== 'mfa' || parsed.account !== account) return undefined
  const device = await read(records, MFA_DEVICE, account, deviceKey(parsed))
  return device !== undefined && serialNumber(account, device.value) === serial ? device : undefined
}

/** The device that `SerialNumber` names. */
export const DEVICE_NAMED: Finder<unknown, Stored<MfaDeviceValue>> = async ({
  call,
  input,
  dependencies,
}) => {
  const serial = parseName(input, 'SerialNumber')
  const entity = await findDevice(dependencies.records, call.caller.account, serial)
  return { arn: serial, tags: entity?.value.tags ?? [], entity, missing: () => noSuchDevice(serial) }
}

/** The error for a device that does not exist. */
export function noSuchDevice(serial: string): KmsError {
  return new KmsError(
    'NoSuchEntityException',
    `VirtualMFADevice with serial number ${serial} does not exist.`,
  )
}
