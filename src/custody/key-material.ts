import type { KeySpec } from '../api/key-specs.ts'
import { lengthPrefixed, toHex } from '../base/bytes.ts'
import type { Random } from '../base/ports.ts'
import type { Secret } from '../base/secret.ts'
import { hmacKey, hmacSha256 } from '../crypto/hmac.ts'
import type { AccountRegion } from './kek.ts'
import { unwrapKey, type WrappedKey, wrapKey } from './wrapping.ts'

/** Names a KMS key to custody. */
export type KeyRef = AccountRegion & { readonly keyId: string; readonly spec: KeySpec }

/** Names key material of one KMS key, without being able to use it. */
export type KeyMaterialRef = KeyRef & {
  /** 64 hexadecimal digits. */
  readonly materialId: string
}

/**
 * The id of key material, 64 hexadecimal digits: a PRF of the key material over the key id, so that the
 * same bytes in two keys have two ids and an id tells nothing of the bytes.
 */
export function keyMaterialIdOf(material: Secret, keyId: string): string {
  const label = lengthPrefixed('holdfast/1/material-id', keyId)
  return material.reveal((bytes) => toHex(hmacSha256(hmacKey(bytes), label)))
}

/** An open key-encryption key and its id. */
export type Kek = { readonly kek: Secret; readonly kekId: string }

/** Key material wrapped under a key-encryption key, bound to what it belongs to. */
export function wrapKeyMaterial(
  ref: KeyMaterialRef,
  material: Secret,
  { kek, kekId }: Kek,
  random: Random,
): WrappedKey {
  return { under: kekId, wrapped: wrapKey(kek, material, identity(ref, kekId), random) }
}

/** @throws KeyringError when it does not open at this place. */
export function unwrapKeyMaterial(ref: KeyMaterialRef, stored: WrappedKey, kek: Secret): Secret {
  return unwrapKey(kek, stored.wrapped, identity(ref, stored.under))
}

function identity(ref: KeyMaterialRef, kekId: string): Uint8Array {
  const { account, region, keyId, materialId, spec } = ref
  return lengthPrefixed('holdfast/1/material', account, region, keyId, materialId, spec, kekId)
}
