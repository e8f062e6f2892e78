import type { EpochMs } from '../../base/ports.ts'
import { type PasskeyAssertion, rpIdOf, verifyAssertion } from '../../custody/passkeys.ts'
import type { TokenSealer } from '../../custody/token-sealer.ts'
import { type Change, type Records, replace } from '../../store/records.ts'
import { findLoginProfile, isLockedByExpiry } from '../credentials/login-profile.ts'
import { findPasswordPolicy } from '../credentials/password-policy.ts'
import type { UserValue } from '../iam-records.ts'
import { newChallenge, useChallenge } from '../passkeys/challenges.ts'
import { type DeviceHolder, findDeviceHolder, passkeysOf } from '../passkeys/passkey-records.ts'
import { parseUserHandle } from '../passkeys/register-passkey.ts'

/** The dependencies of sign-in with a passkey. */
export type PasskeyDependencies = {
  readonly records: Records
  /** The sealer of what browsers keep during a sign-in. */
  readonly signInSealer: TokenSealer
}

/** A use of a passkey. */
export type PasskeyUse = {
  readonly assertion: PasskeyAssertion
  /** The origin of the page, which the server has compared with its own. */
  readonly origin: string
  readonly now: EpochMs
}

/** What a browser needs to use a passkey. */
export type PasskeyRequest = {
  /** Base64url. */
  readonly challenge: string
  /** The passkeys that may be used; empty when the browser lets the person choose. */
  readonly credentialIds: readonly string[]
}

/** A passkey whose use was verified. The use is complete once the changes are committed. */
export type ProvenPasskey = { readonly serial: string; readonly changes: readonly Change[] }

/** The end of a sign-in with a passkey alone. */
export type PasskeySignInResult =
  | {
      readonly type: 'proven'
      readonly account: string
      /** Nothing for the root user. */
      readonly user: UserValue | undefined
      readonly mfaSerial: string
      readonly passwordAt: EpochMs | undefined
      readonly changes: readonly Change[]
    }
  | {
      readonly type: 'refused'
      readonly account: string | undefined
      readonly user: UserValue | undefined
      readonly reason: 'Failed authentication'
    }

/** A challenge for a sign-in with any passkey. */
export function passkeyRequest({ signInSealer }: PasskeyDependencies, now: EpochMs): PasskeyRequest {
  return { challenge: newChallenge(signInSealer, { type: 'passkey sign-in' }, now), credentialIds: [] }
}

/** A challenge for the passkeys that a holder has at an origin; nothing when it has none at all. */
export async function passkeyRequestFor(
  dependencies: PasskeyDependencies,
  holder: DeviceHolder,
  origin: string,
  now: EpochMs,
): Promise<PasskeyRequest | undefined> {
  const passkeys = await passkeysOf(dependencies.records, holder)
  if (passkeys.length === 0) return undefined
  const rpId = rpIdOf(origin)
  const here = passkeys.filter(({ value }) => value.rpId === rpId)
  const credentialIds = here.map(({ value }) => value.credentialId)
  return { ...passkeyRequest(dependencies, now), credentialIds }
}

/** Verifies the use of one of a holder's passkeys; returns nothing for any other use. */
export async function provePasskey(
  { records, signInSealer: sealer }: PasskeyDependencies,
  holder: DeviceHolder,
  { assertion, origin, now }: PasskeyUse,
): Promise<ProvenPasskey | undefined> {
  const passkeys = await passkeysOf(records, holder)
  const passkey = passkeys.find(({ value }) => value.credentialId === assertion.credentialId)
  const verified = passkey && verifyAssertion(passkey.value, assertion, origin)
  if (passkey === undefined || verified === undefined) return undefined
  const purpose = { type: 'passkey sign-in' } as const
  const used = await useChallenge({ records, sealer }, verified.challenge, purpose, now)
  if (used === undefined) return undefined
  const next = { ...passkey.value, ...verified.value, lastUsedAt: now }
  return { serial: passkey.name, changes: [replace(passkey, next), ...used] }
}

/**
 * Signs in whoever the passkey says it belongs to. A user needs a login profile too, which gives access to the console: an
 * administrator who deletes it takes the access away.
 */
export async function signInByPasskey(
  dependencies: PasskeyDependencies,
  use: PasskeyUse,
): Promise<PasskeySignInResult> {
  const { records } = dependencies
  const named = parseUserHandle(use.assertion.userHandle)
  const holder = named && (await findDeviceHolder(records, named.account, named.userId))
  const user = holder?.user
  const refused: PasskeySignInResult = {
    type: 'refused',
    account: holder?.account,
    user: user?.value,
    reason: 'Failed authentication',
  }
  const proven = holder && (await provePasskey(dependencies, holder, use))
  if (holder === undefined || proven === undefined) return refused
  const { account } = holder
  const { serial: mfaSerial, changes } = proven
  const signedIn = { type: 'proven', account, user: user?.value, mfaSerial, changes } as const
  if (user === undefined) return { ...signedIn, passwordAt: undefined }
  const profile = await findLoginProfile(records, account, user.value.id)
  const policy = await findPasswordPolicy(records, account)
  if (profile === undefined || isLockedByExpiry(profile.value, policy, use.now)) return refused
  return { ...signedIn, passwordAt: profile.value.changedAt }
}
