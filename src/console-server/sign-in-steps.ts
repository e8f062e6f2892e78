import { KmsError } from '../api/errors.ts'
import type { FormattedEvent } from '../audit/events/service-event.ts'
import { fromUtf8 } from '../base/bytes.ts'
import { parseJsonText } from '../base/json-text.ts'
import type { TokenSealer } from '../custody/token-sealer.ts'
import { findHeader, type WireRequest } from '../dispatch/wire.ts'
import type { IamService } from '../iam/iam-service.ts'
import { CONSOLE_COOKIE, findConsoleCookie } from '../sigv4/bound-cookie.ts'
import { type Change, remove } from '../store/records.ts'
import {
  type ConsoleCredentials,
  type ConsoleSessionDependencies,
  findSession,
  type NewSession,
  type SignedIn,
} from './console-sessions.ts'
import { type ConsoleAnswer, json } from './console-site.ts'
import { findRoleSession } from './role-sessions.ts'
import { type SignInEventDependencies, type SignInFacts, signInEvent } from './sign-in-event.ts'

/** The dependencies of sign-in and sign-out. */
export type SignInDependencies = ConsoleSessionDependencies &
  SignInEventDependencies &
  Pick<IamService, 'signInByPassword' | 'signInByPasskey' | 'passkeyRequest' | 'countSignIn'> & {
    /** The sealer of what browsers keep for sign-in. */
    readonly signInSealer: TokenSealer
    /** Commits changes together with their audit events. */
    readonly commit: (changes: readonly Change[], events: readonly FormattedEvent[]) => Promise<void>
    /** Appends an audit event. */
    readonly append: (eventJson: string) => Promise<void>
    /** Returns whether the audit log has room for one more failed attempt of this address; otherwise it counts it. */
    readonly admitRefusal: (address: string) => boolean
  }

/** The lifetime of the cookie is that of the session. */
const COOKIE_ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Strict'
const COOKIE_MAX_AGE_SECONDS = 43_200

/** Commits a new session with its events. A sign-in ends the previous session of its browser. */
export async function commitSession(
  dependencies: SignInDependencies,
  request: WireRequest,
  { changes }: Pick<NewSession, 'changes'>,
  events: readonly FormattedEvent[],
): Promise<void> {
  const cookie = findConsoleCookie(request)
  const { records } = dependencies
  const previous =
    cookie === undefined
      ? undefined
      : ((await findSession(records, cookie)) ?? (await findRoleSession(records, cookie)))
  const isRemoved = changes.some(({ kind, name }) => kind === previous?.kind && name === previous.name)
  const removed = previous === undefined || isRemoved ? [] : [remove(previous)]
  await dependencies.commit([...changes, ...removed], events)
}

/** Answers with the cookie and the first credentials of a session. */
export function sessionBegun(
  dependencies: SignInDependencies,
  { who, cookie, credentials }: NewSession,
): ConsoleAnswer {
  const attributes = `${COOKIE_ATTRIBUTES}; Max-Age=${COOKIE_MAX_AGE_SECONDS}`
  const setCookie = ['Set-Cookie', `${CONSOLE_COOKIE}=${cookie}; ${attributes}`]
  return json(200, sessionBody(dependencies, who, credentials), setCookie)
}

/** Answers that no session exists, and removes the browser's cookie. */
export function sessionEnded(): ConsoleAnswer {
  const setCookie = ['Set-Cookie', `${CONSOLE_COOKIE}=; ${COOKIE_ATTRIBUTES}; Max-Age=0`]
  return json(200, { signedIn: false }, setCookie)
}

/** The body of an answer with the credentials of a session. */
export function sessionBody(
  { region }: Pick<SignInDependencies, 'region'>,
  { account, arn, user, role }: SignedIn,
  { accessKeyId, secretAccessKey, sessionToken, expiresAt, sessionEndsAt }: ConsoleCredentials,
): object {
  return {
    signedIn: true,
    ...{ account, arn, user: user?.name ?? null, role: role?.name ?? null, region },
    credentials: { accessKeyId, secretAccessKey, sessionToken },
    ...{ expiresAt, sessionEndsAt },
  }
}

/** Records a failed sign-in, up to the rate of its address. */
export async function recordFailedSignIn(
  dependencies: SignInDependencies,
  facts: Omit<SignInFacts, 'name'>,
): Promise<void> {
  if (!dependencies.admitRefusal(facts.request.connection.address)) return
  await dependencies.append(signInEvent(dependencies, { ...facts, name: 'ConsoleLogin' }).json)
}

/**
 * Returns the texts of a JSON object in a request's body.
 *
 * @throws ValidationException when the body is no JSON object, or a member that is needed, or is there, is no text.
 */
export function parseTexts<Needed extends string, Extra extends string = never>(
  { rawHeaders, body }: WireRequest,
  needed: readonly Needed[],
  extra: readonly Extra[] = [],
): Readonly<Record<Needed, string>> & Readonly<Partial<Record<Extra, string>>> {
  const type = findHeader(rawHeaders, 'content-type')?.split(';')[0]?.trim().toLowerCase()
  const object = type === 'application/json' ? parseObject(fromUtf8(body)) : undefined
  const texts = new Map<string, string>()
  for (const name of [...needed, ...extra]) {
    const value: unknown = object && Reflect.get(object, name)
    if (typeof value === 'string') texts.set(name, value)
  }
  const isWrong = (name: string): boolean => !texts.has(name)
  const isThere = (name: string): boolean => object !== undefined && Reflect.get(object, name) !== undefined
  if (needed.some(isWrong) || extra.some((name) => isThere(name) && isWrong(name))) {
    const names = needed.join(', ')
    throw new KmsError('ValidationException', `The request must have a JSON object with the text ${names}.`)
  }
  return parsedTexts(texts)
}

/** The texts that were checked, by the names that were asked for. */
function parsedTexts<T>(texts: ReadonlyMap<string, string>): T {
  return Object.fromEntries(texts) as T
}

function parseObject(text: string): object | undefined {
  try {
    const value = parseJsonText(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}
