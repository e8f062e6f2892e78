import { hkdfSync } from 'node:crypto'
import { concatBytes, uint32, utf8 } from '../base/bytes.ts'
import { Secret } from '../base/secret.ts'
import { type HmacKey, hmacSha256 } from './hmac.ts'

/** Size of every symmetric key that Holdfast derives. */
export const DERIVED_KEY_BYTES = 32

/**
 * A 256-bit key for one purpose from a secret of full entropy: HKDF-SHA-256 without salt.
 *
 * @param info names the purpose; different texts give independent keys. Source: RFC 5869.
 */
export function deriveKey(secret: Secret, info: string): Secret {
  return secret.reveal((bytes) => {
    const derived = hkdfSync('sha256', bytes, new Uint8Array(0), utf8(info), DERIVED_KEY_BYTES)
    return new Secret(new Uint8Array(derived))
  })
}

const SEPARATOR = Uint8Array.of(0)
const FIRST_BLOCK = uint32(1)
const OUTPUT_BITS = uint32(DERIVED_KEY_BYTES * 8)

/** The fixed input of {@link deriveByCounter} before the context: `[1]₄ ‖ label ‖ 0x00`. */
export function counterLabel(label: string): Uint8Array {
  return concatBytes(FIRST_BLOCK, utf8(label), SEPARATOR)
}

/**
 * Derives a 256-bit key with the counter-mode KDF and HMAC-SHA-256: one block,
 * `HMAC(key, [1]₄ ‖ label ‖ 0x00 ‖ context ‖ [256]₄)`.
 *
 * @param label from {@link counterLabel}. Source: NIST SP 800-108r1, section 4.1.
 */
export function deriveByCounter(key: HmacKey, label: Uint8Array, context: Uint8Array): Secret {
  const input = Buffer.allocUnsafe(label.length + context.length + OUTPUT_BITS.length)
  input.set(label)
  input.set(context, label.length)
  input.set(OUTPUT_BITS, label.length + context.length)
  return new Secret(hmacSha256(key, input))
}
