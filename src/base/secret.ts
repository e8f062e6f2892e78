import { inspect } from 'node:util'
import { assert } from './assert.ts'

/**
 * Bytes that must not leak: they do not print or serialise, and are zeroed when disposed.
 *
 * States: live, then disposed (for ever).
 */
export class Secret {
  readonly #bytes: Uint8Array
  #disposed = false

  /** Takes ownership of `bytes`: the caller keeps no other reference to them. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get sizeBytes(): number {
    return this.#bytes.length
  }

  /** Lends the bytes to `use`, which must not keep them. @throws AssertionError after disposal. */
  reveal<T>(use: (bytes: Uint8Array) => T): T {
    assert(!this.#disposed, 'a disposed secret was used')
    return use(this.#bytes)
  }

  [Symbol.dispose](): void {
    this.#disposed = true
    this.#bytes.fill(0)
  }

  toString(): string {
    return '[secret]'
  }

  toJSON(): string {
    return '[secret]'
  }

  [inspect.custom](): string {
    return '[secret]'
  }
}
