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
  const pairs: [Uint8Array, Uint8Array][] = []
  let size = 0
  for (const [name, value] of context) {
    const pair: [Uint8Array, Uint8Array] = [utf8(name), utf8(value)]
    size += pair[0].length + pair[1].length
    pairs.push(pair)
  }
  if (size > CONTEXT_MAX_BYTES) throw tooLarge(size)
  if (pairs.length > 1) pairs.sort(([a], [b]) => compareBytes(a, b))
  const bytes = Buffer.allocUnsafe(size + pairs.length * 8)
  let at = 0
  for (const part of pairs.flat()) {
    at = bytes.writeUInt32BE(part.length, at)
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

function tooLarge(size: number): KmsError {
  const limit = `at most ${CONTEXT_MAX_BYTES} bytes in names and values together`
  return new KmsError('ValidationException', `EncryptionContext: ${limit}, got ${size}.`)
}
