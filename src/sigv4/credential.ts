import { KmsError } from '../api/errors.ts'
import { ParseCache } from './parse-cache.ts'

/** The only accepted algorithm. */
export const ALGORITHM = 'AWS4-HMAC-SHA256'

/** Names in one `SignedHeaders` list; SDKs send about 15. Bounds the work of matching them. */
export const SIGNED_HEADERS_MAX = 100

/** The scope for which a signature is valid. */
export type Scope = {
  /** `YYYYMMDD` */
  readonly date: string
  readonly region: string
  readonly service: string
}

/** An access key and its scope, as a request claims them. */
export type ScopedKey = {
  /** 16 to 128 capital letters and digits: safe to look up and to record. */
  readonly accessKeyId: string
  readonly scope: Scope & { readonly terminator: string }
}

/** A client sends the same credential scope and list of headers with nearly every request. */
const CREDENTIALS = new ParseCache<ScopedKey>()
const SIGNED_HEADERS = new ParseCache<readonly string[]>()

/** The `Credential` of a signature. @throws IncompleteSignatureException, UnrecognizedClientException. */
export function parseScopedKey(credential: string): ScopedKey {
  return CREDENTIALS.get(credential, readScopedKey)
}

/** The names of a `SignedHeaders`, as listed. @throws IncompleteSignatureException for too many. */
export function parseSignedHeaders(text: string): readonly string[] {
  return SIGNED_HEADERS.get(text, readSignedHeaders)
}

/** The error for a signature that is incomplete or malformed. */
export function incomplete(message: string): KmsError {
  return new KmsError('IncompleteSignatureException', message)
}

function readScopedKey(credential: string): ScopedKey {
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

function readSignedHeaders(text: string): readonly string[] {
  const names = text.split(';')
  if (names.length <= SIGNED_HEADERS_MAX) return names
  throw incomplete(`SignedHeaders must have at most ${SIGNED_HEADERS_MAX} names, got ${names.length}.`)
}

function unrecognizedClient(): KmsError {
  return new KmsError('UnrecognizedClientException', 'The security token included in the request is invalid.')
}
