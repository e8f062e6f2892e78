import { kindOfFormat1 } from '../../store/kind.ts'
import {
  type Change,
  type Kind,
  LIST_MAX_RECORDS,
  type Page,
  type Records,
  remove,
  type Stored,
} from '../../store/records.ts'
import { findLoginProfile } from '../credentials/login-profile.ts'
import { findDevice } from '../credentials/mfa-device.ts'
import { readAll } from '../iam-records.ts'
import { findDeviceHolder, isPasskeySerial } from '../passkeys/passkey-records.ts'
import { CONSOLE_ROLE_SESSION } from './console-role-records.ts'

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
  /** The serial number of the device. The session ends when its user no longer has it. */
  readonly mfaSerial?: string
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
  /** As of a session, when the link was made. The link ends with the password. */
  readonly passwordAt?: number
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

/**
 * Whether the holder of a session still has the MFA device of its sign-in, if there was one. A device that somebody has
 * enabled again after the sign-in is another one, although it has the same serial number.
 */
export async function hasDeviceOf(
  records: Records,
  account: string,
  { userId, mfaSerial, mfaAt = 0 }: Pick<ConsoleSessionValue, 'userId' | 'mfaSerial' | 'mfaAt'>,
): Promise<boolean> {
  if (mfaSerial === undefined) return true
  const holder = await findDeviceHolder(records, account, userId)
  if (holder === undefined || !holder.devices.includes(mfaSerial)) return false
  // The serial number of a passkey is random: no later passkey has it.
  if (isPasskeySerial(mfaSerial)) return true
  const enabledAt = (await findDevice(records, account, mfaSerial))?.value.enabled?.at
  return enabledAt !== undefined && enabledAt <= mfaAt
}

/** The holder of sessions and sign-in links. */
export type ConsoleHolder = {
  /** 12 digits. */
  readonly account: string
  /** The user's unique id; nothing for the root user. */
  readonly userId: string | undefined
}

/** Returns every session of an account, also those whose time has ended. */
export async function consoleSessions(
  records: Records,
  account: string,
): Promise<readonly Stored<ConsoleSessionValue>[]> {
  const found: Stored<ConsoleSessionValue>[] = []
  let after: string | undefined
  do {
    const page: Page<ConsoleSessionValue> = await records.list(CONSOLE_SESSION, {
      ...{ partition: account, after, limit: LIST_MAX_RECORDS },
    })
    found.push(...page.records)
    after = page.next
  } while (after !== undefined)
  return found
}

/** The changes that end access to the console, and how much they end. */
export type EndedConsoleAccess = {
  readonly sessions: number
  readonly links: number
  readonly changes: readonly Change[]
}

/** Ends the sessions that people from identity providers have as a role. */
export async function endRoleSessions(
  records: Records,
  { account, roleId }: { readonly account: string; readonly roleId: string },
): Promise<EndedConsoleAccess> {
  const all = await readAll(records, CONSOLE_ROLE_SESSION, account)
  const sessions = all.filter(({ value }) => value.roleId === roleId)
  return { sessions: sessions.length, links: 0, changes: sessions.map(remove) }
}

/** Ends the sessions and the unused sign-in links of a holder. Its passwords and access keys stay. */
export async function endConsoleAccess(
  records: Records,
  { account, userId }: ConsoleHolder,
): Promise<EndedConsoleAccess> {
  // A link that becomes a session meanwhile is removed by both commits: one finds a conflict, and tries again.
  const linkPage = await records.list(CONSOLE_LINK, { partition: CONSOLE_LINKS, limit: LIST_MAX_RECORDS })
  const links = linkPage.records.filter(({ value }) => value.account === account && value.userId === userId)
  const all = await consoleSessions(records, account)
  const sessions = all.filter(({ value }) => value.userId === userId)
  return {
    sessions: sessions.length,
    links: links.length,
    changes: [...sessions.map(remove), ...links.map(remove)],
  }
}
