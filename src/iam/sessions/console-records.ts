import { kindOfFormat1 } from '../../store/kind.ts'
import type { Kind, Records } from '../../store/records.ts'
import { findLoginProfile } from '../credentials/login-profile.ts'

/**
 * A session of the web console. Partition: the account; name: a random UUID. It exists from sign-in to sign-out, and its
 * temporary credentials are valid only while it exists.
 */
export type ConsoleSessionValue = {
  readonly format: 1
  /** The user's unique id; nothing for the root user. */
  readonly userId?: string
  /** SHA-256 of the cookie that the browser holds, in hexadecimal digits. */
  readonly cookieHash: string
  readonly startedAt: number
  /** When the user's password was set; nothing for a user without a password. The session ends with the password. */
  readonly passwordAt?: number
  /** When the second factor was verified; nothing for a sign-in without one. */
  readonly mfaAt?: number
  /** The end of renewals. */
  readonly endsAt: number
}

/**
 * An unused sign-in link. Partition: {@link CONSOLE_LINKS}; name: SHA-256 of its secret, in hexadecimal
 * digits.
 */
export type ConsoleLinkValue = {
  readonly format: 1
  readonly account: string
  /** The user's unique id; nothing for the root user. */
  readonly userId?: string
  readonly expiresAt: number
}

/** The kind of session records. */
export const CONSOLE_SESSION: Kind<ConsoleSessionValue> = kindOfFormat1('console-session')
/** The kind of link records. */
export const CONSOLE_LINK: Kind<ConsoleLinkValue> = kindOfFormat1('console-link')

/** The only partition of sign-in links. */
export const CONSOLE_LINKS = 'all'

/** Returns when the password of a user was set; nothing for the root user and for a user without a password. */
export async function passwordTime(
  records: Records,
  account: string,
  userId: string | undefined,
): Promise<number | undefined> {
  return userId === undefined
    ? undefined
    : (await findLoginProfile(records, account, userId))?.value.changedAt
}
