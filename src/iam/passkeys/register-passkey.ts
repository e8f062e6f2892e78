import { KmsError } from '../../api/errors.ts'
import type { EpochMs, Random } from '../../base/ports.ts'
import { type NewPasskey, verifyNewPasskey } from '../../custody/passkeys.ts'
import type { TokenSealer } from '../../custody/token-sealer.ts'
import type { Caller } from '../../dispatch/caller.ts'
import type { Quotas } from '../../quotas/quota-service.ts'
import { type Change, insert, type Records } from '../../store/records.ts'
import { DEVICES_IN_USE_QUOTA, DEVICES_PER_USER_MAX, tooManyDevices } from '../credentials/mfa-device.ts'
import { countMore } from '../entities/entities.ts'
import { type ChallengePurpose, newChallenge, useChallenge } from './challenges.ts'
import {
  type DeviceHolder,
  findDeviceHolder,
  newPasskeySerial,
  PASSKEY,
  type PasskeyValue,
  passkeysOf,
} from './passkey-records.ts'

/** The dependencies of making passkeys. */
export type RegistrationDependencies = {
  readonly records: Records
  readonly quotas: Pick<Quotas, 'exceeded' | 'limit'>
  readonly random: Random
  /** The sealer of what browsers keep during a sign-in. */
  readonly signInSealer: TokenSealer
}

/** What a browser needs to make a passkey. */
export type RegistrationRequest = {
  /** Base64url. */
  readonly challenge: string
  /** What the authenticator stores, and gives back at a sign-in: the account and the user's unique id. */
  readonly userHandle: string
  readonly userName: string
  /** The credential ids of the holder's passkeys: no authenticator makes a second one. */
  readonly credentialIds: readonly string[]
}

/** Begins to make a passkey of the caller. @throws AccessDeniedException, LimitExceededException. */
export async function startRegistration(
  { records, signInSealer }: RegistrationDependencies,
  caller: Caller,
  now: EpochMs,
): Promise<RegistrationRequest> {
  const holder = await findOwnHolder(records, caller)
  const { account, user } = holder
  return {
    challenge: newChallenge(signInSealer, purposeOf(holder), now),
    userHandle: formatUserHandle(account, user?.value.id),
    userName: `${user?.value.name ?? 'root'} @ ${account}`,
    credentialIds: (await passkeysOf(records, holder)).map(({ value }) => value.credentialId),
  }
}

/**
 * Makes a passkey of the caller.
 *
 * @throws AccessDeniedException, ValidationException, EntityAlreadyExistsException, LimitExceededException.
 */
export async function createPasskey(
  dependencies: RegistrationDependencies,
  caller: Caller,
  given: NewPasskey & { readonly name: string; readonly now: EpochMs },
): Promise<{ readonly serial: string; readonly changes: readonly Change[] }> {
  const { records, random, signInSealer: sealer } = dependencies
  const holder = await findOwnHolder(records, caller)
  const { account, user } = holder
  const verified = verifyNewPasskey(given)
  const used =
    verified && (await useChallenge({ records, sealer }, verified.challenge, purposeOf(holder), given.now))
  if (verified === undefined || used === undefined) {
    throw new KmsError('ValidationException', 'The answer of the authenticator is not valid. Begin again.')
  }
  const key = verified.value
  const present = await passkeysOf(records, holder)
  if (present.some(({ value }) => value.credentialId === key.credentialId)) {
    throw new KmsError('EntityAlreadyExistsException', 'This passkey is registered already.')
  }
  const serial = newPasskeySerial(random, holder, given.name)
  const value: PasskeyValue = {
    format: 1,
    ...key,
    ...(user !== undefined && { userId: user.value.id }),
    createdAt: given.now,
  }
  return {
    serial,
    changes: [
      ...used,
      insert(PASSKEY, account, serial, value),
      holder.withDevices([...holder.devices, serial]),
      await countMore(dependencies, account, 'mfaDevicesInUse', DEVICES_IN_USE_QUOTA),
    ],
  }
}

/**
 * The holder of the caller's own devices. Nobody makes passkeys of others, and an access key makes none: who has it must not get a second
 * factor by it. With a device, only a session with MFA makes another.
 */
async function findOwnHolder(records: Records, caller: Caller): Promise<DeviceHolder> {
  const { principal, account } = caller
  const isPerson = principal.type === 'User' || principal.type === 'Root'
  if (!isPerson || caller.isConsole !== true) {
    throw denied('Passkeys are made in the web console by their user')
  }
  const userId = principal.type === 'User' ? principal.id : undefined
  const holder = await findDeviceHolder(records, account, userId)
  if (holder === undefined) throw denied('The user does not exist.')
  if (holder.devices.length > 0 && caller.mfaAt === undefined) {
    throw denied('You have an MFA device: sign in with it to add a passkey.')
  }
  if (holder.devices.length >= DEVICES_PER_USER_MAX) throw tooManyDevices()
  return holder
}

function purposeOf({ account, user }: DeviceHolder): ChallengePurpose {
  return { type: 'new passkey', account, userId: user?.value.id }
}

function denied(message: string): KmsError {
  return new KmsError('AccessDeniedException', message)
}

const ROOT_HANDLE = 'root'
const USER_HANDLE = /^(?<account>[0-9]{12})\/(?<id>root|AIDA[A-Z2-7]{1,124})$/

/** What an authenticator stores of a user. It has no name: browsers show it to whoever holds the device. */
function formatUserHandle(account: string, userId: string | undefined): string {
  return `${account}/${userId ?? ROOT_HANDLE}`
}

/** Returns the holder that a user handle names; nothing for any other text. */
export function parseUserHandle(
  handle: string,
): { readonly account: string; readonly userId: string | undefined } | undefined {
  const { account, id } = USER_HANDLE.exec(handle)?.groups ?? {}
  if (account === undefined || id === undefined) return undefined
  return { account, userId: id === ROOT_HANDLE ? undefined : id }
}
