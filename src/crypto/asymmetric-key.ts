import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { present } from '../base/assert.ts'
import { KEY_KINDS, type KeyKind, type PrivateSpec } from './private-spec.ts'

/** A private key that is ready for use; its bytes are OpenSSL's. */
export type PrivateKey = { readonly spec: PrivateSpec; readonly handle: KeyObject }

/** A public key that is ready for use. */
export type PublicKey = { readonly spec: PrivateSpec; readonly handle: KeyObject }

/**
 * A private key of the server's own, as PKCS #8 DER. OpenSSL copies the bytes: the caller still clears its own.
 *
 * @throws AssertionError when it is not of the spec.
 */
export function openPrivateKey(spec: PrivateSpec, pkcs8: Uint8Array): PrivateKey {
  return present(readPrivateKey(spec, pkcs8), `a private key of ${spec}`)
}

/**
 * A private key of unknown provenance, or nothing when it is not PKCS #8 of the spec with parameters by name, and
 * nothing else behind it.
 *
 * Says nothing about whether its numbers belong together.
 */
export function parsePrivateKey(spec: PrivateSpec, pkcs8: Uint8Array): PrivateKey | undefined {
  return withNothingBehind(pkcs8, (bytes) => readPrivateKey(spec, bytes))
}

function readPrivateKey(spec: PrivateSpec, pkcs8: Uint8Array): PrivateKey | undefined {
  try {
    const handle = createPrivateKey({
      key: Buffer.from(pkcs8.buffer, pkcs8.byteOffset, pkcs8.length),
      ...PKCS8,
    })
    return isOfSpec(spec, createPublicKey(handle)) ? { spec, handle } : undefined
  } catch {
    return undefined
  }
}

/**
 * A public key of the server's own, as SubjectPublicKeyInfo DER.
 *
 * @throws AssertionError when it is not of the spec.
 */
export function openPublicKey(spec: PrivateSpec, spki: Uint8Array): PublicKey {
  return present(readPublicKey(spec, spki), `a public key of ${spec}`)
}

/**
 * A public key of unknown provenance, or nothing when it is not one of the spec with parameters by name, and nothing
 * else behind it.
 */
export function parsePublicKey(spec: PrivateSpec, spki: Uint8Array): PublicKey | undefined {
  return withNothingBehind(spki, (bytes) => readPublicKey(spec, bytes))
}

/**
 * OpenSSL reads the first element and passes over whatever follows: bytes that are still a key without the last of
 * them have something behind it. So it is found in every form of length that BER has.
 */
function withNothingBehind<T>(bytes: Uint8Array, read: (bytes: Uint8Array) => T | undefined): T | undefined {
  const key = read(bytes)
  return key === undefined || read(bytes.subarray(0, -1)) !== undefined ? undefined : key
}

function readPublicKey(spec: PrivateSpec, spki: Uint8Array): PublicKey | undefined {
  try {
    const handle = createPublicKey({ key: Buffer.from(spki.buffer, spki.byteOffset, spki.length), ...SPKI })
    return isOfSpec(spec, handle) ? { spec, handle } : undefined
  } catch {
    return undefined
  }
}

/** The public half as SubjectPublicKeyInfo DER, points uncompressed. */
export function publicKeyOf({ spec, handle }: PrivateKey): Uint8Array {
  return encodePublicKey({ spec, handle: createPublicKey(handle) })
}

/** The public half, ready for use. */
export function publicHalf({ spec, handle }: PrivateKey): PublicKey {
  return { spec, handle: createPublicKey(handle) }
}

/** SubjectPublicKeyInfo DER, points uncompressed. */
export function encodePublicKey({ spec, handle }: PublicKey): Uint8Array {
  const kind = KEY_KINDS[spec]
  return kind.type === 'ec' && spec !== 'SM2' ? named(handle, kind.namedCurve) : handle.export(SPKI)
}

const PKCS8 = { type: 'pkcs8', format: 'der' } as const
const SPKI = { type: 'spki', format: 'der' } as const

function isOfSpec(spec: PrivateSpec, handle: KeyObject): boolean {
  const kind = KEY_KINDS[spec]
  // Node has no name for SM2 keys, so the encoding has to tell.
  if (spec === 'SM2') return isSm2(handle)
  if (handle.asymmetricKeyType !== kind.type) return false
  return isOfKind(kind, handle)
}

function isOfKind(kind: KeyKind, handle: KeyObject): boolean {
  const details = handle.asymmetricKeyDetails
  if (kind.type === 'rsa') return details?.modulusLength === kind.modulusLength
  if (kind.type !== 'ec') return true
  if (details?.namedCurve !== kind.namedCurve) return false
  // Written-out parameters of a known curve get its name, too, but are longer than any point.
  return handle.export(SPKI).length <= named(handle, kind.namedCurve).length
}

/** The key with its curve by name and its point uncompressed, however it came. */
function named(handle: KeyObject, namedCurve: string): Uint8Array {
  const point = handle.export({ format: 'raw-public', type: 'uncompressed' })
  const key = createPublicKey({ key: point, format: 'raw-public', asymmetricKeyType: 'ec', namedCurve })
  return key.export(SPKI)
}

/** SubjectPublicKeyInfo of an SM2 key up to its uncompressed point. Source: GM/T 0010; RFC 5480, section 2. */
export const SM2_SPKI_HEAD: Uint8Array = Buffer.from(
  '3059301306072a8648ce3d020106082a811ccf5501822d03420004',
  'hex',
)
const SM2_SPKI_BYTES = SM2_SPKI_HEAD.length + 64

function isSm2(handle: KeyObject): boolean {
  const spki = handle.export(SPKI)
  return spki.length === SM2_SPKI_BYTES && spki.subarray(0, SM2_SPKI_HEAD.length).equals(SM2_SPKI_HEAD)
}
