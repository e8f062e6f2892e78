import { KmsError } from '../api/errors.ts'
import { utf8 } from '../base/bytes.ts'
import { findHeader, type WireRequest } from '../dispatch/wire.ts'
import { type ConsoleFile, type ConsoleFiles, PAGE } from './console-files.ts'
import { SECURITY_HEADERS } from './console-headers.ts'

/** A response to a browser. */
export type ConsoleAnswer = {
  readonly status: number
  /** Alternating names and values. */
  readonly headers: readonly string[]
  readonly body: Uint8Array
  /** Whether the request failed to authenticate. */
  readonly isCallerUnknown?: boolean
}

/** The web console: the HTTP server forwards requests to it. */
export type ConsoleSite = {
  /** Headers of every answer. */
  readonly headers: readonly string[]
  readonly owns: (target: string) => boolean
  readonly bodyMaxBytes: (head: WireRequest) => number
  readonly answer: (request: WireRequest) => Promise<ConsoleAnswer>
}

/** Handlers that begin, renew and end sessions, by name: see `console-sign-in.ts`. */
export type SignInRoutes = Readonly<Record<string, (request: WireRequest) => Promise<ConsoleAnswer>>>

/** The dependencies of the site. */
export type ConsoleSiteDependencies = {
  /** Absent when the console was not built. */
  readonly files: ConsoleFiles | undefined
  /** Handlers by path below `/console/`. */
  readonly routes: SignInRoutes
}

const BASE = '/console'
/** Larger than every valid request to a route. */
const BODY_MAX_BYTES = 4096
/** The same for routes that take the answer of an authenticator, or a proof with an ID token. */
const LARGER_BODIES: ReadonlyMap<string, number> = new Map([
  ['/console/session/password', 8192],
  ['/console/session/passkey', 8192],
  ['/console/session/oidc-choose', 32_768],
])
const FOREVER = 'public, max-age=31536000, immutable'
const NOT_STORED = 'no-store'
/** Paths of pages. A dot in the last segment names a file. */
const PAGE_PATH = /^(?:[A-Za-z0-9_~:%@!$&'()*+,;=-][^/?#]*\/?)*$/
const NO_BODY = new Uint8Array(0)

/** Serves the console's files and the routes of sign-in. */
export function consoleSite({ files, routes }: ConsoleSiteDependencies): ConsoleSite {
  return {
    headers: SECURITY_HEADERS,
    owns: (target) => {
      const path = pathOf(target)
      return path === BASE || path.startsWith(`${BASE}/`)
    },
    bodyMaxBytes: ({ method, target }) => {
      if (method !== 'POST') return 0
      return LARGER_BODIES.get(target) ?? BODY_MAX_BYTES
    },
    answer: async (request) => {
      const path = pathOf(request.target)
      if (path === BASE) return redirect(`${BASE}/`)
      const name = path.slice(BASE.length + 1)
      const route = Object.hasOwn(routes, name) ? routes[name] : undefined
      return route === undefined ? answerGet(files, name, request) : answerPost(route, request)
    },
  }
}

async function answerPost(
  route: (request: WireRequest) => Promise<ConsoleAnswer>,
  request: WireRequest,
): Promise<ConsoleAnswer> {
  if (request.method !== 'POST') return plain(405, 'This address takes POST.', ['Allow', 'POST'])
  return isSameOrigin(request) ? answerRoute(route, request) : plain(403, 'Ask from the page itself.')
}

function answerGet(files: ConsoleFiles | undefined, name: string, request: WireRequest): ConsoleAnswer {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return plain(405, 'This address takes GET and HEAD.', ['Allow', 'GET, HEAD'])
  }
  return files === undefined ? plain(503, NOT_BUILT) : answerFile(files, name, request)
}

const NOT_BUILT = 'The console was not built: npm ci or npm run build:console builds it.'

/** Returns a refusal as JSON, so that the page can show its message. */
async function answerRoute(
  route: (request: WireRequest) => Promise<ConsoleAnswer>,
  request: WireRequest,
): Promise<ConsoleAnswer> {
  try {
    return await route(request)
  } catch (error) {
    if (!(error instanceof KmsError)) throw error
    const answer = json(403, { code: error.code, message: error.message })
    return { ...answer, isCallerUnknown: true }
  }
}

/**
 * Whether a page of this server sends the request. Every browser that supports the cookie's prefix sends `Origin` with a
 * POST, and pages of other origins cannot forge it. Source: Fetch Standard, section 3.2.
 */
function isSameOrigin({ rawHeaders, connection }: WireRequest): boolean {
  const origin = findHeader(rawHeaders, 'origin')
  const host = findHeader(rawHeaders, 'host')?.toLowerCase()
  const site = findHeader(rawHeaders, 'sec-fetch-site')
  if (origin === undefined || host === undefined || (site !== undefined && site !== 'same-origin'))
    return false
  if (origin.toLowerCase() === `https://${host}`) return true
  // A proxy that terminates TLS makes the page's scheme differ from the connection's; the reverse never happens.
  return connection.tls === undefined && origin.toLowerCase() === `http://${host}`
}

function answerFile(files: ConsoleFiles, name: string, request: WireRequest): ConsoleAnswer {
  const file = files.get(name)
  if (file !== undefined && name !== PAGE) return fileAnswer(file, request)
  const page = files.get(PAGE)
  const isPage = name === PAGE || (PAGE_PATH.test(name) && !/\.[^/]*$/.test(name))
  if (page === undefined || !isPage) return plain(404, 'There is nothing at this address.')
  return fileAnswer(page, request)
}

function fileAnswer(
  { mediaType, bytes, brotli, isImmutable }: ConsoleFile,
  { rawHeaders }: WireRequest,
): ConsoleAnswer {
  const takesBrotli = /(?:^|[\s,])br(?:$|[\s,;])(?!\s*q=0(?:\.0*)?(?:$|[\s,]))/.test(
    findHeader(rawHeaders, 'accept-encoding') ?? '',
  )
  const headers = [
    ...SECURITY_HEADERS,
    ...['Content-Type', mediaType, 'Cache-Control', isImmutable ? FOREVER : NOT_STORED],
    ...['Vary', 'Accept-Encoding'],
  ]
  return takesBrotli && brotli !== undefined
    ? { status: 200, headers: [...headers, 'Content-Encoding', 'br'], body: brotli }
    : { status: 200, headers, body: bytes }
}

/** Returns a JSON response. */
export function json(status: number, value: object, headers: readonly string[] = []): ConsoleAnswer {
  return {
    status,
    headers: [
      ...SECURITY_HEADERS,
      ...['Content-Type', 'application/json', 'Cache-Control', NOT_STORED, ...headers],
    ],
    body: utf8(JSON.stringify(value)),
  }
}

function plain(status: number, text: string, headers: readonly string[] = []): ConsoleAnswer {
  const type = ['Content-Type', 'text/plain; charset=utf-8', 'Cache-Control', NOT_STORED]
  return { status, headers: [...SECURITY_HEADERS, ...type, ...headers], body: utf8(`${text}\n`) }
}

function redirect(location: string): ConsoleAnswer {
  const headers = [...SECURITY_HEADERS, 'Location', location, 'Cache-Control', NOT_STORED]
  return { status: 308, headers, body: NO_BODY }
}

function pathOf(target: string): string {
  const end = target.search(/[?#]/)
  return end === -1 ? target : target.slice(0, end)
}
