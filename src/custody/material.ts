import type { KeySpec } from '../api/key-specs.ts'
import { lengthPrefixed, toHex } from '../base/bytes.ts'
import type { Random } from '../base/ports.ts'
import type { Secret } from '../base/secret.ts'
import { hmacKey, hmacSha256 } from '../crypto/hmac.ts'
import type { DomainRef } from './domain.ts'
import { unwrapKey, type WrappedKey, wrapKey } from './wrapping.ts'

/** Names a KMS key to custody. */
export type KeyRef = DomainRef & { readonly keyId: string; readonly spec: KeySpec }

/** Names one key material of one KMS key, without being able to use it. */
export type MaterialRef = KeyRef & {
  /** 64 hexadecimal digits. */
  readonly materialId: string
}

/**
 * The id of a material, 64 hexadecimal digits: a PRF of the material over the key id, so that the
 * same bytes in two keys have two ids and an id tells nothing of the bytes.
 */
export function materialIdOf(material: Secret, keyId: string): string {
  const label = lengthPrefixed('holdfast/1/material-id', keyId)
  return material.reveal((bytes) => toHex(hmacSha256(hmacKey(bytes), label)))
}

/** An open domain key and its id. */
export type DomainKey = { readonly domainKey: Secret; readonly domainKeyId: string }

/** A material wrapped under a domain key, bound to what it belongs to. */
export function wrapMaterial(
  ref: MaterialRef,
  material: Secret,
  { domainKey, domainKeyId }: DomainKey,
  random: Random,
): WrappedKey {
  return { under: domainKeyId, wrapped: wrapKey(domainKey, material, identity(ref, domainKeyId), random) }
}

/** @throws KeyringError when it does not open at this place. */
export function unwrapMaterial(ref: MaterialRef, stored: WrappedKey, domainKey: Secret): Secret {
  return unwrapKey(domainKey, stored.wrapped, identity(ref, stored.under))
}

function identity(ref: MaterialRef, domainKeyId: string): Uint8Array {
  const { account, region, keyId, materialId, spec } = ref
  return lengthPrefixed('holdfast/1/material', account, region, keyId, materialId, spec, domainKeyId)
}
