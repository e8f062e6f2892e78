import { KmsError } from '../api/errors.ts'
import type { FormattedEvent } from '../audit/events/service-event.ts'
import { fromUtf8 } from '../base/bytes.ts'
import { findHeader, type WireRequest } from '../dispatch/wire.ts'
import { CONSOLE_COOKIE, findConsoleCookie } from '../sigv4/bound-cookie.ts'
import { type Change, remove } from '../store/records.ts'
import { retryConflicts } from '../store/retry.ts'
import {
  beginSession,
  type ConsoleCredentials,
  type ConsoleSessionDependencies,
  findSession,
  findWho,
  renewSession,
  type SignedIn,
} from './console-sessions.ts'
import { type ConsoleAnswer, json, type SignInRoutes } from './console-site.ts'
import { type SignInEventDependencies, type SignInFacts, signInEvent } from './sign-in-event.ts'

/** The dependencies of sign-in and sign-out. */
export type SignInDependencies = ConsoleSessionDependencies &
  SignInEventDependencies & {
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

/** Returns the routes that begin, renew and end sessions. */
export function signInRoutes(dependencies: SignInDependencies): SignInRoutes {
  return {
    'session/begin': (request) => begin(dependencies, request),
    'session/renew': (request) => renew(dependencies, request),
    'session/end': (request) => end(dependencies, request),
  }
}

async function begin(dependencies: SignInDependencies, request: WireRequest): Promise<ConsoleAnswer> {
  try {
    const link = parseLink(request)
    const { who, cookie, credentials } = await beginOnce(dependencies, request, link)
    const attributes = `${COOKIE_ATTRIBUTES}; Max-Age=${COOKIE_MAX_AGE_SECONDS}`
    const setCookie = ['Set-Cookie', `${CONSOLE_COOKIE}=${cookie}; ${attributes}`]
    return json(200, sessionBody(dependencies, who, credentials), setCookie)
  } catch (error) {
    if (error instanceof KmsError) await recordFailure(dependencies, request, error.message)
    throw error
  }
}

/** Of two requests with one link, the second finds a conflict, tries again, and is refused. */
function beginOnce(dependencies: SignInDependencies, request: WireRequest, link: string) {
  return retryConflicts(dependencies.records, async () => {
    const session = await beginSession(dependencies, link)
    const { who } = session
    const changes = [...session.changes, ...(await replacedSession(dependencies, request, session.changes))]
    await dependencies.commit(changes, [signInEvent(dependencies, { name: 'ConsoleLogin', request, who })])
    return session
  })
}

/** A sign-in ends the previous session of its browser. */
async function replacedSession(
  { records }: SignInDependencies,
  request: WireRequest,
  changes: readonly Change[],
): Promise<readonly Change[]> {
  const cookie = findConsoleCookie(request)
  const session = cookie === undefined ? undefined : await findSession(records, cookie)
  const isRemoved = changes.some(({ kind, name }) => kind === session?.kind && name === session.name)
  return session === undefined || isRemoved ? [] : [remove(session)]
}

async function renew(dependencies: SignInDependencies, request: WireRequest): Promise<ConsoleAnswer> {
  await dependencies.records.refresh()
  const cookie = findConsoleCookie(request)
  const session = cookie === undefined ? undefined : await renewSession(dependencies, cookie)
  return session === undefined
    ? ended()
    : json(200, sessionBody(dependencies, session.who, session.credentials))
}

async function end(dependencies: SignInDependencies, request: WireRequest): Promise<ConsoleAnswer> {
  const cookie = findConsoleCookie(request)
  if (cookie !== undefined) {
    await retryConflicts(dependencies.records, async () => {
      const session = await findSession(dependencies.records, cookie)
      if (session === undefined) return
      const who = await findWho(dependencies.records, session.partition, session.value.userId)
      await dependencies.commit(
        [remove(session)],
        [signInEvent(dependencies, { name: 'Logout', request, who })],
      )
    })
  }
  return ended()
}

/** Answers that no session exists, and removes the browser's cookie. */
function ended(): ConsoleAnswer {
  const setCookie = ['Set-Cookie', `${CONSOLE_COOKIE}=; ${COOKIE_ATTRIBUTES}; Max-Age=0`]
  return json(200, { signedIn: false }, setCookie)
}

async function recordFailure(
  dependencies: SignInDependencies,
  request: WireRequest,
  failure: string,
): Promise<void> {
  if (!dependencies.admitRefusal(request.connection.address)) return
  const facts: SignInFacts = { name: 'ConsoleLogin', request, who: undefined, failure }
  await dependencies.append(signInEvent(dependencies, facts).json)
}

function sessionBody(
  { region }: SignInDependencies,
  { account, arn, user }: SignedIn,
  { accessKeyId, secretAccessKey, sessionToken, expiresAt, sessionEndsAt }: ConsoleCredentials,
): object {
  return {
    signedIn: true,
    ...{ account, arn, user: user?.name ?? null, region },
    credentials: { accessKeyId, secretAccessKey, sessionToken },
    ...{ expiresAt, sessionEndsAt },
  }
}

/** @throws ValidationException when the body is no JSON object with the text `link`. */
function parseLink({ rawHeaders, body }: WireRequest): string {
  const type = findHeader(rawHeaders, 'content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type === 'application/json') {
    const link = linkMember(fromUtf8(body))
    if (link !== undefined) return link
  }
  throw new KmsError('ValidationException', 'The request must have a JSON object with the text link.')
}

function linkMember(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text)
    const link: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'link') : undefined
    return typeof link === 'string' ? link : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
