import { hash } from 'node:crypto'
import { concatBytes, utf8 } from '../base/bytes.ts'
import { SM2_SPKI_HEAD } from './asymmetric-key.ts'

/** The curve: y² = x³ + ax + b over the field of p, and its base point G of order n. Source: GM/T 0003.5. */
export const SM2_CURVE = {
  p: 0xfffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffffn,
  n: 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n,
  h: 1n,
  a: 0xfffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffcn,
  b: 0x28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93n,
  Gx: 0x32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7n,
  Gy: 0xbc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0n,
} as const

/** The size of a coordinate and of a scalar. */
export const SM2_FIELD_BYTES = 32

/** SM3, 32 bytes. Source: GM/T 0004. */
export function sm3(...parts: readonly Uint8Array[]): Uint8Array {
  return hash('sm3', concatBytes(...parts), 'buffer')
}

/** The uncompressed point of a SubjectPublicKeyInfo: `04 ‖ x ‖ y`, 65 bytes. */
export function sm2Point(spki: Uint8Array): Uint8Array {
  // The head ends with the mark of an uncompressed point.
  return spki.subarray(SM2_SPKI_HEAD.length - 1)
}

/** The signer's name where none is agreed upon. Source: GM/T 0009, section 10; AWS KMS, "Key spec reference". */
const DISTINGUISHING_ID = '1234567812345678'

const NAMED_CURVE = preambleHead()

/**
 * What is hashed before a message: Z, the SM3 of name, curve and public key. Source: GM/T 0003.2, section 5.5.
 *
 * @param point from {@link sm2Point}.
 */
export function sm2Preamble(point: Uint8Array): Uint8Array {
  return sm3(NAMED_CURVE, point.subarray(1))
}

/** The size of the name in bits (2 bytes), the name, a, b, and the coordinates of G. */
function preambleHead(): Uint8Array {
  const { a, b, Gx, Gy } = SM2_CURVE
  const id = utf8(DISTINGUISHING_ID)
  const bits = Uint8Array.of((id.length * 8) >> 8, (id.length * 8) & 0xff)
  return concatBytes(bits, id, ...[a, b, Gx, Gy].map(fieldBytes))
}

function fieldBytes(value: bigint): Uint8Array {
  return Buffer.from(value.toString(16).padStart(SM2_FIELD_BYTES * 2, '0'), 'hex')
}
