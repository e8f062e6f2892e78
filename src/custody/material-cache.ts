import type { PrivateKey } from '../crypto/asymmetric-key.ts'
import type { HmacKey } from '../crypto/hmac.ts'
import type { MaterialRef } from './material.ts'

/** Open materials kept in memory: a handle each, held by OpenSSL. */
const MAX_OPEN_MATERIALS = 10_000

/** A material that is ready for use, by its form; a symmetric one with how its blobs begin. */
export type OpenMaterial =
  | { readonly form: 'symmetric'; readonly key: HmacKey; readonly blobPrefix: Uint8Array }
  | { readonly form: 'hmac'; readonly key: HmacKey }
  | { readonly form: 'private'; readonly key: PrivateKey }

/** The open material of one form. */
export type OpenOf<F extends OpenMaterial['form']> = Extract<OpenMaterial, { readonly form: F }>

/** Materials that are ready for use, least recently opened evicted first. */
export class MaterialCache {
  /** By material id: it depends on key and bytes, so it is unique by itself. */
  readonly #open = new Map<string, OpenMaterial>()

  find<F extends OpenMaterial['form']>(ref: MaterialRef, form: F): OpenOf<F> | undefined {
    const open = this.#open.get(ref.materialId)
    return open !== undefined && isOf(open, form) ? open : undefined
  }

  put(ref: MaterialRef, material: OpenMaterial): void {
    this.#open.set(ref.materialId, material)
    if (this.#open.size <= MAX_OPEN_MATERIALS) return
    const oldest = this.#open.keys().next().value
    if (oldest !== undefined) this.#open.delete(oldest)
  }

  forget(materialId: string): void {
    this.#open.delete(materialId)
  }

  clear(): void {
    this.#open.clear()
  }
}

function isOf<F extends OpenMaterial['form']>(open: OpenMaterial, form: F): open is OpenOf<F> {
  return open.form === form
}
