import { hash } from 'node:crypto'

/** SHA-256 as 64 lower-case hexadecimal digits. Source: FIPS 180-4. */
export function sha256Hex(data: Uint8Array | string): string {
  return hash('sha256', data, 'hex')
}

/** SHA-256, 32 bytes. Source: FIPS 180-4. */
export function sha256(data: Uint8Array): Uint8Array {
  return hash('sha256', data, 'buffer')
}
