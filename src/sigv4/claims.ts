import { KmsError } from '../api/errors.ts'
import { toBase64, utf8 } from '../base/bytes.ts'
import type { EpochMs } from '../base/ports.ts'
import { sha256 } from '../crypto/hash.ts'
import { Remembered } from './remembered.ts'
import type { SignedRequest } from './request.ts'
import { formatAmzDate, parseAmzDate, parseHttpDate } from './timestamp.ts'

/** The only algorithm that is accepted. */
export const ALGORITHM = 'AWS4-HMAC-SHA256'

/** Names in one `SignedHeaders` list; SDKs send about 15. Bounds the work of matching them. */
export const SIGNED_HEADERS_MAX = 100

/** What a signature is valid for. */
export type Scope = {
  /** `YYYYMMDD` */
  readonly date: string
  readonly region: string
  readonly service: string
}

/** What a request says of its own signature. Nothing of it is proven. */
export type Claims = {
  /** 16 to 128 capital letters and digits: safe to look up and to record. */
  readonly accessKeyId: string
  readonly scope: Scope & { readonly terminator: string }
  /** As listed by the client. */
  readonly signedHeaders: readonly string[]
  readonly signature: string
  readonly signedAt: EpochMs
  /** `signedAt` as it is signed: `YYYYMMDDTHHMMSSZ`. */
  readonly amzDate: string
  readonly securityToken: string | undefined
}

/**
 * The claims in the `Authorization` header of a request.
 *
 * No message repeats the header or a part of it: people put secrets and bearer tokens there by
 * mistake. Source: AWS Signature Version 4, "Create a signed AWS API request"; recorded answers.
 *
 * @throws MissingAuthenticationTokenException without an `Authorization` header.
 * @throws IncompleteSignatureException when something is missing, malformed or there twice.
 * @throws UnrecognizedClientException when the access key id cannot be one.
 */
export function parseClaims(request: SignedRequest): Claims {
  const headers = findAuthenticationHeaders(request.rawHeaders)
  const { authorization } = headers
  if (authorization === undefined || authorization === '') {
    throw new KmsError('MissingAuthenticationTokenException', 'Missing Authentication Token')
  }
  if (hasQueryCredentials(request.target)) {
    throw incomplete('Credentials must be in the Authorization header or in the query string, not in both.')
  }
  const parameters = parseAuthorization(authorization)
  const { credential, signature, signedHeaders } = parameters
  const dateText = headers.amzDate ?? headers.date
  if (!credential || !signature || !signedHeaders || !dateText) {
    throw missingParts(authorization, parameters, dateText)
  }
  const signedAt = parseTimestamp(headers.amzDate, headers.date)
  const { accessKeyId, scope } = CREDENTIALS.get(credential, parseCredential)
  return {
    accessKeyId,
    scope,
    signedHeaders: SIGNED_HEADERS.get(signedHeaders, parseSignedHeaders),
    signature,
    signedAt,
    amzDate: headers.amzDate ?? formatAmzDate(signedAt),
    securityToken: headers.securityToken,
  }
}

/** A client sends the same credential scope and list of headers with nearly every request. */
const CREDENTIALS = new Remembered<Pick<Claims, 'accessKeyId' | 'scope'>>()
const SIGNED_HEADERS = new Remembered<readonly string[]>()

/** The members are undefined until seen. */
type AuthenticationHeaders = {
  authorization: string | undefined
  amzDate: string | undefined
  date: string | undefined
  host: string | undefined
  securityToken: string | undefined
}

const AUTHENTICATION_HEADERS: ReadonlyMap<string, keyof AuthenticationHeaders> = new Map([
  ['authorization', 'authorization'],
  ['x-amz-date', 'amzDate'],
  ['date', 'date'],
  ['host', 'host'],
  ['x-amz-security-token', 'securityToken'],
])

/** Which lengths the names above have: most headers are told apart by it alone. */
const NAME_LENGTHS: readonly boolean[] = Array.from({ length: 21 }, (_, length) =>
  AUTHENTICATION_HEADERS.keys().some((name) => name.length === length),
)

/** Two parsers that pick different ones of two headers disagree on what was signed: none may be there twice. */
function findAuthenticationHeaders(rawHeaders: readonly string[]): AuthenticationHeaders {
  const found: AuthenticationHeaders = {
    authorization: undefined,
    amzDate: undefined,
    date: undefined,
    host: undefined,
    securityToken: undefined,
  }
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? ''
    if (NAME_LENGTHS[name.length] !== true) continue
    const member = AUTHENTICATION_HEADERS.get(name.toLowerCase())
    if (member === undefined) continue
    if (found[member] !== undefined) throw incomplete(`The header '${name}' must be given once.`)
    found[member] = rawHeaders[index + 1] ?? ''
  }
  return found
}

function hasQueryCredentials(target: string): boolean {
  const start = target.indexOf('?')
  return start >= 0 && QUERY_CREDENTIALS.test(target.slice(start))
}

const QUERY_CREDENTIALS = /[?&]X-Amz-(?:Algorithm|Credential|Signature)=/i

type AuthorizationParameters = {
  credential: string | undefined
  signature: string | undefined
  signedHeaders: string | undefined
}

const PARAMETERS: ReadonlyMap<string, keyof AuthorizationParameters> = new Map([
  ['Credential', 'credential'],
  ['Signature', 'signature'],
  ['SignedHeaders', 'signedHeaders'],
])

/** Parameters of other names are passed over. */
function parseAuthorization(header: string): AuthorizationParameters {
  const found: AuthorizationParameters = {
    credential: undefined,
    signature: undefined,
    signedHeaders: undefined,
  }
  if (!header.startsWith(`${ALGORITHM} `)) {
    if (OTHER_ALGORITHM.test(header)) throw incomplete(`Unsupported AWS 'algorithm', only '${ALGORITHM}' is.`)
    return found
  }
  for (const part of header.slice(ALGORITHM.length + 1).split(',')) {
    const equals = part.indexOf('=')
    if (equals < 0) {
      throw incomplete(
        'Invalid key=value pair (missing equal-sign) in Authorization header ' +
          `(hashed with SHA-256 and encoded with Base64): '${headerHash(header)}'.`,
      )
    }
    const name = part.slice(0, equals).trim()
    const member = PARAMETERS.get(name)
    if (member === undefined) continue
    if (found[member] !== undefined) {
      throw incomplete(`Authorization header requires '${name}' parameter to be given once.`)
    }
    found[member] = part.slice(equals + 1).trim()
  }
  return found
}

/** Signature Version 4 with another algorithm. Version 2, Basic and Bearer lack every parameter instead. */
const OTHER_ALGORITHM = /^AWS4-/

function missingParts(
  authorization: string,
  parameters: AuthorizationParameters,
  dateText: string | undefined,
): KmsError {
  const sentences: string[] = []
  if (!parameters.credential) sentences.push("Authorization header requires 'Credential' parameter.")
  if (!parameters.signature) sentences.push("Authorization header requires 'Signature' parameter.")
  if (!parameters.signedHeaders) sentences.push("Authorization header requires 'SignedHeaders' parameter.")
  if (!dateText) {
    sentences.push("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
  }
  sentences.push(`(Hashed with SHA-256 and encoded with Base64) Authorization=${headerHash(authorization)}`)
  return incomplete(sentences.join(' '))
}

function headerHash(header: string): string {
  return toBase64(sha256(utf8(header)))
}

/** The `X-Amz-Date`; only without it the `Date`, in either form. */
function parseTimestamp(amzDate: string | undefined, date: string | undefined): EpochMs {
  const signedAt =
    amzDate === undefined ? (parseAmzDate(date ?? '') ?? parseHttpDate(date ?? '')) : parseAmzDate(amzDate)
  if (signedAt !== undefined) return signedAt
  throw incomplete("Date must be in ISO-8601 'basic format': YYYYMMDDTHHMMSSZ.")
}

function parseCredential(credential: string): Pick<Claims, 'accessKeyId' | 'scope'> {
  const elements = credential.split('/')
  const [accessKeyId = '', date = '', region = '', service = '', terminator = ''] = elements
  if (elements.length !== CREDENTIAL_ELEMENTS) {
    throw incomplete(
      'Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, ' +
        `got ${elements.length}.`,
    )
  }
  if (!isAccessKeyId(accessKeyId)) throw unrecognizedClient()
  return { accessKeyId, scope: { date, region, service, terminator } }
}

const CREDENTIAL_ELEMENTS = 5

/** 16 to 128 capitals and digits. Source: IAM API Reference, "AccessKey", and what AWS issues. */
function isAccessKeyId(text: string): boolean {
  if (text.length < 16 || text.length > 128) return false
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    const digit = code >= 0x30 && code <= 0x39
    const capital = code >= 0x41 && code <= 0x5a
    if (!digit && !capital) return false
  }
  return true
}

function parseSignedHeaders(text: string): readonly string[] {
  const names = text.split(';')
  if (names.length <= SIGNED_HEADERS_MAX) return names
  throw incomplete(`SignedHeaders must have at most ${SIGNED_HEADERS_MAX} names, got ${names.length}.`)
}

function incomplete(message: string): KmsError {
  return new KmsError('IncompleteSignatureException', message)
}

function unrecognizedClient(): KmsError {
  return new KmsError('UnrecognizedClientException', 'The security token included in the request is invalid.')
}
