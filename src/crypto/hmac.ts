import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'

/** An HMAC key; OpenSSL holds its bytes, which JavaScript cannot read. */
export type HmacKey = { readonly handle: KeyObject }

/** Copies the bytes into OpenSSL; the caller still owns (and clears) its own. */
export function hmacKey(bytes: Uint8Array): HmacKey {
  return { handle: createSecretKey(bytes) }
}

/** HMAC-SHA-256 over the parts in order, 32 bytes. Source: FIPS 198-1, RFC 2104. */
export function hmacSha256(key: HmacKey, ...parts: readonly (Uint8Array | string)[]): Uint8Array {
  const mac = createHmac('sha256', key.handle)
  for (const part of parts) mac.update(part)
  return mac.digest()
}

/** The same as 64 lower-case hexadecimal digits. */
export function hmacSha256Hex(key: HmacKey, data: Uint8Array | string): string {
  return createHmac('sha256', key.handle).update(data).digest('hex')
}
