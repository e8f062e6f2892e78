import { KmsError } from '../api/errors.ts'
import type { TextMap } from '../api/shapes.ts'
import { compareBytes, utf8 } from '../base/bytes.ts'

/** Names and values of an encryption context together, in UTF-8 bytes. AWS documents no limit. */
export const CONTEXT_MAX_BYTES = 8192

const NO_BYTES = new Uint8Array(0)

/**
 * The bytes that bind a ciphertext to its context: for each pair, ordered by the UTF-8 bytes of
 * its name, a 4-byte big-endian length and the bytes of the name, then the same for the value.
 *
 * Two different contexts never give the same bytes; an empty context gives none.
 *
 * @throws ValidationException when the context is larger than {@link CONTEXT_MAX_BYTES}.
 */
export function contextBytes(context: TextMap | undefined): Uint8Array {
  if (context === undefined || context.size === 0) return NO_BYTES
  const pairs = [...context]
  let size = 0
  for (const [name, value] of pairs) size += Buffer.byteLength(name) + Buffer.byteLength(value)
  if (size > CONTEXT_MAX_BYTES) throw tooLarge(size)
  if (pairs.length > 1) pairs.sort(([a], [b]) => compareUtf8(a, b))
  const bytes = Buffer.allocUnsafe(size + pairs.length * 2 * LENGTH_BYTES)
  let at = 0
  for (const [name, value] of pairs) {
    at = writeText(bytes, name, at)
    at = writeText(bytes, value, at)
  }
  return bytes
}

/** UTF-16 units have the order of UTF-8 bytes, but for surrogates against what is above them. */
const ABOVE_BMP = /[\ud800-\uffff]/

function compareUtf8(a: string, b: string): number {
  if (ABOVE_BMP.test(a) || ABOVE_BMP.test(b)) return compareBytes(utf8(a), utf8(b))
  return a < b ? -1 : Number(a > b)
}

const LENGTH_BYTES = 4

/** Writes a length and a text; gives where they end. */
function writeText(bytes: Buffer, text: string, at: number): number {
  const size = bytes.write(text, at + LENGTH_BYTES)
  bytes.writeUInt32BE(size, at)
  return at + LENGTH_BYTES + size
}

function tooLarge(size: number): KmsError {
  const limit = `at most ${CONTEXT_MAX_BYTES} bytes in names and values together`
  return new KmsError('ValidationException', `EncryptionContext: ${limit}, got ${size}.`)
}
