import { parseBase64, toBase64 } from '../base/bytes.ts'
import { parseJsonText } from '../base/json-text.ts'
import type { EpochMs } from '../base/ports.ts'
import { sha256Hex } from '../crypto/hash.ts'

/** The maximum number of wrapping keys. A cluster has one for each key material and start of an API server. */
const SEEN_MAX = 1000

/** A wrapping key that KMS gave: it encrypts seeds of API servers, and is stored with them, encrypted by KMS. */
export type WrappingKey = {
  readonly keyArn: string
  /** The key ID at the time of its making; empty when KMS decrypted it. */
  readonly keyId: string
  readonly wrapped: Uint8Array
  readonly key: Uint8Array
  /** When KMS last confirmed it. */
  readonly at: EpochMs
}

/** What is saved, so that a new process finds it. */
export type SavedKeys = { readonly keyId: string; readonly keys: readonly WrappingKey[] }

/** Wrapping keys by their ciphertexts, for the time while KMS gives no answer. The oldest ones make room. */
export class SeenKeys {
  readonly #keys = new Map<string, WrappingKey>()

  constructor(keys: readonly WrappingKey[] = []) {
    for (const key of keys) this.add(key)
  }

  /** Remembers what KMS has just confirmed. */
  add(one: WrappingKey): void {
    const name = sha256Hex(one.wrapped)
    const before = this.#keys.get(name)
    this.#keys.delete(name)
    this.#keys.set(name, one.keyId === '' && before !== undefined ? { ...one, keyId: before.keyId } : one)
    const [oldest] = this.#keys.keys()
    if (this.#keys.size > SEEN_MAX && oldest !== undefined) this.#remove(oldest)
  }

  /** The wrapping key of a ciphertext, if KMS confirmed it for this KMS key at `since` or later. */
  find(wrapped: Uint8Array, keyArn: string, since: EpochMs): WrappingKey | undefined {
    const found = this.#keys.get(sha256Hex(wrapped))
    return found !== undefined && found.keyArn === keyArn && found.at >= since ? found : undefined
  }

  /** The last wrapping key that was made with this key ID, if KMS confirmed it at `since` or later. */
  latest(keyId: string, since: EpochMs): WrappingKey | undefined {
    return [...this.#keys.values()].findLast((one) => one.keyId === keyId && one.at >= since)
  }

  /** Forgets what KMS no longer gives: all wrapping keys of a KMS key. Returns whether there were any. */
  forget(keyArn: string): boolean {
    const names = [...this.#keys].filter(([, one]) => one.keyArn === keyArn).map(([name]) => name)
    for (const name of names) this.#remove(name)
    return names.length > 0
  }

  /** Forgets everything that KMS has not confirmed since then. */
  expire(since: EpochMs): void {
    for (const [name, { at }] of [...this.#keys]) if (at < since) this.#remove(name)
  }

  get all(): readonly WrappingKey[] {
    return [...this.#keys.values()]
  }

  #remove(name: string): void {
    this.#keys.delete(name)
  }
}

/** Encodes what is saved. */
export function encodeSeen({ keyId, keys }: SavedKeys): string {
  const rows = keys.map((one) => [one.keyArn, one.keyId, one.at, toBase64(one.wrapped), toBase64(one.key)])
  return JSON.stringify({ format: 1, keyId, keys: rows })
}

/** Parses what was saved. @throws Error for anything else, which repeats nothing of the text. */
export function parseSeen(text: string): SavedKeys {
  const value = parseJsonText(text)
  if (typeof value !== 'object' || value === null || !('format' in value) || value.format !== 1)
    throw new Error('it is no file of seen keys')
  const keyId = 'keyId' in value ? value.keyId : undefined
  const keys = 'keys' in value ? value.keys : undefined
  if (typeof keyId !== 'string' || !Array.isArray(keys)) throw new Error('it has no key ID or no list')
  return { keyId, keys: keys.map(parseRow) }
}

function parseRow(row: unknown): WrappingKey {
  const [keyArn, keyId, at, first, second]: readonly unknown[] = Array.isArray(row) ? row : []
  const wrapped = typeof first === 'string' ? parseBase64(first) : undefined
  const key = typeof second === 'string' ? parseBase64(second) : undefined
  if (typeof keyArn === 'string' && typeof keyId === 'string' && typeof at === 'number')
    if (wrapped !== undefined && key !== undefined) return { keyArn, keyId, at, wrapped, key }
  throw new Error('a row of its list is incomplete')
}
