import { lengthPrefixed, toHex } from '../base/bytes.ts'
import type { Random } from '../base/ports.ts'
import { Secret } from '../base/secret.ts'
import { hmacKey, hmacSha256 } from '../crypto/hmac.ts'
import type { DomainRef } from './domain.ts'
import { unwrapKey, type WrappedKey, wrapKey } from './wrapping.ts'

/** Size of the material of a symmetric encryption key. */
const SYMMETRIC_MATERIAL_BYTES = 32

/** Names one key material of one KMS key, without being able to use it. */
export type MaterialRef = DomainRef & {
  readonly keyId: string
  /** 64 hexadecimal digits. */
  readonly materialId: string
}

/** Fresh material for a symmetric encryption key. */
export function newMaterial(random: Random): Secret {
  return new Secret(random.bytes(SYMMETRIC_MATERIAL_BYTES))
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
  const { account, region, keyId, materialId } = ref
  return lengthPrefixed(
    'holdfast/1/material',
    account,
    region,
    keyId,
    materialId,
    'SYMMETRIC_DEFAULT',
    domainKeyId,
  )
}
