import { assert, present } from '../base/assert.ts'
import type { Clock, EpochMs } from '../base/ports.ts'
import type { Secret } from '../base/secret.ts'
import { type HmacKey, hmacKey } from '../crypto/hmac.ts'
import { deriveKey } from '../crypto/kdf.ts'
import {
  copyOf,
  LASTING_KEYS,
  type LastingKey,
  lastingKeysOf,
  type RootKeys,
  TOKEN_KEYS,
  type TokenKey,
} from './root-keys.ts'

/** The info of the key that seals records. */
const RECORD_INFO = 'holdfast/record/1/seal'
/** The info of the key that wraps key-encryption keys. */
const WRAPPING_INFO = 'holdfast/domain/1/wrap'
const TOKEN_INFOS: readonly string[] = TOKEN_KEYS

/** More keys than ever open tokens of one kind. */
const CANDIDATES_MAX = 64

/** A key that a rotation of the root key changes. */
export type SealingKey = {
  /** The key that seals. */
  readonly current: () => HmacKey
  /** The other keys that still open what they have sealed. */
  readonly others: () => readonly HmacKey[]
  /** Changes whenever a key stops opening: what was opened before must be opened again. */
  readonly epoch: () => number
}

/** A key that is always the same. */
export function fixedKey(key: HmacKey): SealingKey {
  return { current: () => key, others: () => [], epoch: () => 0 }
}

/** A secret that a rotation of the root key changes. */
export class RotatingSecret {
  #secrets: readonly Secret[]
  #isDisposed = false

  /** Takes ownership of the secrets: the first one is the current one. */
  constructor(secrets: readonly Secret[]) {
    this.#secrets = secrets
  }

  get current(): Secret {
    return present(this.#secrets[0], 'a current secret')
  }

  /** All of them, the current one first. */
  get all(): readonly Secret[] {
    return this.#secrets
  }

  /** Replaces the secrets, and clears those before. */
  use(secrets: readonly Secret[]): void {
    for (const secret of this.#secrets) secret[Symbol.dispose]()
    this.#secrets = secrets
    if (this.#isDisposed) this[Symbol.dispose]()
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true
    for (const secret of this.#secrets) secret[Symbol.dispose]()
  }
}

/** A key, and until when it opens. */
type Candidate = { readonly key: HmacKey; readonly until: EpochMs }

/**
 * The keys of an open deployment that derive from its root keys. They follow rotations of the root key; no root key is
 * kept.
 */
export class DeploymentKeys {
  /** Wraps key-encryption keys. */
  readonly wrappingKey: RotatingSecret
  readonly #clock: Pick<Clock, 'now'>
  #uses = 0
  readonly #lasting: ReadonlyMap<LastingKey, Secret>
  readonly #sealing: ReadonlyMap<string, { candidates: readonly Candidate[] }>

  /** Borrows the root keys. */
  constructor(keys: RootKeys, clock: Pick<Clock, 'now'>) {
    this.#clock = clock
    const lasting = lastingKeysOf(keys)
    this.#lasting = new Map(LASTING_KEYS.map((info, index) => [info, present(lasting[index], info)]))
    this.wrappingKey = new RotatingSecret([])
    this.#sealing = new Map([RECORD_INFO, ...TOKEN_KEYS].map((info) => [info, { candidates: [] }]))
    this.use(keys)
  }

  /** Follows a rotation. Borrows the root keys. */
  use({ roots, retired }: RootKeys): void {
    assert(roots.length > 0, 'there is a root key')
    this.#uses += 1
    this.wrappingKey.use(roots.map((root) => deriveKey(root, WRAPPING_INFO)))
    for (const [info, held] of this.#sealing) {
      const candidates = roots.map((root) => {
        using key = deriveKey(root, info)
        return { key: key.reveal(hmacKey), until: Number.POSITIVE_INFINITY }
      })
      const index = TOKEN_INFOS.indexOf(info)
      const old = retired.flatMap(({ until, keys }) => {
        const key = keys[index]
        return key === undefined ? [] : [{ key: key.reveal(hmacKey), until }]
      })
      held.candidates = [...candidates, ...old]
    }
  }

  /** The key that seals records. */
  get records(): SealingKey {
    return this.#rotating(RECORD_INFO)
  }

  /** The key that seals tokens of one kind. */
  tokens(info: TokenKey): SealingKey {
    return this.#rotating(info)
  }

  /** A key that rotation keeps: a copy, which the caller disposes of. */
  lasting(info: LastingKey): Secret {
    return copyOf(present(this.#lasting.get(info), info))
  }

  /** Clears the lasting keys once what uses them has been made. */
  forgetLasting(): void {
    for (const key of this.#lasting.values()) key[Symbol.dispose]()
  }

  #rotating(info: string): SealingKey {
    const held = present(this.#sealing.get(info), info)
    const others = (): readonly HmacKey[] =>
      held.candidates.slice(1).flatMap(({ key, until }) => (until > this.#clock.now() ? [key] : []))
    return {
      current: () => present(held.candidates[0], info).key,
      others,
      epoch: () => this.#uses * CANDIDATES_MAX + (held.candidates.length === 1 ? 0 : others().length),
    }
  }
}
