import { timingSafeEqual } from 'node:crypto'

/** The UTF-8 bytes of a text. */
export function utf8(text: string): Uint8Array {
  return Buffer.from(text, 'utf8')
}

/** The bytes of a text with one character for each. */
export function latin1(text: string): Uint8Array {
  return Buffer.from(text, 'latin1')
}

/** The text of bytes that are valid UTF-8. */
export function fromUtf8(bytes: Uint8Array): string {
  return asBuffer(bytes).toString('utf8')
}

/** One character for each byte, whatever its text: for comparing. */
export function charsOf(
  bytes: Uint8Array,
  { begin, end }: { readonly begin: number; readonly end: number },
): string {
  return asBuffer(bytes).toString('latin1', begin, end)
}

/** The first place, from a place on, where the bytes occur; -1 for none. */
export function indexOfBytes(bytes: Uint8Array, wanted: Uint8Array, from: number): number {
  return asBuffer(bytes).indexOf(wanted, from)
}

/**
 * The same bytes in memory of their own: a part of a buffer is copied. Node keeps short ones beside others.
 */
export function aloneInMemory(bytes: Uint8Array): Uint8Array {
  return bytes.length === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes)
}

/**
 * Returns memory that these bytes have alone to the process at once, long before a garbage collection would: what is
 * allocated next is then in the processor's cache. Nobody may use the bytes afterwards.
 */
export function freeMemory(bytes: Uint8Array): void {
  const { buffer } = bytes
  if (buffer instanceof ArrayBuffer && buffer.byteLength === bytes.length) buffer.transfer(0)
}

/** Standard base64, padded. */
export function toBase64(bytes: Uint8Array): string {
  return asBuffer(bytes).toString('base64')
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

/** The bytes of standard, padded base64, or nothing for any other text. */
export function parseBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0 || !BASE64.test(text)) return undefined
  return Buffer.from(text, 'base64')
}

/** Lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  return asBuffer(bytes).toString('hex')
}

const HEX = /^[0-9a-f]*$/

/** The bytes of lower-case hexadecimal of even length, or nothing for any other text. */
export function parseHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !HEX.test(text)) return undefined
  return Buffer.from(text, 'hex')
}

/** All bytes in one array. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts)
}

/** A 4-byte big-endian unsigned integer. */
export function uint32(value: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/**
 * The fields joined so that two different lists never give the same bytes: each is a 4-byte big-endian length
 * and then its bytes.
 */
export function lengthPrefixed(...fields: readonly (Uint8Array | string)[]): Uint8Array {
  let size = LENGTH_BYTES * fields.length
  for (const field of fields) size += typeof field === 'string' ? Buffer.byteLength(field) : field.length
  const joined = Buffer.allocUnsafe(size)
  let at = 0
  for (const field of fields) {
    const begin = at + LENGTH_BYTES
    const length = typeof field === 'string' ? joined.write(field, begin) : field.length
    if (typeof field !== 'string') joined.set(field, begin)
    at = joined.writeUInt32BE(length, at) + length
  }
  return joined
}

/** Bytes of a field's length. */
const LENGTH_BYTES = 4

/** Whether two byte strings are equal, in a time that depends only on their lengths. */
export function equalConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}

/** The longest text of {@link equalTextConstantTime}. */
const COMPARED_MAX_CHARS = 128
const compared = [Buffer.alloc(COMPARED_MAX_CHARS), Buffer.alloc(COMPARED_MAX_CHARS)] as const

/**
 * Whether a text equals an expected one, which is ASCII and no longer than 128 characters, in a time that depends only on
 * their lengths.
 */
export function equalTextConstantTime(text: string, expected: string): boolean {
  if (text.length !== expected.length || expected.length > COMPARED_MAX_CHARS) return false
  const [one, other] = compared
  // Of a text that is not ASCII, the last characters do not fit; the first that is not has another byte.
  one.write(text, 0, expected.length, 'utf8')
  other.write(expected, 0, expected.length, 'latin1')
  const isEqual = timingSafeEqual(one, other)
  one.fill(0, 0, expected.length)
  other.fill(0, 0, expected.length)
  return isEqual
}

/** Orders byte strings as unsigned bytes, shorter first on a common prefix. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b)
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
