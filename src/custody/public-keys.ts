import type { KeySpec } from '../api/key-specs.ts'
import { parseBase64 } from '../base/bytes.ts'
import { openPublicKey, type PublicKey } from '../crypto/asymmetric-key.ts'
import { isPrivateSpec } from '../crypto/private-spec.ts'
import { KeyringError } from './wrapping.ts'

/** Open public keys kept in memory: a handle each, held by OpenSSL. */
const MAX_OPEN_PUBLIC_KEYS = 10_000

/** The public half of a key: its SubjectPublicKeyInfo as base64 of DER. */
export type PublicKeyRef = { readonly spec: KeySpec; readonly spki: string }

/** Public keys that are ready for use, least recently opened evicted first. */
export class PublicKeyCache {
  readonly #open = new Map<string, PublicKey>()

  /** @throws KeyringError when it is none. */
  get({ spec, spki }: PublicKeyRef): PublicKey {
    const known = this.#open.get(spki)
    if (known !== undefined) return known
    const der = parseBase64(spki)
    if (der === undefined || !isPrivateSpec(spec))
      throw new KeyringError('a stored public key cannot be read')
    const key = openPublicKey(spec, der)
    this.#open.set(spki, key)
    if (this.#open.size > MAX_OPEN_PUBLIC_KEYS) {
      const oldest = this.#open.keys().next().value
      if (oldest !== undefined) this.#open.delete(oldest)
    }
    return key
  }
}
