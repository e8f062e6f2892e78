import { createHash, hash } from 'node:crypto'

/** SHA-256 as 64 lower-case hexadecimal digits. Source: FIPS 180-4. */
export function sha256Hex(data: Uint8Array | string): string {
  return hash('sha256', data, 'hex')
}

/** SHA-256, 32 bytes. Source: FIPS 180-4. */
export function sha256(data: Uint8Array): Uint8Array {
  return hash('sha256', data, 'buffer')
}

/** The same as text with one character for each byte, for which Node makes no buffer. */
export function sha256Chars(data: Uint8Array): string {
  return hash('sha256', data, 'latin1')
}

/** SHA-256 over the parts in order. Source: FIPS 180-4. */
export function sha256Of(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = createHash('sha256')
  for (const part of parts) whole.update(part)
  return whole.digest()
}
