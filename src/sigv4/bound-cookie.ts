import { equalConstantTime, parseHex, utf8 } from '../base/bytes.ts'
import { sha256 } from '../crypto/hash.ts'
import type { SignedRequest } from './request.ts'

/**
 * The cookie to which credentials of the web console are bound. Browsers accept a name with this prefix only from a
 * secure origin, for this host and every path. Source: RFC 6265bis, section 4.1.3.2.
 */
export const CONSOLE_COOKIE = '__Host-holdfast-console'

/** Bounds of the cookie headers that the server reads. */
const COOKIE_HEADERS_MAX = 8
const COOKIE_HEADER_MAX_CHARS = 8192

/** Returns the value of the console's cookie; nothing when a request has none, or more than one. */
export function findConsoleCookie(request: Pick<SignedRequest, 'rawHeaders'>): string | undefined {
  return findCookie(request, CONSOLE_COOKIE)
}

/** Returns the value of a cookie; nothing when a request has none of this name, or more than one. */
export function findCookie(
  { rawHeaders }: Pick<SignedRequest, 'rawHeaders'>,
  name: string,
): string | undefined {
  const prefix = `${name}=`
  const values = cookieHeaders(rawHeaders)
    .flatMap((header) => header.split(';'))
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(prefix))
  const [only] = values
  return only === undefined || values.length > 1 ? undefined : only.slice(prefix.length)
}

function cookieHeaders(rawHeaders: readonly string[]): readonly string[] {
  const headers: string[] = []
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === 'cookie') headers.push(rawHeaders[index + 1] ?? '')
  }
  if (headers.length > COOKIE_HEADERS_MAX) return []
  return headers.filter((header) => header.length <= COOKIE_HEADER_MAX_CHARS)
}

/** Returns whether a request has the cookie with this SHA-256. */
export function holdsCookie(request: Pick<SignedRequest, 'rawHeaders'>, hashHex: string): boolean {
  const cookie = findConsoleCookie(request)
  const hash = parseHex(hashHex)
  return cookie !== undefined && hash !== undefined && equalConstantTime(sha256(utf8(cookie)), hash)
}
