import { utf8 } from '../base/bytes.ts'
import { sha256Hex } from '../crypto/hash.ts'
import { roleIdentity } from '../iam/credentials/callers.ts'
import { sessionArn } from '../iam/entities/arns.ts'
import { newSessionKey } from '../iam/entities/ids.ts'
import { ROLE, type RoleValue, readAll } from '../iam/iam-records.ts'
import { CONSOLE_ROLE_SESSION, type ConsoleRoleSessionValue } from '../iam/sessions/console-role-records.ts'
import { type RoleClaims, sealClaims } from '../iam/sessions/session-token.ts'
import { type Change, insert, type Records, remove, type Stored } from '../store/records.ts'
import {
  type ConsoleCredentials,
  type ConsoleSessionDependencies,
  CREDENTIALS_LIFETIME_MS,
  type NewSession,
  newCookie,
  parseCookie,
  SESSIONS_OF_USER_MAX,
  type SignedIn,
} from './console-sessions.ts'

/** Sessions whose time has ended, which one sign-in removes at most: a commit stays small. */
const REMOVED_MAX = 100

/** Begins a session of the console from the claims of a role's session, which AssumeRoleWithWebIdentity has made. */
export async function beginRoleSession(
  dependencies: ConsoleSessionDependencies,
  role: RoleValue,
  claims: RoleClaims,
): Promise<NewSession> {
  const { random } = dependencies
  const { account, roleId, name, accessKeyId, tags, transitive, sourceIdentity, provider, federation } =
    claims
  const { id, cookie } = newCookie(random, account)
  const value: ConsoleRoleSessionValue = {
    format: 1,
    ...{ roleId, name, accessKeyId, tags, transitive, sourceIdentity, provider, federation },
    cookieHash: sha256Hex(utf8(cookie)),
    startedAt: claims.issuedAt,
    endsAt: claims.expiresAt,
  }
  const changes = [
    ...(await removeSurplus(dependencies, account, value)),
    insert(CONSOLE_ROLE_SESSION, account, id, value),
  ]
  const credentials = newCredentials(dependencies, account, id, value)
  return { who: roleHolder(account, role, value), cookie, credentials, changes }
}

/** Issues credentials for the role's session of a cookie; returns nothing when the session has ended. */
export async function renewRoleSession(
  dependencies: ConsoleSessionDependencies,
  cookie: string,
): Promise<{ readonly who: SignedIn; readonly credentials: ConsoleCredentials } | undefined> {
  const session = await findRoleSession(dependencies.records, cookie)
  if (session === undefined || session.value.endsAt <= dependencies.clock.now()) return undefined
  const { partition: account, name, value } = session
  const who = await findRoleHolder(dependencies.records, session)
  return who && { who, credentials: newCredentials(dependencies, account, name, value) }
}

/** Returns the role's session of a cookie, even when its time has ended; nothing when no record exists. */
export async function findRoleSession(
  records: Records,
  cookie: string,
): Promise<Stored<ConsoleRoleSessionValue> | undefined> {
  const named = parseCookie(cookie)
  const session = named && (await records.get(CONSOLE_ROLE_SESSION, named.account, named.id))
  // Both values are hashes: the duration of the comparison reveals nothing about the cookie.
  return session?.value.cookieHash === sha256Hex(utf8(cookie)) ? session : undefined
}

/** Returns the holder of a role's session; nothing when the role does not exist. */
export async function findRoleHolder(
  records: Records,
  { partition: account, value }: Stored<ConsoleRoleSessionValue>,
): Promise<SignedIn | undefined> {
  const role = await records.get(ROLE, account, value.roleId)
  return role && roleHolder(account, role.value, value)
}

function roleHolder(account: string, role: RoleValue, value: ConsoleRoleSessionValue): SignedIn {
  const { startedAt: issuedAt, ...facts } = value
  return {
    account,
    arn: sessionArn(account, role.name, value.name),
    user: undefined,
    role: {
      name: `${role.name}/${value.name}`,
      identity: roleIdentity(account, role, { issuedAt, ...facts }),
    },
  }
}

function newCredentials(
  { clock, random, sealer }: ConsoleSessionDependencies,
  account: string,
  sessionId: string,
  { cookieHash, accessKeyId, startedAt, endsAt, format: _format, ...said }: ConsoleRoleSessionValue,
): ConsoleCredentials {
  const expiresAt = Math.min(clock.now() + CREDENTIALS_LIFETIME_MS, endsAt)
  const { secretAccessKey } = newSessionKey(random, account)
  const sessionToken = sealClaims(sealer, {
    version: 4,
    type: 'role',
    ...{ account, accessKeyId, secretAccessKey, expiresAt },
    // The age of a session is that of its sign-in: policies that end older sessions end renewed ones too.
    issuedAt: startedAt,
    policy: undefined,
    policyArns: [],
    ...said,
    console: { sessionId, cookieHash },
  })
  return { accessKeyId, secretAccessKey, sessionToken, expiresAt, sessionEndsAt: endsAt }
}

/** Removes sessions whose time has ended, and the oldest ones of the same name. */
async function removeSurplus(
  { records, clock }: ConsoleSessionDependencies,
  account: string,
  { roleId, name }: ConsoleRoleSessionValue,
): Promise<readonly Change[]> {
  const now = clock.now()
  const all = await readAll(records, CONSOLE_ROLE_SESSION, account)
  const ended = all.filter(({ value }) => value.endsAt <= now).slice(0, REMOVED_MAX)
  const own = all.filter(({ value }) => value.endsAt > now && value.roleId === roleId && value.name === name)
  const newestFirst = own.toSorted((one, other) => other.value.startedAt - one.value.startedAt)
  return [...ended, ...newestFirst.slice(SESSIONS_OF_USER_MAX - 1)].map(remove)
}
