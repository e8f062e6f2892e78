import { fromUtf8, utf8 } from '../base/bytes.ts'
import { parseJsonText } from '../base/json-text.ts'
import type { Clock, EpochMs, Random } from '../base/ports.ts'
import type { TokenSealer } from '../custody/token-sealer.ts'
import type { WireRequest } from '../dispatch/wire.ts'
import type { KnownBrowser } from '../iam/sign-in/password-sign-in.ts'
import { findCookie } from '../sigv4/bound-cookie.ts'

/** The dependencies of the cookies of known browsers. */
type KnownBrowserDependencies = {
  readonly signInSealer: TokenSealer
  readonly clock: Clock
  readonly random: Random
}

const COOKIE = '__Host-holdfast-known'
/** A browser with which nobody has signed in for so long is an unknown one: 180 days. */
const LIFETIME_SECONDS = 15_552_000
const ATTRIBUTES = `Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=${LIFETIME_SECONDS}`
const TYPE = 'known browser'

type Sealed = KnownBrowser & { readonly type: typeof TYPE; readonly expiresAt: EpochMs }

/**
 * The header that gives a browser the proof that this user has signed in with it. It signs nobody in: failed sign-ins of
 * a known browser are counted apart, so that the guesses of others do not lock its user out. Source: OWASP, "Slow Down
 * Online Guessing Attacks with Device Cookies".
 */
export function knownBrowserHeader(
  { signInSealer, clock, random }: KnownBrowserDependencies,
  userId: string,
): readonly string[] {
  const expiresAt = clock.now() + LIFETIME_SECONDS * 1000
  const sealed: Sealed = { type: TYPE, userId, id: random.uuid(), expiresAt }
  return ['Set-Cookie', `${COOKIE}=${signInSealer.seal(utf8(JSON.stringify(sealed)))}; ${ATTRIBUTES}`]
}

/** Returns the user who has signed in with the browser of a request; nothing for an unknown browser. */
export function findKnownBrowser(
  { signInSealer, clock }: Pick<KnownBrowserDependencies, 'signInSealer' | 'clock'>,
  request: WireRequest,
): KnownBrowser | undefined {
  const cookie = findCookie(request, COOKIE)
  const bytes = cookie === undefined ? undefined : signInSealer.unseal(cookie)
  if (bytes === undefined) return undefined
  const { type, userId, id, expiresAt } = parseSealed(fromUtf8(bytes))
  return type === TYPE && expiresAt > clock.now() ? { userId, id } : undefined
}

/** Parses what this deployment has sealed. */
function parseSealed(text: string): Sealed {
  return parseJsonText(text) as Sealed
}
