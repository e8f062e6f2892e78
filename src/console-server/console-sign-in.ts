import { KmsError } from '../api/errors.ts'
import type { WireRequest } from '../dispatch/wire.ts'
import { findConsoleCookie } from '../sigv4/bound-cookie.ts'
import { type Change, remove } from '../store/records.ts'
import { retryConflicts } from '../store/retry.ts'
import { beginByLink, findSession, findWho, renewSession, type SignedIn } from './console-sessions.ts'
import { type ConsoleAnswer, json, type SignInRoutes } from './console-site.ts'
import { passkeyStart, passkeyStep } from './passkey-step.ts'
import { passwordStep } from './password-step.ts'
import { findRoleHolder, findRoleSession, renewRoleSession } from './role-sessions.ts'
import { signInEvent } from './sign-in-event.ts'
import {
  commitSession,
  parseTexts,
  recordFailedSignIn,
  type SignInDependencies,
  sessionBegun,
  sessionBody,
  sessionEnded,
} from './sign-in-steps.ts'

/** Returns the routes that begin, renew and end sessions. */
export function signInRoutes(dependencies: SignInDependencies): SignInRoutes {
  return {
    'session/begin': (request) => linkStep(dependencies, request),
    'session/password': (request) => passwordStep(dependencies, request),
    'session/passkey-start': () => passkeyStart(dependencies),
    'session/passkey': (request) => passkeyStep(dependencies, request),
    'session/renew': (request) => renew(dependencies, request),
    'session/end': (request) => end(dependencies, request),
  }
}

async function linkStep(dependencies: SignInDependencies, request: WireRequest): Promise<ConsoleAnswer> {
  try {
    const { link } = parseTexts(request, ['link'])
    // Of two requests with one link, the second finds a conflict, tries again, and is refused.
    const session = await retryConflicts(dependencies.records, async () => {
      const begun = await beginByLink(dependencies, link)
      const { who } = begun
      const facts = { name: 'ConsoleLogin', request, who, method: 'Link' } as const
      await commitSession(dependencies, request, begun, [signInEvent(dependencies, facts)])
      return begun
    })
    return sessionBegun(dependencies, session)
  } catch (error) {
    if (error instanceof KmsError) {
      await recordFailedSignIn(dependencies, {
        ...{ request, who: undefined, failure: error.message, method: 'Link' },
      })
    }
    throw error
  }
}

async function renew(dependencies: SignInDependencies, request: WireRequest): Promise<ConsoleAnswer> {
  await dependencies.records.refresh()
  const cookie = findConsoleCookie(request)
  const session =
    cookie === undefined
      ? undefined
      : ((await renewSession(dependencies, cookie)) ?? (await renewRoleSession(dependencies, cookie)))
  return session === undefined
    ? sessionEnded()
    : json(200, sessionBody(dependencies, session.who, session.credentials))
}

/** The holder of the session of a cookie, and the change that ends the session. */
async function findEnded(
  { records }: SignInDependencies,
  cookie: string,
): Promise<{ readonly who: SignedIn | undefined; readonly change: Change } | undefined> {
  const session = await findSession(records, cookie)
  if (session !== undefined) {
    const who = await findWho(records, session.partition, session.value.userId)
    return { who, change: remove(session) }
  }
  const ofRole = await findRoleSession(records, cookie)
  return ofRole && { who: await findRoleHolder(records, ofRole), change: remove(ofRole) }
}

async function end(dependencies: SignInDependencies, request: WireRequest): Promise<ConsoleAnswer> {
  const cookie = findConsoleCookie(request)
  if (cookie !== undefined) {
    await retryConflicts(dependencies.records, async () => {
      const ended = await findEnded(dependencies, cookie)
      if (ended === undefined) return
      const { who, change } = ended
      await dependencies.commit([change], [signInEvent(dependencies, { name: 'Logout', request, who })])
    })
  }
  return sessionEnded()
}
