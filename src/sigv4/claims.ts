import { KmsError } from '../api/errors.ts'
import { toBase64, utf8 } from '../base/bytes.ts'
import type { EpochMs } from '../base/ports.ts'
import { sha256 } from '../crypto/hash.ts'
import { ALGORITHM, incomplete, parseScopedKey, parseSignedHeaders, type ScopedKey } from './credential.ts'
import { parseQuerySignature } from './query-signature.ts'
import type { SignedRequest } from './request.ts'
import { formatAmzDate, parseAmzDate, parseHttpDate } from './timestamp.ts'

/** What a request claims about its signature. Nothing of it is proven. */
export type Claims = ScopedKey & {
  /** As listed by the client. */
  readonly signedHeaders: readonly string[]
  readonly signature: string
  readonly signedAt: EpochMs
  /** `signedAt` in the signed form: `YYYYMMDDTHHMMSSZ`. */
  readonly amzDate: string
  readonly securityToken: string | undefined
  /** Whether the signature is in the query string, which it then does not cover. */
  readonly presigned: boolean
}

/** Claims of a request to S3. */
export type S3Claims = Claims & {
  /** Of a presigned request: how long it is valid. */
  readonly expiresSeconds: number | undefined
}

/**
 * The claims of a request to S3, where requests of every method may be presigned.
 *
 * @throws as {@link parseClaims}.
 */
export function parseS3Claims(request: SignedRequest): S3Claims {
  const { authorization, securityToken, amzDate } = findAuthenticationHeaders(request.rawHeaders)
  if (!hasQueryCredentials(request.target) || authorization !== undefined) {
    return { ...parseClaims(request), expiresSeconds: undefined }
  }
  if (securityToken !== undefined || amzDate !== undefined) throw inBoth()
  return { ...presignedClaims(request), expiresSeconds: parseQuerySignature(request.target).expiresSeconds }
}

/**
 * The claims in the `Authorization` header of a request, or in the query string of a presigned GET.
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
  const inQuery = hasQueryCredentials(request.target)
  if (inQuery && authorization === undefined && request.method === 'GET') {
    // Two readers could take different ones.
    if (headers.securityToken !== undefined || headers.amzDate !== undefined) throw inBoth()
    return presignedClaims(request)
  }
  if (authorization === undefined || authorization === '') {
    throw new KmsError('MissingAuthenticationTokenException', 'Missing Authentication Token')
  }
  if (inQuery) throw inBoth()
  const parameters = parseAuthorization(authorization)
  const { credential, signature, signedHeaders } = parameters
  const dateText = headers.amzDate ?? headers.date
  if (!credential || !signature || !signedHeaders || !dateText) {
    throw missingParts(authorization, parameters, dateText)
  }
  const signedAt = parseTimestamp(headers.amzDate, headers.date)
  return {
    ...parseScopedKey(credential),
    signedHeaders: parseSignedHeaders(signedHeaders),
    signature,
    signedAt,
    amzDate: headers.amzDate ?? formatAmzDate(signedAt),
    securityToken: headers.securityToken,
    presigned: false,
  }
}

function inBoth(): KmsError {
  return incomplete('Credentials must be in the headers or in the query string, not in both.')
}

function presignedClaims({ target }: SignedRequest): Claims {
  const { credential, signedHeaders, signature, amzDate, securityToken } = parseQuerySignature(target)
  return {
    ...parseScopedKey(credential),
    signedHeaders: parseSignedHeaders(signedHeaders),
    signature,
    signedAt: parseTimestamp(amzDate, undefined),
    amzDate,
    securityToken,
    presigned: true,
  }
}

/** A member is undefined until its header is found. */
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

/** The lengths of the names above: most headers are distinguished by their length alone. */
const NAME_LENGTHS: readonly boolean[] = Array.from({ length: 21 }, (_, length) =>
  AUTHENTICATION_HEADERS.keys().some((name) => name.length === length),
)

/**
 * Finds the headers of authentication. None may occur twice: two parsers that choose different ones would
 * disagree on what was signed.
 */
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

/** Parameters of other names are ignored. */
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
