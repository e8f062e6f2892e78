import { accountRootArn } from '../api/arn.ts'
import { KmsError } from '../api/errors.ts'
import { utf8 } from '../base/bytes.ts'
import type { Clock, EpochMs, Random } from '../base/ports.ts'
import { sha256Hex } from '../crypto/hash.ts'
import type { TokenSealer } from '../custody/token-sealer.ts'
import { pathedArn } from '../iam/entities/arns.ts'
import { newSessionKey } from '../iam/entities/ids.ts'
import { USER, type UserValue } from '../iam/iam-records.ts'
import {
  CONSOLE_LINK,
  CONSOLE_LINKS,
  CONSOLE_SESSION,
  type ConsoleSessionValue,
  consoleSessions,
  hasDeviceOf,
  passwordTime,
} from '../iam/sessions/console-records.ts'
import { sealClaims } from '../iam/sessions/session-token.ts'
import { type Change, insert, type Records, remove, type Stored } from '../store/records.ts'
import { linkName } from './console-links.ts'

/** Credentials are valid for an hour, and a session is renewed up to 12. Source: the durations of AWS's console. */
export const CREDENTIALS_LIFETIME_MS = 3_600_000
const SESSION_LIFETIME_MS = 43_200_000
const COOKIE_SECRET_BYTES = 32
/** The maximum number of sessions of one user at a time: the next sign-in ends the oldest ones. */
export const SESSIONS_OF_USER_MAX = 20
const LINK_MAX_CHARS = 64
const COOKIE = /^(?<account>[0-9]{12})\.(?<session>[0-9a-f-]{36})\.[A-Za-z0-9_-]{43}$/

/** The dependencies of console sessions. */
export type ConsoleSessionDependencies = {
  readonly records: Records
  readonly sealer: TokenSealer
  readonly clock: Clock
  readonly random: Random
}

/** The user, the root user, or the role's session that has signed in. */
export type SignedIn = {
  /** 12 digits. */
  readonly account: string
  readonly arn: string
  /** Absent for the root user and for a role. */
  readonly user: Pick<UserValue, 'id' | 'name'> | undefined
  readonly role?: {
    /** The names of the role and of its session. */
    readonly name: string
    /** The `userIdentity` of events. */
    readonly identity: object
  }
}

/** The temporary credentials with which the page signs its calls. */
export type ConsoleCredentials = {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  readonly expiresAt: EpochMs
  /** When the session can no longer be renewed. */
  readonly sessionEndsAt: EpochMs
}

/** A new session, and the changes that create it. */
export type NewSession = {
  readonly who: SignedIn
  readonly cookie: string
  readonly credentials: ConsoleCredentials
  readonly changes: readonly Change[]
}

/** The proof of a sign-in. */
export type SignInProof = {
  readonly who: SignedIn
  /** See `ConsoleSessionValue`. */
  readonly passwordAt: EpochMs | undefined
  readonly mfaAt: EpochMs | undefined
  /** The serial number of the MFA device that was used. */
  readonly mfaSerial: string | undefined
}

/**
 * Exchanges a sign-in link for a session. One commit removes the link and inserts the session, so that a link works once.
 *
 * @throws AccessDeniedException when the link is unknown, used or expired, or its user does not exist or has got, changed
 *   or lost its password since the link was made.
 */
export async function beginByLink(
  dependencies: ConsoleSessionDependencies,
  secret: string,
): Promise<NewSession> {
  const { records, clock } = dependencies
  const link =
    secret.length <= LINK_MAX_CHARS
      ? await records.get(CONSOLE_LINK, CONSOLE_LINKS, linkName(secret))
      : undefined
  if (link === undefined || link.value.expiresAt <= clock.now()) throw refused()
  const { account, userId, passwordAt } = link.value
  const who = await findWho(records, account, userId)
  if (who === undefined || (await passwordTime(records, account, userId)) !== passwordAt) throw refused()
  const session = await beginSession(dependencies, {
    who,
    passwordAt,
    mfaAt: undefined,
    mfaSerial: undefined,
  })
  return { ...session, changes: [remove(link), ...session.changes] }
}

/** Begins a session of somebody whose sign-in is proven. */
export async function beginSession(
  dependencies: ConsoleSessionDependencies,
  { who, passwordAt, mfaAt, mfaSerial }: SignInProof,
): Promise<NewSession> {
  const { records, clock, random } = dependencies
  const { account, user } = who
  const now = clock.now()
  const { id: name, cookie } = newCookie(random, account)
  const value: ConsoleSessionValue = {
    format: 1,
    ...(user !== undefined && { userId: user.id }),
    cookieHash: sha256Hex(utf8(cookie)),
    startedAt: now,
    ...(passwordAt !== undefined && { passwordAt }),
    ...(mfaAt !== undefined && { mfaAt }),
    ...(mfaSerial !== undefined && { mfaSerial }),
    endsAt: now + SESSION_LIFETIME_MS,
  }
  const changes = [
    ...(await removeSurplus(records, { account, userId: user?.id, now })),
    insert(CONSOLE_SESSION, account, name, value),
  ]
  return { who, cookie, credentials: newCredentials(dependencies, { account, name, value }), changes }
}

/** Issues credentials for the session of a cookie; returns nothing when the session has ended. */
export async function renewSession(
  dependencies: ConsoleSessionDependencies,
  cookie: string,
): Promise<{ readonly who: SignedIn; readonly credentials: ConsoleCredentials } | undefined> {
  const session = await findSession(dependencies.records, cookie)
  if (session === undefined || session.value.endsAt <= dependencies.clock.now()) return undefined
  const { partition: account, name, value } = session
  if ((await passwordTime(dependencies.records, account, value.userId)) !== value.passwordAt) return undefined
  if (!(await hasDeviceOf(dependencies.records, account, value))) return undefined
  const who = await findWho(dependencies.records, account, value.userId)
  return who && { who, credentials: newCredentials(dependencies, { account, name, value }) }
}

/** Returns the session of a cookie, even when its time has ended; nothing when no record exists. */
export async function findSession(
  records: Records,
  cookie: string,
): Promise<Stored<ConsoleSessionValue> | undefined> {
  const named = parseCookie(cookie)
  const session = named && (await records.get(CONSOLE_SESSION, named.account, named.id))
  // Both values are hashes: the duration of the comparison reveals nothing about the cookie.
  return session?.value.cookieHash === sha256Hex(utf8(cookie)) ? session : undefined
}

/** Returns a new cookie, and the name of the record of its session. */
export function newCookie(random: Random, account: string): { readonly id: string; readonly cookie: string } {
  const id = random.uuid()
  const secret = Buffer.from(random.bytes(COOKIE_SECRET_BYTES)).toString('base64url')
  return { id, cookie: `${account}.${id}.${secret}` }
}

/** Returns the account of a cookie, and the name of the record of its session; nothing for a text of another form. */
export function parseCookie(cookie: string): { readonly account: string; readonly id: string } | undefined {
  const { account, session: id } = COOKIE.exec(cookie)?.groups ?? {}
  return account === undefined || id === undefined ? undefined : { account, id }
}

/** Returns the holder of a session or link; nothing when the user does not exist. */
export async function findWho(
  records: Records,
  account: string,
  userId: string | undefined,
): Promise<SignedIn | undefined> {
  if (userId === undefined) return { account, arn: accountRootArn(account), user: undefined }
  const user = await records.get(USER, account, userId)
  return user && { account, arn: pathedArn(account, 'user', user.value), user: user.value }
}

type Named = { readonly account: string; readonly name: string; readonly value: ConsoleSessionValue }

function newCredentials(
  { clock, random, sealer }: ConsoleSessionDependencies,
  { account, name, value }: Named,
): ConsoleCredentials {
  const issuedAt = clock.now()
  const expiresAt = Math.min(issuedAt + CREDENTIALS_LIFETIME_MS, value.endsAt)
  const key = newSessionKey(random, account)
  const sessionToken = sealClaims(sealer, {
    version: 3,
    type: 'console',
    account,
    ...key,
    issuedAt,
    expiresAt,
    consoleSessionId: name,
    consoleUserId: value.userId,
    cookieHash: value.cookieHash,
    ...(value.mfaAt !== undefined && { mfaAt: value.mfaAt }),
  })
  return { ...key, sessionToken, expiresAt, sessionEndsAt: value.endsAt }
}

/** The next sign-in to an account removes its sessions whose time has ended, and the oldest ones of its user. */
async function removeSurplus(
  records: Records,
  {
    account,
    userId,
    now,
  }: { readonly account: string; readonly userId: string | undefined; readonly now: EpochMs },
): Promise<readonly Change[]> {
  const all = await consoleSessions(records, account)
  const ended = all.filter(({ value }) => value.endsAt <= now)
  const own = all.filter(({ value }) => value.endsAt > now && value.userId === userId)
  const newestFirst = own.toSorted((one, other) => other.value.startedAt - one.value.startedAt)
  return [...ended, ...newestFirst.slice(SESSIONS_OF_USER_MAX - 1)].map(remove)
}

function refused(): KmsError {
  return new KmsError(
    'AccessDeniedException',
    'This sign-in link is unknown, already used, or expired. Run holdfast console to print a new one.',
  )
}
