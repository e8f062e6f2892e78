import type { PrivateKey } from '../crypto/asymmetric-key.ts'
import type { HmacKey } from '../crypto/hmac.ts'
import type { KeyMaterialRef } from './key-material.ts'

/** Open materials kept in memory: a handle each, held by OpenSSL. */
const MAX_OPEN_MATERIALS = 10_000

/** A material that is ready for use, by its form; a symmetric one with how its blobs begin. */
export type OpenKeyMaterial =
  | { readonly form: 'symmetric'; readonly key: HmacKey; readonly blobPrefix: Uint8Array }
  | { readonly form: 'hmac'; readonly key: HmacKey }
  | { readonly form: 'private'; readonly key: PrivateKey }

/** The open material of one form. */
export type OpenOf<F extends OpenKeyMaterial['form']> = Extract<OpenKeyMaterial, { readonly form: F }>

/** Materials that are ready for use, least recently opened evicted first. */
export class KeyMaterialCache {
  /** By material id: it depends on key and bytes, so it is unique by itself. */
  readonly #open = new Map<string, OpenKeyMaterial>()

  find<F extends OpenKeyMaterial['form']>(ref: KeyMaterialRef, form: F): OpenOf<F> | undefined {
    const open = this.#open.get(ref.materialId)
    return open !== undefined && isOf(open, form) ? open : undefined
  }

  put(ref: KeyMaterialRef, material: OpenKeyMaterial): void {
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

function isOf<F extends OpenKeyMaterial['form']>(open: OpenKeyMaterial, form: F): open is OpenOf<F> {
  return open.form === form
}
