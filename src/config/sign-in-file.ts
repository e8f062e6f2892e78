import { list, members, parseJsonFile, path } from './file-members.ts'
import { isLoopback } from './places.ts'
import { ConfigError } from './setting.ts'

/** An OpenID provider with which people sign in to the web console. */
type OidcSignInConfig = {
  /** What the sign-in page calls it; unique in the file. */
  readonly name: string
  /** The end of the redirect URI, `/console/oidc/ID`; nothing for `/console/oidc`. Unique in the file. */
  readonly id: string | undefined
  /** The account whose roles people sign in to: 12 digits. */
  readonly account: string
  /** The URL, exactly as the provider's tokens have it. */
  readonly issuer: string
  readonly clientId: string
  /** A path, relative as in the file; nothing for a public client. */
  readonly clientSecretFile: string | undefined
  /** Scopes beside `openid`. */
  readonly scopes: readonly string[]
  /** The claim that names the session. */
  readonly sessionNameClaim: string
}

/** How people sign in to the web console, beside passwords, passkeys and links. */
export type SignInConfig = {
  /** The origin of the console, as browsers see it. */
  readonly consoleUrl: string
  readonly providers: readonly OidcSignInConfig[]
}

const PROVIDERS_MAX = 16
const SCOPES_MAX = 16
const URL_MAX_CHARS = 2048
/** Source: IAM API Reference, "CreateOpenIDConnectProvider", `ClientIDList`. */
const CLIENT_ID_MAX_CHARS = 255

const ID = /^[a-z0-9-]{1,32}$/
const NAME = /^[^\p{C}]{1,64}$/u
const ACCOUNT = /^[0-9]{12}$/
/** Source: RFC 6749, section 3.3. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/
const CLAIM = /^[A-Za-z0-9_.:/-]{1,128}$/
const CLIENT_ID = /^[\x20-\x7e]+$/

/** Parses the identity providers of a file's text. @throws ConfigError with what is expected. */
export function parseSignInFile(text: string): SignInConfig {
  const { consoleUrl, providers } = members(parseJsonFile(text), 'the file', ['consoleUrl', 'providers'])
  const parsed = list(providers, 'providers', PROVIDERS_MAX).map(parseProvider)
  if (new Set(parsed.map(({ name }) => name)).size < parsed.length) {
    throw new ConfigError('two providers have the same name')
  }
  if (new Set(parsed.map(({ id }) => id)).size < parsed.length) {
    throw new ConfigError('two providers have the same id, or none: each needs a redirect URI of its own')
  }
  return { consoleUrl: parseConsoleUrl(consoleUrl), providers: parsed }
}

/** Parses an origin over TLS, or without TLS of this machine: browsers keep the console's cookies for no other. */
function parseConsoleUrl(value: unknown): string {
  const url = typeof value === 'string' && value.length <= URL_MAX_CHARS ? URL.parse(value) : null
  const isPlain = url?.protocol === 'http:' && isLoopback(url.hostname.replace(/^\[|\]$/g, ''))
  if (url === null || url.origin !== value || (url.protocol !== 'https:' && !isPlain)) {
    throw new ConfigError(
      'consoleUrl: expected https://HOST:PORT, or http with a loopback address, without a path',
    )
  }
  return url.origin
}

const MEMBERS = [
  ...['name', 'id', 'account', 'issuer', 'clientId', 'clientSecretFile', 'scopes', 'sessionNameClaim'],
]

function parseProvider(value: unknown, index: number): OidcSignInConfig {
  const where = `providers[${index}]`
  const given = members(value, where, MEMBERS)
  const { id, clientSecretFile: secret, scopes, sessionNameClaim = 'sub' } = given
  const matching = (name: string, pattern: RegExp, expected: string, from: unknown = given[name]): string => {
    if (typeof from === 'string' && pattern.test(from)) return from
    throw new ConfigError(`${where}.${name}: expected ${expected}`)
  }
  const clientId = matching('clientId', CLIENT_ID, 'printable ASCII characters')
  if (clientId.length > CLIENT_ID_MAX_CHARS) {
    throw new ConfigError(`${where}.clientId: expected at most ${CLIENT_ID_MAX_CHARS} characters`)
  }
  return {
    name: matching('name', NAME, '1 to 64 printable characters'),
    id: id === undefined ? undefined : matching('id', ID, '1 to 32 lower-case letters, digits and hyphens'),
    account: matching('account', ACCOUNT, '12 digits'),
    issuer: parseIssuer(given['issuer'], `${where}.issuer`),
    clientId,
    clientSecretFile: secret === undefined ? undefined : path(secret, `${where}.clientSecretFile`),
    scopes:
      scopes === undefined
        ? []
        : list(scopes, `${where}.scopes`, SCOPES_MAX).map((scope) =>
            matching('scopes', SCOPE, 'scopes of RFC 6749', scope),
          ),
    sessionNameClaim: matching('sessionNameClaim', CLAIM, 'the name of a claim', sessionNameClaim),
  }
}

/** Source: OpenID Connect Core 1.0, section 2, `iss`. */
function parseIssuer(value: unknown, where: string): string {
  const url = typeof value === 'string' && value.length <= URL_MAX_CHARS ? URL.parse(value) : null
  const isExact = url !== null && (url.href === value || url.href === `${String(value)}/`)
  const hasMore =
    url !== null && [url.username, url.password, url.search, url.hash].some((part) => part !== '')
  if (!isExact || hasMore || url.protocol !== 'https:') {
    throw new ConfigError(`${where}: expected an https URL without user, query and fragment`)
  }
  return String(value)
}
