import { hash, type KeyObject } from 'node:crypto'
import { assert } from '../base/assert.ts'
import { concatBytes, utf8 } from '../base/bytes.ts'
import { SM2_SPKI_HEAD } from './asymmetric-key.ts'

/** The curve: y² = x³ + ax + b over the field of p, and its base point G of order n. Source: GM/T 0003.5. */
export const SM2_CURVE: { readonly [N in 'p' | 'n' | 'h' | 'a' | 'b' | 'Gx' | 'Gy']: bigint } = {
  p: 0xfffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffffn,
  n: 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n,
  h: 1n,
  a: 0xfffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffcn,
  b: 0x28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93n,
  Gx: 0x32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7n,
  Gy: 0xbc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0n,
}

/** The size of a coordinate and of a scalar. */
export const SM2_FIELD_BYTES = 32

/** The size of a digest of {@link sm3}. */
export const SM3_BYTES = 32

/** SM3, 32 bytes. Source: GM/T 0004. */
export function sm3(...parts: readonly Uint8Array[]): Uint8Array {
  return hash('sm3', concatBytes(...parts), 'buffer')
}

/** The uncompressed point of a SubjectPublicKeyInfo: `04 ‖ x ‖ y`, 65 bytes. */
export function sm2Point(spki: Uint8Array): Uint8Array {
  // The head ends with the marker byte of an uncompressed point.
  return spki.subarray(SM2_SPKI_HEAD.length - 1)
}

/** The AlgorithmIdentifier of SM2 keys in PKCS #8, after the version. Source: GM/T 0010; RFC 5958. */
const PKCS8_ALGORITHM = Buffer.from('020100301306072a8648ce3d020106082a811ccf5501822d', 'hex')
/** The ECPrivateKey that follows, without the two lengths that depend on an included public key. Source: RFC 5915. */
const PKCS8_KEY = /^04..30..0201010420/

/**
 * The private number, 32 bytes, which the caller clears. Node has no name for SM2 keys, so the number is read
 * from the DER that OpenSSL writes.
 *
 * @throws AssertionError when OpenSSL writes something else.
 */
export function sm2ScalarBytes(handle: KeyObject): Uint8Array {
  const pkcs8 = handle.export({ type: 'pkcs8', format: 'der' })
  try {
    const at = pkcs8.indexOf(PKCS8_ALGORITHM) + PKCS8_ALGORITHM.length
    const known = at <= 4 + PKCS8_ALGORITHM.length && PKCS8_KEY.test(pkcs8.toString('hex', at, at + 9))
    assert(known, 'OpenSSL writes SM2 keys in one form')
    return Uint8Array.from(pkcs8.subarray(at + 9, at + 9 + SM2_FIELD_BYTES))
  } finally {
    pkcs8.fill(0)
  }
}

/** The bytes of PKCS #8 around an SM2 key's number and its point without the marker byte. Source: RFC 5958; RFC 5915. */
const PKCS8_PARTS = [
  Buffer.from('308187020100301306072a8648ce3d020106082a811ccf5501822d046d306b0201010420', 'hex'),
  Buffer.from('a144034200', 'hex'),
] as const

/** PKCS #8 of the private number and its uncompressed point, as OpenSSL writes it. */
export function sm2Pkcs8(scalar: Uint8Array, point: Uint8Array): Uint8Array {
  return concatBytes(PKCS8_PARTS[0], scalar, PKCS8_PARTS[1], point)
}

/** The default distinguishing identifier. Source: GM/T 0009, section 10; AWS KMS, "Key spec reference". */
const DISTINGUISHING_ID = '1234567812345678'

const NAMED_CURVE = preambleHead()

/**
 * Z, the SM3 of identifier, curve and public key, which is hashed before a message. Source: GM/T 0003.2, section 5.5.
 *
 * @param point from {@link sm2Point}.
 */
export function sm2Preamble(point: Uint8Array): Uint8Array {
  return sm3(NAMED_CURVE, point.subarray(1))
}

/** The identifier's size in bits (2 bytes), the identifier, a, b, and the coordinates of G. */
function preambleHead(): Uint8Array {
  const { a, b, Gx, Gy } = SM2_CURVE
  const id = utf8(DISTINGUISHING_ID)
  const bits = Uint8Array.of((id.length * 8) >> 8, (id.length * 8) & 0xff)
  return concatBytes(bits, id, ...[a, b, Gx, Gy].map(fieldBytes))
}

function fieldBytes(value: bigint): Uint8Array {
  return Buffer.from(value.toString(16).padStart(SM2_FIELD_BYTES * 2, '0'), 'hex')
}
