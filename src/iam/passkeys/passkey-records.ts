import type { EpochMs, Random } from '../../base/ports.ts'
import type { PasskeyKey } from '../../custody/passkeys.ts'
import { kindOfFormat1 } from '../../store/kind.ts'
import { type Change, type Kind, type Records, replace, type Stored } from '../../store/records.ts'
import { ACCOUNT, ACCOUNTS, type AccountValue } from '../accounts/account.ts'
import { iamArn } from '../entities/arns.ts'
import { read, USER, type UserValue } from '../iam-records.ts'

/** A passkey. Partition: the account; name: its serial number. */
export type PasskeyValue = PasskeyKey & {
  readonly format: 1
  /** The user's unique id; nothing for the root user. */
  readonly userId?: string
  readonly createdAt: EpochMs
  readonly lastUsedAt?: EpochMs
}

/** The kind of passkeys. */
export const PASSKEY: Kind<PasskeyValue> = kindOfFormat1('iam-passkey')

/** The owner of passkeys and other MFA devices: a user, or the root user of an account. */
export type DeviceHolder = {
  /** 12 digits. */
  readonly account: string
  /** Nothing for the root user. */
  readonly user: Stored<UserValue> | undefined
  /** Serial numbers. */
  readonly devices: readonly string[]
  /** The change that replaces its devices by these. */
  readonly withDevices: (serials: readonly string[]) => Change
}

/** Returns a holder of devices; nothing when the user or the account does not exist. */
export async function findDeviceHolder(
  records: Records,
  account: string,
  userId: string | undefined,
): Promise<DeviceHolder | undefined> {
  if (userId !== undefined) {
    const user = await read(records, USER, account, userId)
    return user && userDevices(user)
  }
  const owner = await read(records, ACCOUNT, ACCOUNTS, account)
  return owner && rootDevices(owner)
}

/** The devices of the root user of an account. */
export function rootDevices(owner: Stored<AccountValue>): DeviceHolder {
  return {
    account: owner.name,
    user: undefined,
    devices: owner.value.rootMfaDevices ?? [],
    withDevices: (rootMfaDevices) => replace(owner, { ...owner.value, rootMfaDevices }),
  }
}

/** The devices of a user. */
export function userDevices(user: Stored<UserValue>): DeviceHolder {
  return {
    account: user.partition,
    user,
    devices: user.value.mfaDevices ?? [],
    withDevices: (mfaDevices) => replace(user, { ...user.value, mfaDevices }),
  }
}

/** Returns the passkeys of a holder. */
export async function passkeysOf(
  records: Records,
  { account, devices }: Pick<DeviceHolder, 'account' | 'devices'>,
): Promise<readonly Stored<PasskeyValue>[]> {
  const found: Stored<PasskeyValue>[] = []
  for (const serial of devices) {
    if (!isPasskeySerial(serial)) continue
    const passkey = await read(records, PASSKEY, account, serial)
    if (passkey !== undefined) found.push(passkey)
  }
  return found
}

const SUFFIX_BYTES = 10
const PASSKEY_SERIAL = /^arn:aws:iam::[0-9]{12}:u2f\//

/** A new serial number. Source: IAM User Guide, "Assign a passkey or security key", whose serial numbers end like this. */
export function newPasskeySerial(
  random: Random,
  { account, user }: Pick<DeviceHolder, 'account' | 'user'>,
  name: string,
): string {
  const suffix = Buffer.from(random.bytes(SUFFIX_BYTES)).toString('hex').toUpperCase()
  const owner = user === undefined ? 'root' : `user/${user.value.name}`
  return iamArn(account, `u2f/${owner}/${name}-${suffix}`)
}

/** Whether a serial number is that of a passkey. */
export function isPasskeySerial(serial: string): boolean {
  return PASSKEY_SERIAL.test(serial)
}
