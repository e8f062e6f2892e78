import { KmsError } from '../../api/errors.ts'
import type { TextMap } from '../../api/shapes.ts'
import { compareBytes, utf8 } from '../../base/bytes.ts'

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
  let size = 0
  for (const [name, value] of context) size += Buffer.byteLength(name) + Buffer.byteLength(value)
  if (size > CONTEXT_MAX_BYTES) throw tooLarge(size)
  const bytes = Buffer.allocUnsafe(size + context.size * 2 * LENGTH_BYTES)
  let at = 0
  for (const name of sortedNames(context)) {
    at = writeText(bytes, name, at)
    at = writeText(bytes, context.get(name) ?? '', at)
  }
  return bytes
}

/** UTF-16 units sort like UTF-8 bytes, except surrogates against units above them. */
const ABOVE_BMP = /[\ud800-\uffff]/

/** The names in the order of their UTF-8 bytes: a large context takes about a millisecond. */
function sortedNames(context: TextMap): readonly string[] {
  const names = [...context.keys()]
  if (names.length === 1) return names
  if (!names.some((name) => ABOVE_BMP.test(name))) return names.sort()
  return names
    .map((name) => ({ name, bytes: utf8(name) }))
    .sort((one, other) => compareBytes(one.bytes, other.bytes))
    .map(({ name }) => name)
}

const LENGTH_BYTES = 4

/** Writes a length and a text; returns where they end. */
function writeText(bytes: Buffer, text: string, at: number): number {
  const size = bytes.write(text, at + LENGTH_BYTES)
  bytes.writeUInt32BE(size, at)
  return at + LENGTH_BYTES + size
}

function tooLarge(size: number): KmsError {
  const limit = `at most ${CONTEXT_MAX_BYTES} bytes in names and values together`
  return new KmsError('ValidationException', `EncryptionContext: ${limit}, got ${size}.`)
}
