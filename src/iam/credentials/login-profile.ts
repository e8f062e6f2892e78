import type { EpochMs } from '../../base/ports.ts'
import type { PasswordHash, Passwords } from '../../custody/passwords.ts'
import { kindOfFormat1 } from '../../store/kind.ts'
import type { Kind, Records, Stored } from '../../store/records.ts'
import { read } from '../iam-records.ts'
import { checkNewPassword, type PasswordPolicyValue, violation } from './password-policy.ts'

/** The password of a user. Partition: the account; name: the user's unique id. */
export type LoginProfileValue = {
  readonly format: 1
  readonly createdAt: EpochMs
  /** When the password was set. */
  readonly changedAt: EpochMs
  /** Whether the user must set another at the next sign-in. */
  readonly resetRequired: boolean
  readonly password: PasswordHash
  /** The passwords before it, the latest first. */
  readonly previous: readonly PasswordHash[]
}

/** The kind of login profiles. */
export const LOGIN_PROFILE: Kind<LoginProfileValue> = kindOfFormat1('iam-login-profile')

/** Passwords of a user that are stored, its present one included: as many as a policy can prevent from being used again. */
const REMEMBERED_MAX = 24

/** The login profile of a user; nothing for one without a password. */
export function findLoginProfile(
  records: Records,
  account: string,
  userId: string,
): Promise<Stored<LoginProfileValue> | undefined> {
  return read(records, LOGIN_PROFILE, account, userId)
}

/** The dependencies of setting a password. */
export type NewPasswordDependencies = {
  readonly records: Records
  readonly passwords: Passwords
  readonly account: string
  readonly policy: PasswordPolicyValue | undefined
}

/**
 * The hash of a new password, and the earlier ones with it.
 *
 * @throws PasswordPolicyViolationException, also for a password that the policy does not let be used again.
 */
export async function newPassword(
  { records, passwords, account, policy }: NewPasswordDependencies,
  password: string,
  present?: LoginProfileValue,
): Promise<Pick<LoginProfileValue, 'password' | 'previous'>> {
  await checkNewPassword(records, account, policy, password)
  const used = present === undefined ? [] : [present.password, ...present.previous]
  const barred = used.slice(0, policy?.reusePrevention ?? 0)
  if (barred.length > 0 && (await passwords.matchesAny(account, password, barred))) {
    throw violation('Password should not be one of the passwords that were used before')
  }
  return {
    password: await passwords.hash(account, password, present?.password),
    previous: used.slice(0, REMEMBERED_MAX - 1),
  }
}

const DAY_MS = 86_400_000

/** When a password expires; nothing when it never does. */
export function passwordExpiry(
  { changedAt }: LoginProfileValue,
  policy: PasswordPolicyValue | undefined,
): EpochMs | undefined {
  return policy?.maxAgeDays === undefined ? undefined : changedAt + policy.maxAgeDays * DAY_MS
}

/** Whether the user must replace the password at the next sign-in: an administrator asks for it, or it has expired. */
export function mustReplacePassword(
  profile: LoginProfileValue,
  policy: PasswordPolicyValue | undefined,
  now: EpochMs,
): boolean {
  const expiry = passwordExpiry(profile, policy)
  return profile.resetRequired || (expiry !== undefined && expiry <= now)
}

/** Checks that a password that must be replaced does not replace itself. @throws PasswordPolicyViolationException. */
export function checkReplaced(mustReplace: boolean, present: string, next: string): void {
  if (mustReplace && present === next) {
    throw violation('Password should not be the one that has to be replaced')
  }
}

/**
 * Whether nobody but an administrator can replace a password: it has expired, and the policy says so. Source: IAM API
 * Reference, "UpdateAccountPasswordPolicy", `HardExpiry`.
 */
export function isLockedByExpiry(
  profile: LoginProfileValue,
  policy: PasswordPolicyValue | undefined,
  now: EpochMs,
): boolean {
  const expiry = passwordExpiry(profile, policy)
  return policy?.hardExpiry === true && expiry !== undefined && expiry <= now
}
