import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { present } from '../base/assert.ts'
import { KEY_KINDS, type KeyKind, type PrivateSpec } from './private-spec.ts'

/** A private key as OpenSSL's handle, which holds its bytes. */
export type PrivateKey = { readonly spec: PrivateSpec; readonly handle: KeyObject }

/** A public key as OpenSSL's handle. */
export type PublicKey = { readonly spec: PrivateSpec; readonly handle: KeyObject }

/**
 * Opens a private key from trusted PKCS #8 DER. OpenSSL copies the bytes: the caller still clears its own.
 *
 * @throws AssertionError when it is not of the spec.
 */
export function openPrivateKey(spec: PrivateSpec, pkcs8: Uint8Array): PrivateKey {
  return present(readPrivateKey(spec, pkcs8), `a private key of ${spec}`)
}

/**
 * Parses a private key from an untrusted source; nothing unless it is PKCS #8 of the spec with named parameters
 * and no trailing bytes.
 *
 * Does not check whether its numbers are consistent.
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
 * Opens a public key from trusted SubjectPublicKeyInfo DER.
 *
 * @throws AssertionError when it is not of the spec.
 */
export function openPublicKey(spec: PrivateSpec, spki: Uint8Array): PublicKey {
  return present(readPublicKey(spec, spki), `a public key of ${spec}`)
}

/**
 * Parses a public key from an untrusted source; nothing unless it is SubjectPublicKeyInfo of the spec with named
 * parameters and no trailing bytes.
 */
export function parsePublicKey(spec: PrivateSpec, spki: Uint8Array): PublicKey | undefined {
  return withNothingBehind(spki, (bytes) => readPublicKey(spec, bytes))
}

/**
 * Refuses trailing bytes. OpenSSL reads the first element and ignores what follows, so bytes that are still a key
 * without their last byte have a trailing one. This works for every BER form of a length.
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

/** The public key of a private key as SubjectPublicKeyInfo DER, points uncompressed. */
export function publicKeyOf({ spec, handle }: PrivateKey): Uint8Array {
  return encodePublicKey({ spec, handle: createPublicKey(handle) })
}

/** The public key of a private key. */
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
  // Node has no name for SM2 keys, so only their encoding identifies them.
  if (spec === 'SM2') return isSm2(handle)
  if (handle.asymmetricKeyType !== kind.type) return false
  return isOfKind(kind, handle)
}

function isOfKind(kind: KeyKind, handle: KeyObject): boolean {
  const details = handle.asymmetricKeyDetails
  if (kind.type === 'rsa') return details?.modulusLength === kind.modulusLength
  if (kind.type !== 'ec') return true
  if (details?.namedCurve !== kind.namedCurve) return false
  // OpenSSL also names explicit parameters of a known curve, but their encoding is longer than any with a name.
  return handle.export(SPKI).length <= named(handle, kind.namedCurve).length
}

/** The key with a named curve and an uncompressed point, whatever its original encoding. */
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
