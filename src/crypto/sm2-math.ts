import type { KeyObject } from 'node:crypto'
import { DER, weierstrass } from '@noble/curves/abstract/weierstrass.js'
import { assert } from '../base/assert.ts'
import { systemRandom } from '../base/ports.ts'
import { SM2_CURVE, SM2_FIELD_BYTES } from './sm2-facts.ts'

/** The curve, its points and its scalars. Scalars are blinded and points multiplied in constant steps. */
const Sm2Point = weierstrass(SM2_CURVE)
const { Fn } = Sm2Point

/** A private key as a number. */
export function sm2Scalar(handle: KeyObject): bigint {
  const pkcs8 = handle.export({ type: 'pkcs8', format: 'der' })
  try {
    assert(
      pkcs8.subarray(0, SM2_PKCS8_HEAD.length).equals(SM2_PKCS8_HEAD),
      'OpenSSL writes SM2 keys in one form',
    )
    return Fn.fromBytes(pkcs8.subarray(SM2_PKCS8_HEAD.length, SM2_PKCS8_HEAD.length + SM2_FIELD_BYTES))
  } finally {
    pkcs8.fill(0)
  }
}

/** PKCS #8 of an SM2 key up to its scalar, as OpenSSL writes it. Source: RFC 5208; RFC 5915. */
const SM2_PKCS8_HEAD = Buffer.from(
  '308187020100301306072a8648ce3d020106082a811ccf5501822d046d306b0201010420',
  'hex',
)

/**
 * A signature over a digest that already covers the preamble, DER.
 *
 * OpenSSL has it, but Node gives it messages only. Source: GM/T 0003.2, section 6.1.
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

/** Whether the DER is a signature of the digest. Source: GM/T 0003.2, section 7.1. */
export function verifySm2(point: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean {
  const parts = parseSignature(signature)
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

/** A scalar from 1 to n - 1, each as likely as any other. */
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

function parseSignature(signature: Uint8Array): { readonly r: bigint; readonly s: bigint } | undefined {
  try {
    return DER.toSig(signature)
  } catch {
    return undefined
  }
}
