import { lengthPrefixed } from '../base/bytes.ts'
import type { Random } from '../base/ports.ts'
import { Secret } from '../base/secret.ts'
import { DERIVED_KEY_BYTES } from '../crypto/kdf.ts'
import { KeyringError, unwrapKey, type WrappedKey, wrapKey } from './wrapping.ts'

/** One account in one region. */
export type AccountRegion = { readonly account: string; readonly region: string }

/** Finds a wrapped key-encryption key; nothing when there is none. */
export type FindKek = (ref: AccountRegion, kekId: string) => Promise<WrappedKey | undefined>

/** The key that wraps key-encryption keys. */
const ROOT = 'root'

/** Open key-encryption keys kept in memory; each is 32 bytes. */
const MAX_OPEN_KEKS = 1000

/** Key-encryption keys: each seals the key material of one account and region, and is sealed by the root key. */
export class KeyEncryptionKeys {
  readonly #wrappingKey: Secret
  readonly #find: FindKek
  readonly #random: Random
  readonly #open = new Map<string, Secret>()

  constructor(wrappingKey: Secret, find: FindKek, random: Random) {
    this.#wrappingKey = wrappingKey
    this.#find = find
    this.#random = random
  }

  /** A new key-encryption key, wrapped; not yet stored. */
  create(ref: AccountRegion, kekId: string): WrappedKey {
    using key = new Secret(this.#random.bytes(DERIVED_KEY_BYTES))
    return { under: ROOT, wrapped: wrapKey(this.#wrappingKey, key, identity(ref, kekId), this.#random) }
  }

  /** @throws KeyringError when there is no such key-encryption key or it does not open. */
  async find(ref: AccountRegion, kekId: string): Promise<Secret> {
    const key = await this.findIfThere(ref, kekId)
    if (key === undefined) throw new KeyringError(`the key-encryption key ${kekId} is missing`)
    return key
  }

  /** The same for an id from outside. @throws KeyringError when it does not open. */
  async findIfThere(ref: AccountRegion, kekId: string): Promise<Secret | undefined> {
    const place = `${ref.account}/${ref.region}/${kekId}`
    const known = this.#open.get(place)
    if (known !== undefined) return known
    const stored = await this.#find(ref, kekId)
    if (stored === undefined) return undefined
    const key = unwrapKey(this.#wrappingKey, stored.wrapped, identity(ref, kekId))
    this.#remember(place, key)
    return key
  }

  [Symbol.dispose](): void {
    for (const key of this.#open.values()) key[Symbol.dispose]()
    this.#open.clear()
    this.#wrappingKey[Symbol.dispose]()
  }

  /**
   * An evicted key is left to the garbage collector: another call may still be using it, and
   * zeroing it under that call would be worse than a copy that lingers.
   */
  #remember(place: string, key: Secret): void {
    this.#open.set(place, key)
    if (this.#open.size <= MAX_OPEN_KEKS) return
    const oldest = this.#open.keys().next().value
    if (oldest !== undefined) this.#open.delete(oldest)
  }
}

function identity(ref: AccountRegion, kekId: string): Uint8Array {
  return lengthPrefixed('holdfast/1/domain-key', ref.account, ref.region, kekId)
}
