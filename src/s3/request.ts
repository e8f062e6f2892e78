import { fromUtf8 } from '../base/bytes.ts'
import type { StreamedRequest } from '../http/streaming-server.ts'
import { percentDecode } from '../sigv4/canonical.ts'
import type { PostForm } from './post-form.ts'
import { S3Error } from './s3-error.ts'

/** A request to S3, as far as its head says. */
export type S3Request = {
  readonly wire: StreamedRequest
  readonly method: string
  /** Nothing for a request to the service itself. */
  readonly bucket: string | undefined
  /** Nothing for a request to a bucket. */
  readonly key: string | undefined
  readonly query: ReadonlyMap<string, string>
  /** By lower-case name. Of a presigned request, also the `x-amz-*` parameters of the query. */
  readonly headers: ReadonlyMap<string, string>
  /** The form of a POST, whose key and headers are fields of it. */
  readonly form?: FormUpload | undefined
}

/** A form, and the end of its reading. */
type FormUpload = PostForm & { readonly cancel: () => void }

/** Bytes of a key. Source: Amazon S3 User Guide, "Naming Amazon S3 objects". */
const KEY_MAX_BYTES = 1024
/** Parameters of one request; the longest has about 25. */
const PARAMETERS_MAX = 100

/** Headers that may be in the query of a presigned request are all but those of the signature itself. */
const OF_SIGNATURE = /^x-amz-(?:algorithm|credential|date|expires|security-token|signature|signedheaders)$/

/** What an answer can repeat as a header. */
const HEADER_NAME = /^[a-z0-9!#$%&'*+.^_`|~-]+$/
const HEADER_VALUE = /^[\t\x20-\x7e]*$/

/** Whether an answer can repeat this as a header. */
export function isHeader(name: string, value: string): boolean {
  return HEADER_NAME.test(name) && HEADER_VALUE.test(value)
}

/**
 * Reads the target and the headers of a request.
 *
 * @param domain the domain below which a host names a bucket, if there is one.
 * @throws S3Error InvalidURI, KeyTooLongError, InvalidRequest.
 */
export function parseS3Request(wire: StreamedRequest, domain: string | undefined): S3Request {
  const question = wire.target.indexOf('?')
  const path = question < 0 ? wire.target : wire.target.slice(0, question)
  const query = parseQuery(question < 0 ? '' : wire.target.slice(question + 1))
  const headers = parseHeaders(wire.rawHeaders)
  if (query.has('X-Amz-Signature')) addFromQuery(headers, query)
  if (!path.startsWith('/')) throw invalidUri()
  const { bucket, key } = namesOf(path, bucketOfHost(headers.get('host') ?? '', domain))
  if (key !== undefined) checkKeyLength(key)
  return { wire, method: wire.method, bucket, key, query, headers }
}

/** @throws S3Error KeyTooLongError. */
export function checkKeyLength(key: string): void {
  const size = Buffer.byteLength(key)
  if (size <= KEY_MAX_BYTES) return
  throw new S3Error('KeyTooLongError', 'Your key is too long', {
    elements: { Size: String(size), MaxSizeAllowed: String(KEY_MAX_BYTES) },
  })
}

/** Takes the parameters of a presigned request that stand for headers. @throws S3Error InvalidArgument. */
function addFromQuery(headers: Map<string, string>, query: ReadonlyMap<string, string>): void {
  for (const [name, value] of query) {
    const lower = name.toLowerCase()
    if (!lower.startsWith('x-amz-') || OF_SIGNATURE.test(lower) || headers.has(lower)) continue
    if (!isHeader(lower, value)) {
      throw new S3Error('InvalidArgument', `The parameter ${name} cannot be a header.`)
    }
    headers.set(lower, value)
  }
}

type Names = { readonly bucket: string | undefined; readonly key: string | undefined }

/** A key is everything after the bucket, whatever it looks like: `..` is no parent. */
function namesOf(path: string, hostBucket: string | undefined): Names {
  const rest = path.slice(1)
  if (hostBucket !== undefined) return { bucket: hostBucket, key: rest === '' ? undefined : decodePath(rest) }
  if (rest === '') return { bucket: undefined, key: undefined }
  const slash = rest.indexOf('/')
  if (slash < 0) return { bucket: decodePath(rest), key: undefined }
  const key = rest.slice(slash + 1)
  return { bucket: decodePath(rest.slice(0, slash)), key: key === '' ? undefined : decodePath(key) }
}

function bucketOfHost(host: string, domain: string | undefined): string | undefined {
  if (domain === undefined) return undefined
  const name = host.replace(/:\d+$/, '').toLowerCase()
  return name.endsWith(`.${domain}`) ? name.slice(0, -domain.length - 1) : undefined
}

function decodePath(text: string): string {
  return decodeUtf8(percentDecode(text))
}

/** Two texts that are not UTF-8 could become one key. */
function decodeUtf8(bytes: Uint8Array): string {
  const text = fromUtf8(bytes)
  if (Buffer.compare(Buffer.from(text, 'utf8'), bytes) !== 0 || text.includes('\0')) throw invalidUri()
  return text
}

function invalidUri(): S3Error {
  return new S3Error('InvalidURI', "Couldn't parse the specified URI.")
}

function parseQuery(text: string): Map<string, string> {
  const query = new Map<string, string>()
  for (const pair of text.split('&')) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = decodePath((equals < 0 ? pair : pair.slice(0, equals)).replaceAll('+', ' '))
    const value = equals < 0 ? '' : decodePath(pair.slice(equals + 1).replaceAll('+', ' '))
    // Two readers could take different ones.
    if (query.has(name)) throw new S3Error('InvalidArgument', `The parameter ${name} must be given once.`)
    query.set(name, value)
    if (query.size > PARAMETERS_MAX) throw invalidUri()
  }
  return query
}

/** Headers that may be there several times: their values are one list. */
const LISTS = new Set([
  'if-match',
  'if-none-match',
  'cookie',
  'accept',
  'accept-encoding',
  'via',
  'connection',
])

function parseHeaders(rawHeaders: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>()
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase()
    const value = rawHeaders[index + 1] ?? ''
    const before = headers.get(name)
    if (before !== undefined && !LISTS.has(name) && !name.startsWith('x-amz-meta-')) {
      throw new S3Error('InvalidRequest', `The header ${name} must be given once.`)
    }
    headers.set(name, before === undefined ? value : `${before},${value}`)
  }
  return headers
}
