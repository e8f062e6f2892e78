import { createECDH, createPrivateKey } from 'node:crypto'
import { compareBytes } from '../base/bytes.ts'
import { encodePublicKey, type PrivateKey, publicHalf } from './asymmetric-key.ts'
import { KEY_KINDS } from './private-spec.ts'
import { sm2Pkcs8, sm2ScalarBytes } from './sm2-facts.ts'

const PKCS8 = { type: 'pkcs8', format: 'der' } as const

/**
 * PKCS #8 of an elliptic curve key with its uncompressed public point; nothing when the private number is outside
 * 1 to the curve's order minus 1, or when the included point belongs to another key.
 *
 * OpenSSL opens keys without either check. This takes milliseconds: it computes three points.
 */
export function normalizedCurve(key: PrivateKey): Uint8Array | undefined {
  const kind = KEY_KINDS[key.spec]
  if (kind.type !== 'ec') return undefined
  if (key.spec === 'SM2') return normalizedSm2(key)
  return withBytes(key.handle.export({ format: 'raw-private' }), (scalar) => {
    const { namedCurve } = kind
    const point = pointOf(scalar, namedCurve)
    const given = publicHalf(key).handle.export({ format: 'raw-public', type: 'uncompressed' })
    if (point === undefined || compareBytes(point, given) !== 0) return undefined
    const source = { key: scalar, format: 'raw-private', asymmetricKeyType: 'ec', namedCurve } as const
    return createPrivateKey(source).export(PKCS8)
  })
}

function normalizedSm2(key: PrivateKey): Uint8Array | undefined {
  return withBytes(sm2ScalarBytes(key.handle), (scalar) => {
    const point = pointOf(scalar, 'SM2')
    const spki = encodePublicKey(publicHalf(key))
    if (point === undefined || compareBytes(point, spki.subarray(-point.length)) !== 0) return undefined
    return sm2Pkcs8(scalar, point)
  })
}

/** The public point, uncompressed, or nothing when the number is out of range. */
function pointOf(scalar: Uint8Array, namedCurve: string): Uint8Array | undefined {
  const pair = createECDH(namedCurve)
  try {
    pair.setPrivateKey(scalar)
  } catch {
    return undefined
  }
  return pair.getPublicKey(null, 'uncompressed')
}

/** PKCS #8 of an Ed25519 key without its public key. */
export function normalizedEdwards(key: PrivateKey): Uint8Array {
  return withBytes(key.handle.export({ format: 'raw-private' }), (seed) => {
    const source = { key: seed, format: 'raw-private', asymmetricKeyType: 'ed25519' } as const
    return createPrivateKey(source).export(PKCS8)
  })
}

/** Runs `use` on a key's bytes and clears them. */
export function withBytes<T>(key: Uint8Array, use: (key: Uint8Array) => T): T {
  try {
    return use(key)
  } finally {
    key.fill(0)
  }
}
