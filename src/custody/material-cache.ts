import type { HmacKey } from '../crypto/hmac.ts'
import type { MaterialRef } from './material.ts'

/** Open materials kept in memory: a handle each, held by OpenSSL. */
const MAX_OPEN_MATERIALS = 10_000

/** Materials that are ready for use, least recently opened evicted first. */
export class MaterialCache {
  /** By material id: it depends on key and bytes, so it is unique by itself. */
  readonly #open = new Map<string, HmacKey>()

  find(ref: MaterialRef): HmacKey | undefined {
    return this.#open.get(ref.materialId)
  }

  put(ref: MaterialRef, key: HmacKey): void {
    this.#open.set(ref.materialId, key)
    if (this.#open.size <= MAX_OPEN_MATERIALS) return
    const oldest = this.#open.keys().next().value
    if (oldest !== undefined) this.#open.delete(oldest)
  }

  forget(ref: MaterialRef): void {
    this.#open.delete(ref.materialId)
  }

  clear(): void {
    this.#open.clear()
  }
}
