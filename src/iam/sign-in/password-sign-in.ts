import { KmsError } from '../../api/errors.ts'
import { networkOf } from '../../base/network.ts'
import type { EpochMs } from '../../base/ports.ts'
import { useCode } from '../../custody/one-time-codes.ts'
import type { PasskeyAssertion } from '../../custody/passkeys.ts'
import type { Passwords } from '../../custody/passwords.ts'
import type { TokenSealer } from '../../custody/token-sealer.ts'
import { type Change, type Records, replace, type Stored } from '../../store/records.ts'
import { ACCOUNT_ALIASES } from '../accounts/account.ts'
import type { Attempts } from '../credentials/attempts.ts'
import {
  checkReplaced,
  findLoginProfile,
  isLockedByExpiry,
  type LoginProfileValue,
  mustReplacePassword,
  newPassword,
} from '../credentials/login-profile.ts'
import { findDevice } from '../credentials/mfa-device.ts'
import { findPasswordPolicy } from '../credentials/password-policy.ts'
import { findIdByName } from '../entities/entities.ts'
import { NAME, read, USER, type UserValue } from '../iam-records.ts'
import { isPasskeySerial, userDevices } from '../passkeys/passkey-records.ts'
import { type PasskeyRequest, passkeyRequestFor, provePasskey } from './passkey-sign-in.ts'

/** The dependencies of sign-in by password. */
export type PasswordSignInDependencies = {
  readonly records: Records
  readonly passwords: Passwords
  readonly attempts: Attempts
  /** The sealer of what browsers keep during a sign-in. */
  readonly signInSealer: TokenSealer
}

/** A browser with which a user has signed in before. */
export type KnownBrowser = {
  /** The user's unique id. */
  readonly userId: string
  /** Of the sign-in that made it known. */
  readonly id: string
}

/** What somebody enters to sign in as a user. */
export type PasswordSignIn = {
  /** 12 digits, or an alias. */
  readonly account: string
  readonly user: string
  readonly password: string
  /** A code of the user's MFA device. */
  readonly code: string | undefined
  /** A use of one of the user's passkeys, in place of a code. */
  readonly passkey: PasskeyAssertion | undefined
  /** The origin of the page, which the server has compared with its own. */
  readonly origin: string
  /** The password that replaces one that expired or has to be reset. */
  readonly newPassword: string | undefined
  /** The address that the request comes from. */
  readonly address: string
  /** Nothing for an unknown browser. */
  readonly knownBrowser: KnownBrowser | undefined
  readonly now: EpochMs
  /** An id of the request: a sign-in that runs again from its reads is one attempt. */
  readonly requestId: string
}

/** The user of a sign-in, for its audit event. */
type SigningUser = { readonly account: string; readonly user: UserValue }

/** The end of one step of a sign-in. */
export type PasswordSignInResult =
  /** The user is proven. The changes belong to the commit that begins the session. */
  | (SigningUser & {
      readonly type: 'proven'
      /** The serial number of the MFA device, or passkey, that was verified. */
      readonly mfaSerial: string | undefined
      /** The `changedAt` of the password that is valid once the changes are committed. */
      readonly passwordAt: EpochMs
      readonly isPasswordReplaced: boolean
      readonly changes: readonly Change[]
    })
  /** The password is right. The next request has to contain these too. */
  | (SigningUser & {
      readonly type: 'incomplete'
      readonly code: boolean
      /** For a user with passkeys. */
      readonly passkey: PasskeyRequest | undefined
      readonly newPassword: boolean
    })
  /** Nobody is proven. The person gets one message, whatever the reason: the reason is for the audit event. */
  | {
      readonly type: 'refused'
      readonly account: string | undefined
      readonly user: UserValue | undefined
      readonly reason: RefusedSignIn
    }

/** Reasons of refusals in events. Source: CloudTrail User Guide, "AWS Management Console sign-in events". */
type RefusedSignIn = 'Failed authentication' | 'No username found in supplied account'

/** The last use of a password is recorded once in five minutes. Source: IAM API Reference, "User", `PasswordLastUsed`. */
const USE_RECORDED_EVERY_MS = 300_000

const ACCOUNT_ID = /^[0-9]{12}$/

/**
 * One step of a sign-in by password. It does the same work for a user without a password, for unknown users and for
 * unknown accounts, and counts attempts on them in the same way, so that neither the answer nor its time tells which
 * users exist.
 *
 * @throws ThrottlingException after too many failed attempts on the user, from the address or from the known browsers of
 *   the user, and when too many hashes wait; AccessDeniedException for a proven user whose password only an administrator
 *   can replace; PasswordPolicyViolationException for the new password of a proven user.
 */
export async function signInByPassword(
  dependencies: PasswordSignInDependencies,
  input: PasswordSignIn,
): Promise<PasswordSignInResult> {
  const { records, attempts } = dependencies
  const { requestId } = input
  const account = await findAccount(records, input.account)
  const user = account === undefined ? undefined : await findUser(records, account, input.user)
  const named = { account, user }
  const { from, ...source } = sourceOf(attempts, input, named)
  attempts.begin(from.kind, from.who, requestId)
  let isFailed = false
  try {
    const result = await prove(dependencies, input, named, source)
    isFailed = result.type === 'refused'
    return result
  } finally {
    // What was not compared because too many wait, and the refusal of somebody who is proven, are no wrong attempts.
    if (!isFailed) attempts.takeBack(from.kind, from.who, requestId)
  }
}

/** Where a sign-in comes from: its network, or the known browsers of the user. */
function sourceOf(
  attempts: Attempts,
  { account: tried, user: name, address, knownBrowser }: PasswordSignIn,
  { account, user }: Named,
): Source & { readonly from: { readonly kind: 'address' | 'known'; readonly who: string } } {
  if (user !== undefined && user.value.id === knownBrowser?.userId) {
    // Its attempts are counted apart from those of strangers, and its hashes are computed before theirs.
    const { id, userId } = knownBrowser
    const share = `known browsers of ${userId}`
    const from = { kind: 'known', who: userId } as const
    return { who: `${userId} with ${id}`, share, failures: KNOWN_FIRST, from }
  }
  const network = networkOf(address)
  return {
    who: user?.value.id ?? `${account ?? tried}/${name.toLowerCase()}`,
    // Hashes of sign-ins wait in the share of their network: guesses take no room from the account, nor from networks of
    // which fewer have failed.
    share: `sign-in from ${network}`,
    failures: attempts.failures('address', network),
    from: { kind: 'address', who: network },
  }
}

/** Fewer failures than any network has. */
const KNOWN_FIRST = -1

/** The account and the user that a sign-in names; nothing for those that do not exist. */
type Named = { readonly account: string | undefined; readonly user: Stored<UserValue> | undefined }

/** Whose attempts a sign-in counts among, and where its hash waits. */
type Source = {
  readonly who: string
  readonly share: string
  /** Failed sign-ins from there. */
  readonly failures: number
}

async function prove(
  dependencies: PasswordSignInDependencies,
  input: PasswordSignIn,
  { account, user }: Named,
  { who, share, failures }: Source,
): Promise<PasswordSignInResult> {
  const { records, attempts, passwords } = dependencies
  const profile = user && (await findLoginProfile(records, user.partition, user.value.id))
  const hashes = profile === undefined ? [] : [profile.value.password]
  const matches = await attempts.compare({ kind: 'password', who, requestId: input.requestId }, () =>
    passwords.matchesAny(share, input.password, hashes, failures),
  )
  if (!matches || user === undefined || profile === undefined) {
    const reason = user === undefined ? 'No username found in supplied account' : 'Failed authentication'
    return { type: 'refused', account, user: user?.value, reason }
  }
  return afterPassword(dependencies, { ...input, who }, user, profile)
}

/** A sign-in, and whose attempts it counts among. */
type CountedSignIn = PasswordSignIn & Pick<Source, 'who'>

/** Verifies the second factor; after it, applies the rules that only a proven user may learn of. */
async function afterPassword(
  dependencies: PasswordSignInDependencies,
  input: CountedSignIn,
  user: Stored<UserValue>,
  profile: Stored<LoginProfileValue>,
): Promise<PasswordSignInResult> {
  const { value } = profile
  const who: SigningUser = { account: user.partition, user: user.value }
  const policy = await findPasswordPolicy(dependencies.records, who.account)
  const mustReplace = mustReplacePassword(value, policy, input.now)
  const incomplete = await whatIsNeeded(dependencies, input, user, mustReplace)
  const devices = user.value.mfaDevices ?? []
  const hasMfa = devices.length > 0
  if (hasMfa && input.code === undefined && input.passkey === undefined) return incomplete
  const mfa = hasMfa ? await verifyDevice(dependencies, input, user) : NO_MFA
  if (mfa === undefined) return { ...who, type: 'refused', reason: 'Failed authentication' }
  if (isLockedByExpiry(value, policy, input.now)) {
    const message = 'The password has expired. An administrator must set another.'
    throw new KmsError('AccessDeniedException', message)
  }
  const changes = [...mfa.changes, ...useChanges(user, input.now)]
  const proven = { ...who, type: 'proven', mfaSerial: mfa.serial } as const
  if (!mustReplace) return { ...proven, passwordAt: value.changedAt, isPasswordReplaced: false, changes }
  if (input.newPassword === undefined) return incomplete
  checkReplaced(mustReplace, input.password, input.newPassword)
  const next = await newPassword({ ...dependencies, account: who.account, policy }, input.newPassword, value)
  const replaced = replace(profile, { ...value, ...next, changedAt: input.now, resetRequired: false })
  return { ...proven, passwordAt: input.now, isPasswordReplaced: true, changes: [...changes, replaced] }
}

async function whatIsNeeded(
  dependencies: PasswordSignInDependencies,
  { origin, now }: PasswordSignIn,
  user: Stored<UserValue>,
  newPassword: boolean,
): Promise<Extract<PasswordSignInResult, { readonly type: 'incomplete' }>> {
  const devices = user.value.mfaDevices ?? []
  return {
    ...{ account: user.partition, user: user.value, type: 'incomplete', newPassword },
    code: devices.some((serial) => !isPasskeySerial(serial)),
    passkey: await passkeyRequestFor(dependencies, userDevices(user), origin, now),
  }
}

/** The device that the person has used, and its changes; nothing for a wrong code or use. @throws ThrottlingException. */
async function verifyDevice(
  dependencies: PasswordSignInDependencies,
  input: CountedSignIn,
  user: Stored<UserValue>,
): Promise<SecondFactor | undefined> {
  const { passkey: assertion, origin, now } = input
  return assertion === undefined
    ? verifyCode(dependencies, input, user)
    : provePasskey(dependencies, userDevices(user), { assertion, origin, now })
}

type SecondFactor = { readonly serial: string | undefined; readonly changes: readonly Change[] }

const NO_MFA: SecondFactor = { serial: undefined, changes: [] }

/** The device whose code it is, and its changes; nothing for a wrong code. @throws ThrottlingException. */
async function verifyCode(
  { records, attempts }: PasswordSignInDependencies,
  { code = '', now, requestId, who }: CountedSignIn,
  { partition: account, value: { mfaDevices = [] } }: Stored<UserValue>,
): Promise<SecondFactor | undefined> {
  attempts.begin('code', who, requestId)
  for (const serial of mfaDevices) {
    const device = await findDevice(records, account, serial)
    const state = device && useCode(device.value, code, now)
    if (device === undefined || state === undefined) continue
    attempts.takeBack('code', who, requestId)
    return { serial, changes: [replace(device, { ...device.value, ...state })] }
  }
  return undefined
}

function useChanges(user: Stored<UserValue>, now: EpochMs): readonly Change[] {
  const { passwordLastUsed = 0 } = user.value
  const isRecorded = now - passwordLastUsed < USE_RECORDED_EVERY_MS
  return isRecorded ? [] : [replace(user, { ...user.value, passwordLastUsed: now })]
}

async function findAccount(records: Records, named: string): Promise<string | undefined> {
  if (ACCOUNT_ID.test(named)) return named
  return (await read(records, NAME, ACCOUNT_ALIASES, named))?.value.id
}

async function findUser(
  records: Records,
  account: string,
  name: string,
): Promise<Stored<UserValue> | undefined> {
  const id = await findIdByName(records, account, 'user', name)
  return id === undefined ? undefined : read(records, USER, account, id)
}
