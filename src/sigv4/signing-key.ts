import { utf8 } from '../base/bytes.ts'
import { type HmacKey, hmacKey, hmacSha256, paddedHmacKey } from '../crypto/hmac.ts'
import { TERMINATOR } from './canonical.ts'
import type { Scope } from './credential.ts'

/** Signing keys cached for one credential: a client needs one per region, service and day. */
export const SIGNING_KEYS_PER_CREDENTIAL = 16

/**
 * The key for one day, region and service: a chain of HMACs that begins with the secret.
 *
 * Source: IAM User Guide, "Create a signed AWS API request", "Calculate the signature".
 */
export function deriveSigningKey(secretAccessKey: string, scope: Scope): HmacKey {
  let bytes = utf8(`AWS4${secretAccessKey}`)
  for (const part of [scope.date, scope.region, scope.service, TERMINATOR]) {
    const next = hmacSha256(hmacKey(bytes), part)
    bytes.fill(0)
    bytes = next
  }
  const key = paddedHmacKey(bytes)
  bytes.fill(0)
  return key
}

/** A holder of a secret access key. Its identity stands for the secret, which never changes. */
type SecretHolder = { readonly secretAccessKey: string }

/**
 * Derived signing keys, cached as long as the credential object that they come from.
 *
 * A replaced secret is another object, so no old key can be found for it. A client that names invented
 * regions can displace only the keys of the access key that it names.
 */
export class SigningKeys {
  readonly #keys = new WeakMap<SecretHolder, Map<string, HmacKey>>()

  /** The signing key of a credential for the scope that a request claims. */
  get(credential: SecretHolder, claims: { readonly scope: Scope }): HmacKey {
    const { date, region, service } = claims.scope
    // No part that has passed the scope check contains a slash, so two scopes never have one name.
    const name = `${date}/${region}/${service}`
    let keys = this.#keys.get(credential)
    if (keys === undefined) {
      keys = new Map()
      this.#keys.set(credential, keys)
    }
    const known = keys.get(name)
    if (known !== undefined) return known
    const key = deriveSigningKey(credential.secretAccessKey, claims.scope)
    if (keys.size >= SIGNING_KEYS_PER_CREDENTIAL) removeOldest(keys)
    keys.set(name, key)
    return key
  }
}

function removeOldest(keys: Map<string, HmacKey>): void {
  for (const name of keys.keys()) {
    keys.delete(name)
    return
  }
}
