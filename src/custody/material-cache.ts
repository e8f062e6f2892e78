import type { HmacKey } from '../crypto/hmac.ts'
import type { MaterialRef } from './material.ts'

/** Open materials kept in memory: a handle each, held by OpenSSL. */
const MAX_OPEN_MATERIALS = 10_000

/** A material that is ready for use, and how the blobs that it makes begin. */
export type OpenMaterial = { readonly key: HmacKey; readonly blobPrefix: Uint8Array }

/** Materials that are ready for use, least recently opened evicted first. */
export class MaterialCache {
  /** By material id: it depends on key and bytes, so it is unique by itself. */
  readonly #open = new Map<string, OpenMaterial>()

  find(ref: MaterialRef): OpenMaterial | undefined {
    return this.#open.get(ref.materialId)
  }

  put(ref: MaterialRef, material: OpenMaterial): void {
    this.#open.set(ref.materialId, material)
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
