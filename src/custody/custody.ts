import type { Random } from '../base/ports.ts'
import type { Secret } from '../base/secret.ts'
import { openGcm, sealGcmInto } from '../crypto/aead.ts'
import { hmacKey } from '../crypto/hmac.ts'
import { counterLabel, deriveByCounter } from '../crypto/kdf.ts'
import { blobPrefix, newBlob, type ParsedBlob, UNIQUE_BYTES } from './blob.ts'
import { DomainKeyring, type DomainRef } from './domain.ts'
import { type MaterialRef, materialIdOf, newMaterial, unwrapMaterial, wrapMaterial } from './material.ts'
import { MaterialCache, type OpenMaterial } from './material-cache.ts'
import { KeyringError, type WrappedKey } from './wrapping.ts'

/** A material that custody has just made: what to store, under which id. */
export type NewMaterial = { readonly materialId: string; readonly wrapped: WrappedKey }

/** Where custody finds what it has wrapped. Both answer nothing when there is no such record. */
export type WrappedKeys = {
  readonly findMaterial: (ref: MaterialRef) => Promise<WrappedKey | undefined>
  readonly findDomainKey: (ref: DomainRef, domainKeyId: string) => Promise<WrappedKey | undefined>
}

/** What custody works with. */
export type CustodyParts = {
  /** Wraps domain keys; derived from the root key. Custody disposes of it. */
  readonly wrappingKey: Secret
  readonly wrappedKeys: WrappedKeys
  readonly random: Random
}

const ENCRYPTION_LABEL = counterLabel('holdfast/1/encrypt')

/**
 * The only code that sees key material. It takes and gives references, wrapped keys, ciphertext
 * blobs and results; a raw key never leaves it.
 */
export class Custody {
  readonly #domains: DomainKeyring
  readonly #materials = new MaterialCache()
  readonly #random: Random
  readonly #wrappedKeys: WrappedKeys

  constructor(parts: CustodyParts) {
    this.#domains = new DomainKeyring(parts.wrappingKey, parts.wrappedKeys.findDomainKey, parts.random)
    this.#random = parts.random
    this.#wrappedKeys = parts.wrappedKeys
  }

  /** A new domain key, wrapped under the root key, ready to be stored under `domainKeyId`. */
  createDomainKey(ref: DomainRef, domainKeyId: string): WrappedKey {
    return this.#domains.create(ref, domainKeyId)
  }

  /** A new 256-bit material for a symmetric key, wrapped under the given domain key. */
  async createMaterial(ref: DomainRef, keyId: string, domainKeyId: string): Promise<NewMaterial> {
    const domainKey = await this.#domains.find(ref, domainKeyId)
    using material = newMaterial(this.#random)
    const materialId = materialIdOf(material, keyId)
    const wrapped = wrapMaterial(
      { ...ref, keyId, materialId },
      material,
      { domainKey, domainKeyId },
      this.#random,
    )
    return { materialId, wrapped }
  }

  /**
   * A ciphertext blob of format 1: see docs/formats/ciphertext-blob.md.
   *
   * @param context the canonical bytes of the encryption context.
   */
  async encrypt(ref: MaterialRef, plaintext: Uint8Array, context: Uint8Array): Promise<Uint8Array> {
    const material = this.#materials.find(ref) ?? (await this.#open(ref))
    const blob = newBlob(material.blobPrefix, this.#random.bytes(UNIQUE_BYTES), plaintext.length)
    using key = deriveByCounter(material.key, ENCRYPTION_LABEL, blob.nonce)
    sealGcmInto(key, { iv: blob.iv, plaintext, aad: blob.associatedData(context) }, blob.sealed)
    return blob.bytes
  }

  /**
   * The plaintext of a blob, or nothing when blob, context and material do not belong together.
   * The caller clears it.
   */
  async decrypt(ref: MaterialRef, blob: ParsedBlob, context: Uint8Array): Promise<Uint8Array | undefined> {
    const material = this.#materials.find(ref) ?? (await this.#open(ref))
    using key = deriveByCounter(material.key, ENCRYPTION_LABEL, blob.nonce)
    return openGcm(key, blob.iv, blob.sealed, blob.associatedData(context))
  }

  /** Forgets a material that is gone, so that it does not stay in memory. */
  forget(ref: MaterialRef): void {
    this.#materials.forget(ref)
  }

  [Symbol.dispose](): void {
    this.#materials.clear()
    this.#domains[Symbol.dispose]()
  }

  async #open(ref: MaterialRef): Promise<OpenMaterial> {
    const wrapped = await this.#wrappedKeys.findMaterial(ref)
    if (wrapped === undefined) throw new KeyringError(`the material ${ref.materialId} is missing`)
    const domainKey = await this.#domains.find(ref, wrapped.under)
    using material = unwrapMaterial(ref, wrapped, domainKey)
    const open = { key: material.reveal(hmacKey), blobPrefix: blobPrefix(ref) }
    this.#materials.put(ref, open)
    return open
  }
}
