import type { KeyObject } from 'node:crypto'
import { DER, weierstrass } from '@noble/curves/abstract/weierstrass.js'
import { concatBytes, equalConstantTime, uint32 } from '../base/bytes.ts'
import { systemRandom } from '../base/ports.ts'
import { SM2_CURVE, SM2_FIELD_BYTES, SM3_BYTES, sm2ScalarBytes, sm3 } from './sm2-facts.ts'

/** The curve, its points and its scalars. Scalars are blinded and points multiplied in constant steps. */
const Sm2Point = weierstrass(SM2_CURVE)
const { Fn } = Sm2Point

/** A private key as a number. @throws AssertionError unless it is from 1 to n - 1. */
export function sm2Scalar(handle: KeyObject): bigint {
  const scalar = sm2ScalarBytes(handle)
  try {
    return Fn.fromBytes(scalar)
  } finally {
    scalar.fill(0)
  }
}

/**
 * Signs a digest that includes the preamble; returns DER.
 *
 * OpenSSL has this signature, but Node accepts only messages for it, not digests. Source: GM/T 0003.2, section 6.1.
 */
export function signSm2(d: bigint, digest: Uint8Array): Uint8Array {
  const e = digestScalar(digest)
  for (;;) {
    const k = sm2RandomScalar()
    const r = Fn.add(e, Fn.create(Sm2Point.BASE.multiply(k).x))
    const s = Fn.mul(Fn.inv(Fn.add(1n, d)), Fn.sub(k, Fn.mul(r, d)))
    if (r !== 0n && Fn.add(r, k) !== 0n && s !== 0n) return Buffer.from(DER.hexFromSig({ r, s }), 'hex')
  }
}

/** Whether the DER is a valid signature of the digest. Source: GM/T 0003.2, section 7.1. */
export function verifySm2(point: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean {
  const parts = attempt(() => DER.toSig(signature))
  if (parts === undefined) return false
  const { r, s } = parts
  if (!Fn.isValidNot0(r) || !Fn.isValidNot0(s)) return false
  const t = Fn.add(r, s)
  if (t === 0n) return false
  const sum = Sm2Point.BASE.multiplyUnsafe(s).add(Sm2Point.fromBytes(point).multiplyUnsafe(t))
  return !sum.is0() && Fn.add(digestScalar(digest), Fn.create(sum.x)) === r
}

/** The x coordinate of the shared point, 32 bytes. Source: NIST SP 800-56A, section 5.7.1.2. */
export function agreeSm2(d: bigint, point: Uint8Array): Uint8Array {
  return Sm2Point.Fp.toBytes(Sm2Point.fromBytes(point).multiply(d).x)
}

/**
 * Encrypts to the raw form of a ciphertext: x ‖ y of an ephemeral point (32 bytes each), the hash (32), and as
 * many bytes as the plaintext has. Source: GM/T 0003.4, section 6.1.
 */
export function encryptSm2(point: Uint8Array, plaintext: Uint8Array): Uint8Array {
  const peer = Sm2Point.fromBytes(point)
  for (;;) {
    const k = sm2RandomScalar()
    const shared = coordinates(peer.multiply(k))
    const text = masked(shared, plaintext)
    if (text === undefined) continue
    const own = coordinates(Sm2Point.BASE.multiply(k))
    return concatBytes(own.x, own.y, sm3(shared.x, plaintext, shared.y), text)
  }
}

/** Decrypts the output of {@link encryptSm2}, or returns nothing. Source: GM/T 0003.4, section 7.1. */
export function decryptSm2(d: bigint, ciphertext: Uint8Array): Uint8Array | undefined {
  const hashAt = 2 * SM2_FIELD_BYTES
  const point = attempt(() => Sm2Point.fromBytes(concatBytes(UNCOMPRESSED, ciphertext.subarray(0, hashAt))))
  if (point === undefined) return undefined
  const shared = coordinates(point.multiply(d))
  const plaintext = masked(shared, ciphertext.subarray(hashAt + SM3_BYTES))
  if (plaintext === undefined) return undefined
  const expected = ciphertext.subarray(hashAt, hashAt + SM3_BYTES)
  if (equalConstantTime(sm3(shared.x, plaintext, shared.y), expected)) return plaintext
  plaintext.fill(0)
  return undefined
}

const UNCOMPRESSED = Uint8Array.of(4)

type Coordinates = { readonly x: Uint8Array; readonly y: Uint8Array }

function coordinates(point: { readonly x: bigint; readonly y: bigint }): Coordinates {
  return { x: Sm2Point.Fp.toBytes(point.x), y: Sm2Point.Fp.toBytes(point.y) }
}

/** The text XORed with the mask from a shared point, or nothing when the mask is all zero. */
function masked({ x, y }: Coordinates, text: Uint8Array): Uint8Array | undefined {
  const result = Uint8Array.from(text)
  let used = 0
  for (let counter = 1, at = 0; at < text.length; counter += 1) {
    // Source: GM/T 0003.4, section 5.4.3.
    for (const byte of sm3(x, y, uint32(counter)).subarray(0, text.length - at)) {
      result[at] = (result[at] ?? 0) ^ byte
      used |= byte
      at += 1
    }
  }
  return used === 0 ? undefined : result
}

/** A uniformly random scalar from 1 to n - 1. */
function sm2RandomScalar(): bigint {
  for (;;) {
    const bytes = systemRandom.bytes(SM2_FIELD_BYTES)
    const scalar = BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
    bytes.fill(0)
    if (Fn.isValidNot0(scalar)) return scalar
  }
}

function digestScalar(digest: Uint8Array): bigint {
  return Fn.create(BigInt(`0x${Buffer.from(digest).toString('hex')}`))
}

/** The result of `parse`, or nothing when it throws, as the library does for malformed input. */
function attempt<T>(parse: () => T): T | undefined {
  try {
    return parse()
  } catch {
    return undefined
  }
}
