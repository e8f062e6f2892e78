import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto'

/** An HMAC key; OpenSSL holds its bytes, which JavaScript cannot read. */
export type HmacKey = {
  readonly handle: KeyObject
  /** Of a key that {@link paddedHmacKey} made. */
  readonly pads?: HmacPads
}

/** The two blocks of HMAC that depend on the key alone: the key with each of the constants of FIPS 198-1. */
type HmacPads = { readonly inner: Uint8Array; readonly outer: Uint8Array }

/** The block and the digest of SHA-256. Source: FIPS 180-4. */
const BLOCK_BYTES = 64
const DIGEST_BYTES = 32
/** Source: FIPS 198-1, section 3: `ipad` and `opad`. */
const INNER_PAD = 0x36
const OUTER_PAD = 0x5c
/** Longer messages go to OpenSSL's HMAC, which is as fast for them. */
const PADDED_MAX_BYTES = 4096
/** UTF-8 needs at most this many bytes for a UTF-16 unit. */
const BYTES_PER_CHAR = 3

/** Copies the bytes into OpenSSL; the caller still owns (and clears) its own. */
export function hmacKey(bytes: Uint8Array): HmacKey {
  return { handle: createSecretKey(bytes) }
}

/**
 * The same key, with which HMAC-SHA-256 of short messages takes half the time: see
 * docs/decisions/0064-hmac-by-two-hashes.md. JavaScript owns its pads, from which the key can be computed. So it is for
 * keys of signatures, of the audit log and of blinded ids, and not for key material.
 *
 * @param bytes at most one block: 64.
 */
export function paddedHmacKey(bytes: Uint8Array): HmacKey {
  if (bytes.length > BLOCK_BYTES) return hmacKey(bytes)
  const inner = new Uint8Array(BLOCK_BYTES).fill(INNER_PAD)
  const outer = new Uint8Array(BLOCK_BYTES).fill(OUTER_PAD)
  for (const [index, byte] of bytes.entries()) {
    inner[index] = INNER_PAD ^ byte
    outer[index] = OUTER_PAD ^ byte
  }
  return { handle: createSecretKey(bytes), pads: { inner, outer } }
}

/** HMAC-SHA-256 over the parts in order, 32 bytes. Source: FIPS 198-1, RFC 2104. */
export function hmacSha256(key: HmacKey, ...parts: readonly (Uint8Array | string)[]): Uint8Array {
  const [message, ...more] = parts
  if (key.pads !== undefined && message !== undefined && more.length === 0 && isShort(message)) {
    return paddedHmac(key.pads, message, 'buffer')
  }
  const mac = createHmac('sha256', key.handle)
  for (const part of parts) mac.update(part)
  return mac.digest()
}

/** The same as 64 lower-case hexadecimal digits. */
export function hmacSha256Hex(key: HmacKey, data: Uint8Array | string): string {
  if (key.pads !== undefined && isShort(data)) return paddedHmac(key.pads, data, 'hex')
  return createHmac('sha256', key.handle).update(data).digest('hex')
}

/** The same as text with one character for each byte. */
export function hmacSha256Chars(key: HmacKey, data: Uint8Array): string {
  if (key.pads !== undefined && isShort(data)) return paddedHmac(key.pads, data, 'latin1')
  return createHmac('sha256', key.handle).update(data).digest('latin1')
}

function isShort(message: Uint8Array | string): boolean {
  return message.length * (typeof message === 'string' ? BYTES_PER_CHAR : 1) <= PADDED_MAX_BYTES
}

/** Kept memory for the input of both hashes: making a buffer takes as long as hashing it. */
const inputs = {
  inner: Buffer.alloc(BLOCK_BYTES + PADDED_MAX_BYTES),
  outer: Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES),
}

function paddedHmac(pads: HmacPads, message: Uint8Array | string, form: 'buffer'): Uint8Array
function paddedHmac(pads: HmacPads, message: Uint8Array | string, form: 'hex' | 'latin1'): string
/** `H(outer ‖ H(inner ‖ message))`. */
function paddedHmac(
  pads: HmacPads,
  message: Uint8Array | string,
  form: 'buffer' | 'hex' | 'latin1',
): Uint8Array | string {
  const { inner, outer } = inputs
  inner.set(pads.inner)
  outer.set(pads.outer)
  const end = BLOCK_BYTES + write(message, inner)
  // Text with one character for each byte: Node makes no buffer for it.
  outer.write(hash('sha256', inner.subarray(0, end), 'latin1'), BLOCK_BYTES, 'latin1')
  const mac = form === 'buffer' ? hash('sha256', outer, 'buffer') : hash('sha256', outer, form)
  inner.fill(0, 0, end)
  outer.fill(0)
  return mac
}

/** Writes a message behind the pad; returns its size. */
function write(message: Uint8Array | string, into: Buffer): number {
  if (typeof message === 'string') return into.write(message, BLOCK_BYTES, 'utf8')
  into.set(message, BLOCK_BYTES)
  return message.length
}
