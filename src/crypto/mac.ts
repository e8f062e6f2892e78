import { createHmac } from 'node:crypto'
import type { MacAlgorithm } from '../api/key-specs.ts'
import type { HmacKey } from './hmac.ts'

const HASHES: { readonly [A in MacAlgorithm]: string } = {
  HMAC_SHA_224: 'sha224',
  HMAC_SHA_256: 'sha256',
  HMAC_SHA_384: 'sha384',
  HMAC_SHA_512: 'sha512',
}

/** The size of a MAC in bytes: that of the digest. */
export const MAC_BYTES: { readonly [A in MacAlgorithm]: number } = {
  HMAC_SHA_224: 28,
  HMAC_SHA_256: 32,
  HMAC_SHA_384: 48,
  HMAC_SHA_512: 64,
}

/** The MAC of a message, not truncated. Source: RFC 2104; FIPS 198-1. */
export function mac(algorithm: MacAlgorithm, key: HmacKey, message: Uint8Array): Uint8Array {
  return createHmac(HASHES[algorithm], key.handle).update(message).digest()
}
