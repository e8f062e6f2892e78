import { latin1, utf8 } from '../base/bytes.ts'
import { sha256Hex } from '../crypto/hash.ts'
import { ALGORITHM, type Scope } from './credential.ts'
import type { SignedRequest } from './request.ts'

/** The last element of every scope, and the last input of the signing key. */
export const TERMINATOR = 'aws4_request'

/** The headers that a signature covers: names in ascending order, each with its value. */
export type CanonicalHeaders = { readonly names: readonly string[]; readonly values: readonly string[] }

/**
 * The values of the named headers in canonical form, or nothing when the list does not cover the request. The
 * list must name `host` and every `x-amz-*` header. The request must have each named header, and the list its
 * lower-case name, once.
 *
 * If it did not cover `x-amz-target`, an attacker on the way could change the operation.
 */
export function collectHeaders(
  rawHeaders: readonly string[],
  listed: readonly string[],
): CanonicalHeaders | undefined {
  const names = ascending(listed) ? listed : listed.toSorted()
  if (!names.includes('host') || !(names === listed || ascending(names))) return undefined
  const values: (string | undefined)[] = new Array(names.length).fill(undefined)
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase()
    const position = names.indexOf(name)
    if (position < 0) {
      if (name.startsWith('x-amz-')) return undefined
      continue
    }
    const value = canonicalValue(rawHeaders[index + 1] ?? '')
    const earlier = values[position]
    values[position] = earlier === undefined ? value : `${earlier},${value}`
  }
  return complete(values) ? { names, values } : undefined
}

/**
 * The string to sign: algorithm, timestamp, scope, and the hash of the canonical request.
 *
 * Source: IAM User Guide, "Create a signed AWS API request".
 *
 * @param bodyHash SHA-256 of the body in hexadecimal.
 */
export function stringToSign(
  request: SignedRequest,
  headers: CanonicalHeaders,
  bodyHash: string,
  signed: { readonly scope: Scope; readonly amzDate: string },
): string {
  const text = canonicalRequest(request.method, canonicalTarget(request.target), headers, bodyHash)
  return `${ALGORITHM}\n${signed.amzDate}\n${scopeText(signed.scope)}\n${sha256Hex(latin1(text))}`
}

/** The scope as a string to sign has it. */
export function scopeText({ date, region, service }: Scope): string {
  return `${date}/${region}/${service}/${TERMINATOR}`
}

/** The same for a request to S3, whose path is encoded once. Source: IAM User Guide, "Create a signed AWS API request". */
export function s3StringToSign(
  request: SignedRequest,
  headers: CanonicalHeaders,
  bodyHash: string,
  signed: { readonly scope: Scope; readonly amzDate: string },
): string {
  const question = request.target.indexOf('?')
  const path = question < 0 ? request.target : request.target.slice(0, question)
  const query = question < 0 ? '' : canonicalQuery(request.target.slice(question + 1))
  const segments = path.split('/').map((segment) => percentEncode(percentDecode(segment)))
  const text = canonicalRequest(request.method, `${segments.join('/')}\n${query}`, headers, bodyHash)
  return `${ALGORITHM}\n${signed.amzDate}\n${scopeText(signed.scope)}\n${sha256Hex(latin1(text))}`
}

function canonicalRequest(
  method: string,
  target: string,
  { names, values }: CanonicalHeaders,
  bodyHash: string,
): string {
  let text = `${method}\n${target}\n`
  for (let index = 0; index < names.length; index += 1) text += `${names[index]}:${values[index]}\n`
  return `${text}\n${names.join(';')}\n${bodyHash}`
}

/** The canonical path and the canonical query, with a line feed between them. */
export function canonicalTarget(target: string): string {
  if (target === '/') return '/\n'
  const question = target.indexOf('?')
  if (question < 0) return `${canonicalPath(target)}\n`
  return `${canonicalPath(target.slice(0, question))}\n${canonicalQuery(target.slice(question + 1))}`
}

/** Without dot segments and empty segments, and with every segment encoded once more than it was sent. */
function canonicalPath(path: string): string {
  const segments: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue
    if (segment === '..') segments.pop()
    else segments.push(percentEncode(utf8(segment)))
  }
  if (segments.length === 0) return '/'
  return `/${segments.join('/')}${path.endsWith('/') ? '/' : ''}`
}

function canonicalQuery(query: string): string {
  const pairs: (readonly [name: string, value: string])[] = []
  for (const pair of query.split('&')) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = equals < 0 ? pair : pair.slice(0, equals)
    const value = equals < 0 ? '' : pair.slice(equals + 1)
    pairs.push([percentEncode(formDecode(name)), percentEncode(formDecode(value))])
  }
  pairs.sort(([nameA, valueA], [nameB, valueB]) => compareText(nameA, nameB) || compareText(valueA, valueB))
  return pairs.map(([name, value]) => `${name}=${value}`).join('&')
}

/** Encoded text is ASCII, so its order by UTF-16 units is its order by bytes. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

const PERCENT = 0x25
const PLUS = 0x2b
const SPACE = 0x20

/** Decodes percent-encoding and `+`; a percent sign that encodes nothing stands for itself. */
function formDecode(text: string): Uint8Array {
  return decode(text, SPACE)
}

/** Decodes percent-encoding in a path; a percent sign that encodes nothing stands for itself. */
export function percentDecode(text: string): Uint8Array {
  return decode(text, PLUS)
}

/** @param plus what a plus sign stands for. */
function decode(text: string, plus: number): Uint8Array {
  const bytes = utf8(text)
  let length = 0
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index] ?? 0
    const encoded = byte === PERCENT ? hexByte(bytes[index + 1], bytes[index + 2]) : undefined
    bytes[length] = encoded ?? (byte === PLUS ? plus : byte)
    length += 1
    if (encoded !== undefined) index += 2
  }
  return bytes.subarray(0, length)
}

function hexByte(high: number | undefined, low: number | undefined): number | undefined {
  const a = hexDigit(high)
  const b = hexDigit(low)
  return a === undefined || b === undefined ? undefined : a * 16 + b
}

function hexDigit(code: number | undefined): number | undefined {
  if (code === undefined) return undefined
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const letter = code | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : undefined
}

/** Encodes everything but letters, digits and `-._~` as `%XX`. Source: RFC 3986, section 2.3. */
function percentEncode(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += ENCODED_BYTES[byte]
  return text
}

const ENCODED_BYTES: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte)
  if (/[A-Za-z0-9._~-]/.test(character)) return character
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
})

/** Trimmed, with one space for each run of blanks. Nearly all values already are. */
function canonicalValue(value: string): string {
  const blankEnds = value.charCodeAt(0) === SPACE || value.charCodeAt(value.length - 1) === SPACE
  if (!blankEnds && !value.includes('  ') && !value.includes('\t')) return value
  return value.replace(/[ \t]+/g, ' ').replace(/^ | $/g, '')
}

function ascending(names: readonly string[]): boolean {
  for (let index = 1; index < names.length; index += 1) {
    if ((names[index - 1] ?? '') >= (names[index] ?? '')) return false
  }
  return true
}

function complete(values: readonly (string | undefined)[]): values is readonly string[] {
  return !values.includes(undefined)
}
