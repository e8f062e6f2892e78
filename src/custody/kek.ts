import { present } from '../base/assert.ts'
import { lengthPrefixed } from '../base/bytes.ts'
import type { Random } from '../base/ports.ts'
import { Secret } from '../base/secret.ts'
import { DERIVED_KEY_BYTES } from '../crypto/kdf.ts'
import type { RotatingSecret } from './deployment-keys.ts'
import { findUnwrapped, KeyringError, unwrapKey, type WrappedKey, wrapKey } from './wrapping.ts'

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
  readonly #wrappingKey: RotatingSecret
  readonly #find: FindKek
  readonly #random: Random
  readonly #open = new Map<string, Secret>()

  constructor(wrappingKey: RotatingSecret, find: FindKek, random: Random) {
    this.#wrappingKey = wrappingKey
    this.#find = find
    this.#random = random
  }

  /** A new key-encryption key, wrapped; not yet stored. */
  create(ref: AccountRegion, kekId: string): WrappedKey {
    using key = new Secret(this.#random.bytes(DERIVED_KEY_BYTES))
    return {
      under: ROOT,
      wrapped: wrapKey(this.#wrappingKey.current, key, identity(ref, kekId), this.#random),
    }
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
    const key = unwrapAny(this.#wrappingKey.all, stored.wrapped, identity(ref, kekId))
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

/** During a rotation of the root key, either of its wrapping keys may have wrapped it. @throws KeyringError. */
function unwrapAny(wrappingKeys: readonly Secret[], wrapped: string, identityBytes: Uint8Array): Secret {
  for (const wrappingKey of wrappingKeys.slice(0, -1)) {
    const key = findUnwrapped(wrappingKey, wrapped, identityBytes)
    if (key !== undefined) return key
  }
  return unwrapKey(present(wrappingKeys.at(-1), 'a wrapping key'), wrapped, identityBytes)
}

/** A key-encryption key as it is stored, wrapped again under another wrapping key; nothing when it is already. */
export function rewrapKek(
  { to, from }: { readonly to: Secret; readonly from: readonly Secret[] },
  { ref, kekId, wrapped }: { readonly ref: AccountRegion; readonly kekId: string; readonly wrapped: string },
  random: Random,
): string | undefined {
  const bound = identity(ref, kekId)
  using done = findUnwrapped(to, wrapped, bound)
  if (done !== undefined) return undefined
  using key = unwrapAny(from, wrapped, bound)
  return wrapKey(to, key, bound, random)
}

function identity(ref: AccountRegion, kekId: string): Uint8Array {
  return lengthPrefixed('holdfast/1/domain-key', ref.account, ref.region, kekId)
}
