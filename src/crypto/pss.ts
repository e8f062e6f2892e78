import { hash } from 'node:crypto'
import { concatBytes, equalConstantTime, uint32 } from '../base/bytes.ts'

/** A hash function with OpenSSL's name for it and the size of its digest in bytes. */
export type HashFacts = { readonly name: 'sha256' | 'sha384' | 'sha512' | 'sm3'; readonly bytes: number }

const TRAILER = 0xbc
const ZEROES = new Uint8Array(8)

/**
 * The encoded message of RSASSA-PSS for a given digest, as long as the modulus, whose size in bits is a multiple
 * of 8.
 *
 * OpenSSL has this encoding, but Node accepts only messages for it, not digests. Source: RFC 8017, section 9.1.1.
 *
 * @param salt as long as the digest.
 */
export function encodePss(
  hashFacts: HashFacts,
  digest: Uint8Array,
  salt: Uint8Array,
  sizeBytes: number,
): Uint8Array {
  const h = hash(hashFacts.name, concatBytes(ZEROES, digest, salt), 'buffer')
  const block = new Uint8Array(sizeBytes - h.length - 1)
  block[block.length - salt.length - 1] = 1
  block.set(salt, block.length - salt.length)
  mask(hashFacts, block, h)
  // The encoded message has one bit less than the modulus.
  block[0] = (block[0] ?? 0) & 0x7f
  return concatBytes(block, h, Uint8Array.of(TRAILER))
}

/**
 * Whether an encoded message matches the digest, with a salt as long as the digest: it must equal, byte for byte,
 * the result of {@link encodePss} for its own salt. Source: RFC 8017, section 9.1.2.
 */
export function isPssOf(hashFacts: HashFacts, digest: Uint8Array, encoded: Uint8Array): boolean {
  const end = encoded.length - hashFacts.bytes - 1
  const block = Uint8Array.from(encoded.subarray(0, end))
  mask(hashFacts, block, encoded.subarray(end, end + hashFacts.bytes))
  const salt = block.subarray(block.length - hashFacts.bytes)
  return equalConstantTime(encodePss(hashFacts, digest, salt, encoded.length), encoded)
}

/** Applies MGF1 of the seed to the block. Source: RFC 8017, appendix B.2.1. */
function mask(hashFacts: HashFacts, block: Uint8Array, seed: Uint8Array): void {
  for (let counter = 0, at = 0; at < block.length; counter += 1) {
    const piece = hash(hashFacts.name, concatBytes(seed, uint32(counter)), 'buffer')
    for (let index = 0; index < piece.length && at < block.length; index += 1, at += 1) {
      block[at] = (block[at] ?? 0) ^ (piece[index] ?? 0)
    }
  }
}
