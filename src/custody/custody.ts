import type {
  DataKeyPairSpec,
  EncryptionAlgorithm,
  KeySpec,
  MacAlgorithm,
  MessageType,
  SigningAlgorithm,
} from '../api/key-specs.ts'
import { compareBytes } from '../base/bytes.ts'
import type { EpochMs, Random } from '../base/ports.ts'
import type { Secret } from '../base/secret.ts'
import { openGcm, sealGcmInto } from '../crypto/aead.ts'
import { openPrivateKey, type PrivateKey, publicKeyOf } from '../crypto/asymmetric-key.ts'
import { hmacKey } from '../crypto/hmac.ts'
import { counterLabel, deriveByCounter } from '../crypto/kdf.ts'
import { decapsulate, type Encapsulation, encapsulate } from '../crypto/kem.ts'
import { deriveSharedSecret } from '../crypto/key-agreement.ts'
import { generateKeyPair } from '../crypto/key-pair.ts'
import { mac } from '../crypto/mac.ts'
import { isPrivateSpec } from '../crypto/private-spec.ts'
import { sign, verify } from '../crypto/signature.ts'
import { decryptAsymmetric, encryptAsymmetric } from './asymmetric-encryption.ts'
import { blobPrefix, newBlob, type ParsedBlob, parseBlob, UNIQUE_BYTES } from './blob.ts'
import type { RotatingSecret } from './deployment-keys.ts'
import { generateKeyMaterial } from './generate-key-material.ts'
import {
  createImportParameters,
  type ImportParameters,
  type ImportTerms,
  type MaterialFault,
  openToken,
  parseTokenHeader,
  unwrapImport,
} from './import-token.ts'
import { type AccountRegion, KeyEncryptionKeys } from './kek.ts'
import {
  type KeyMaterialRef,
  type KeyRef,
  keyMaterialIdOf,
  unwrapKeyMaterial,
  wrapKeyMaterial,
} from './key-material.ts'
import { KeyMaterialCache, type OpenKeyMaterial, type OpenOf } from './key-material-cache.ts'
import { PublicKeyCache, type PublicKeyRef } from './public-keys.ts'
import { KeyringError, type WrappedKey } from './wrapping.ts'

/** Key material that custody has made or imported: what to store, under which id. */
export type NewKeyMaterial = {
  readonly materialId: string
  readonly wrapped: WrappedKey
  /** The SubjectPublicKeyInfo of an asymmetric key, DER. */
  readonly publicKey?: Uint8Array | undefined
}

/** Finds the keys that custody has wrapped. Both functions return nothing when there is no such record. */
export type WrappedKeys = {
  readonly findKeyMaterial: (ref: KeyMaterialRef) => Promise<WrappedKey | undefined>
  readonly findKek: (ref: AccountRegion, kekId: string) => Promise<WrappedKey | undefined>
}

/** The dependencies of custody. */
export type CustodyDependencies = {
  /** Wraps key-encryption keys; derived from the root key. Custody disposes of it. */
  readonly wrappingKey: RotatingSecret
  readonly wrappedKeys: WrappedKeys
  readonly random: Random
}

/** A key pair for a caller: SubjectPublicKeyInfo and PKCS #8, DER. */
export type DataKeyPair = { readonly publicKey: Uint8Array; readonly privateKey: Uint8Array }

/** The data of an import. */
export type ImportGiven = {
  readonly token: Uint8Array
  readonly encrypted: Uint8Array
  readonly now: EpochMs
  /** The key-encryption key that wraps the key material. */
  readonly kekId: string
}

/** The faults of an import. */
export type ImportFault = 'wrong token' | 'expired token' | MaterialFault

/** A message to sign, its type and algorithm. */
export type SigningRequest = {
  readonly algorithm: SigningAlgorithm
  readonly messageType: MessageType
  readonly message: Uint8Array
}

/** The canonical bytes of an empty encryption context. */
const NO_CONTEXT = new Uint8Array(0)
const ENCRYPTION_LABEL = counterLabel('holdfast/1/encrypt')

/**
 * The only code that sees key material. It takes and returns references, wrapped keys, ciphertext blobs and
 * results; a raw key never leaves it.
 */
export class Custody {
  readonly #keks: KeyEncryptionKeys
  readonly #materials = new KeyMaterialCache()
  readonly #publicKeys = new PublicKeyCache()
  readonly #random: Random
  readonly #wrappedKeys: WrappedKeys

  constructor(dependencies: CustodyDependencies) {
    this.#keks = new KeyEncryptionKeys(
      dependencies.wrappingKey,
      dependencies.wrappedKeys.findKek,
      dependencies.random,
    )
    this.#random = dependencies.random
    this.#wrappedKeys = dependencies.wrappedKeys
  }

  /** A new key-encryption key, wrapped under the root key, ready to be stored under `kekId`. */
  createKek(ref: AccountRegion, kekId: string): WrappedKey {
    return this.#keks.create(ref, kekId)
  }

  /** New key material for a key of any spec, wrapped under the given key-encryption key. */
  async createKeyMaterial(key: KeyRef, kekId: string): Promise<NewKeyMaterial> {
    const fresh = await generateKeyMaterial(key.spec, this.#random)
    using material = fresh.material
    return { ...(await this.#wrap(key, material, kekId)), publicKey: fresh.publicKey }
  }

  /** The same key material for another region's key of the same id, wrapped under that region's key-encryption key. */
  async rewrap(
    ref: KeyMaterialRef,
    wrapped: WrappedKey,
    to: AccountRegion & { readonly kekId: string },
  ): Promise<WrappedKey> {
    using material = unwrapKeyMaterial(ref, wrapped, await this.#keks.find(ref, wrapped.under))
    const { account, region, kekId } = to
    const kek = await this.#keks.find(to, kekId)
    return wrapKeyMaterial({ ...ref, account, region }, material, { kek, kekId }, this.#random)
  }

  /**
   * A ciphertext blob of format 1: see docs/reference/formats/ciphertext-blob.md.
   *
   * @param context the canonical bytes of the encryption context.
   */
  async encrypt(ref: KeyMaterialRef, plaintext: Uint8Array, context: Uint8Array): Promise<Uint8Array> {
    const material = this.#materials.find(ref, 'symmetric') ?? (await this.#open(ref, 'symmetric'))
    const blob = newBlob(material.blobPrefix, this.#random.bytes(UNIQUE_BYTES), plaintext.length)
    using key = deriveByCounter(material.key, ENCRYPTION_LABEL, blob.nonce)
    sealGcmInto(key, { iv: blob.iv, plaintext, aad: blob.associatedData(context) }, blob.sealed)
    return blob.bytes
  }

  /**
   * The plaintext of a blob, or nothing when blob, context and key material do not belong together. The
   * caller clears it.
   */
  async decrypt(ref: KeyMaterialRef, blob: ParsedBlob, context: Uint8Array): Promise<Uint8Array | undefined> {
    const material = this.#materials.find(ref, 'symmetric') ?? (await this.#open(ref, 'symmetric'))
    using key = deriveByCounter(material.key, ENCRYPTION_LABEL, blob.nonce)
    return openGcm(key, blob.iv, blob.sealed, blob.associatedData(context))
  }

  /** The plaintext of an asymmetric ciphertext, or nothing. The caller clears it. */
  async decryptAsymmetric(
    ref: KeyMaterialRef,
    algorithm: EncryptionAlgorithm,
    ciphertext: Uint8Array,
  ): Promise<Uint8Array | undefined> {
    return decryptAsymmetric(await this.#private(ref), algorithm, ciphertext)
  }

  /** The ciphertext of a plaintext within the algorithm's limit, under a public key. */
  encryptAsymmetric(
    ref: PublicKeyRef,
    algorithm: EncryptionAlgorithm,
    plaintext: Uint8Array,
  ): Promise<Uint8Array> {
    return encryptAsymmetric(this.#publicKeys.get(ref), algorithm, plaintext)
  }

  /** Whether a signature is one of this key over this message. */
  verify(ref: PublicKeyRef, request: SigningRequest, signature: Uint8Array): Promise<boolean> {
    const { algorithm, messageType, message } = request
    return verify(this.#publicKeys.get(ref), algorithm, messageType, { message, signature })
  }

  /** A new shared secret and its KEM ciphertext. The caller clears the secret. */
  encapsulate(ref: PublicKeyRef): Promise<Encapsulation> {
    return encapsulate(this.#publicKeys.get(ref))
  }

  /** A new key pair that custody does not keep. The caller clears the private key. */
  async generateDataKeyPair(spec: DataKeyPairSpec): Promise<DataKeyPair> {
    const pair = await generateKeyPair(spec)
    using secret = pair.privateKey
    // A copy: a Buffer's slice would share the memory that the secret clears at its end.
    return { publicKey: pair.publicKey, privateKey: secret.reveal((bytes) => new Uint8Array(bytes)) }
  }

  /** A signature, in AWS's encoding. */
  async sign(ref: KeyMaterialRef, { algorithm, messageType, message }: SigningRequest): Promise<Uint8Array> {
    return sign(await this.#private(ref), algorithm, messageType, message)
  }

  /** A MAC, as long as its hash. */
  async mac(ref: KeyMaterialRef, algorithm: MacAlgorithm, message: Uint8Array): Promise<Uint8Array> {
    const material = this.#materials.find(ref, 'hmac') ?? (await this.#open(ref, 'hmac'))
    return mac(algorithm, material.key, message)
  }

  /**
   * The raw shared secret with a peer's public key, or nothing for a key that is not on the same curve. The
   * caller clears it.
   */
  async deriveSharedSecret(ref: KeyMaterialRef, peer: Uint8Array): Promise<Uint8Array | undefined> {
    return deriveSharedSecret(await this.#private(ref), peer)
  }

  /** The shared secret of a KEM ciphertext of the right length. The caller clears it. */
  async decapsulate(ref: KeyMaterialRef, ciphertext: Uint8Array): Promise<Uint8Array> {
    return decapsulate(await this.#private(ref), ciphertext)
  }

  /** A new wrapping key for an import, and the token with its private half. */
  async importParameters(key: KeyRef, terms: ImportTerms, kekId: string): Promise<ImportParameters> {
    const kek = await this.#keks.find(key, kekId)
    return createImportParameters(key, terms, { kek, kekId }, this.#random)
  }

  /** The wrapped key material of an import, or its fault. */
  async receiveImport(key: KeyRef, given: ImportGiven): Promise<NewKeyMaterial | ImportFault> {
    const header = parseTokenHeader(given.token)
    const kek = header && (await this.#keks.findIfThere(key, header.kekId))
    using wrappingKey = kek && openToken(key, given.token, kek)
    if (header === undefined || wrappingKey === undefined) return 'wrong token'
    if (header.validTo <= given.now) return 'expired token'
    const received = await unwrapImport(key.spec, header, wrappingKey, given.encrypted)
    if (typeof received === 'string') return received
    using material = received
    const wrapped = await this.#wrap(key, material, given.kekId)
    return { ...wrapped, publicKey: publicKeyOfKeyMaterial(key.spec, material) }
  }

  /**
   * Opens stored key material and compares it with its id and its public key; a symmetric key also decrypts what it
   * encrypts. @throws KeyringError when it is not what was stored.
   */
  async proveKeyMaterial(ref: KeyMaterialRef, publicKey: Uint8Array | undefined): Promise<void> {
    using material = await this.#unwrap(ref)
    const wrong = (what: string): KeyringError => new KeyringError(`the material ${ref.materialId} ${what}`)
    if (keyMaterialIdOf(material, ref.keyId) !== ref.materialId) throw wrong('has another id')
    const own = publicKeyOfKeyMaterial(ref.spec, material)
    if (own !== undefined && publicKey !== undefined && compareBytes(own, publicKey) !== 0)
      throw wrong('belongs to another public key')
    if (ref.spec !== 'SYMMETRIC_DEFAULT') return
    const canary = this.#random.bytes(UNIQUE_BYTES)
    const blob = parseBlob(await this.encrypt(ref, canary, NO_CONTEXT))
    const opened = blob && (await this.decrypt(ref, blob, NO_CONTEXT))
    if (opened === undefined || compareBytes(opened, canary) !== 0)
      throw wrong('does not decrypt what it encrypts')
  }

  /** Drops key material that is gone from memory. */
  forget(materialId: string): void {
    this.#materials.forget(materialId)
  }

  [Symbol.dispose](): void {
    this.#materials.clear()
    this.#keks[Symbol.dispose]()
  }

  async #private(ref: KeyMaterialRef): Promise<PrivateKey> {
    const material = this.#materials.find(ref, 'private') ?? (await this.#open(ref, 'private'))
    return material.key
  }

  async #wrap(key: KeyRef, material: Secret, kekId: string): Promise<NewKeyMaterial> {
    const kek = await this.#keks.find(key, kekId)
    const materialId = keyMaterialIdOf(material, key.keyId)
    const ref = { ...key, materialId }
    return { materialId, wrapped: wrapKeyMaterial(ref, material, { kek, kekId }, this.#random) }
  }

  async #unwrap(ref: KeyMaterialRef): Promise<Secret> {
    const wrapped = await this.#wrappedKeys.findKeyMaterial(ref)
    if (wrapped === undefined) throw new KeyringError(`the material ${ref.materialId} is missing`)
    return unwrapKeyMaterial(ref, wrapped, await this.#keks.find(ref, wrapped.under))
  }

  async #open<F extends OpenKeyMaterial['form']>(ref: KeyMaterialRef, form: F): Promise<OpenOf<F>> {
    using material = await this.#unwrap(ref)
    this.#materials.put(ref, openKeyMaterial(ref, material))
    const open = this.#materials.find(ref, form)
    if (open === undefined) throw new KeyringError(`the material ${ref.materialId} is not of form ${form}`)
    return open
  }
}

function openKeyMaterial(ref: KeyMaterialRef, material: Secret): OpenKeyMaterial {
  const { spec } = ref
  return material.reveal((bytes): OpenKeyMaterial => {
    if (isPrivateSpec(spec)) return { form: 'private', key: openPrivateKey(spec, bytes) }
    if (spec !== 'SYMMETRIC_DEFAULT') return { form: 'hmac', key: hmacKey(bytes) }
    return { form: 'symmetric', key: hmacKey(bytes), blobPrefix: blobPrefix(ref) }
  })
}

function publicKeyOfKeyMaterial(spec: KeySpec, material: Secret): Uint8Array | undefined {
  if (!isPrivateSpec(spec)) return undefined
  return material.reveal((bytes) => publicKeyOf(openPrivateKey(spec, bytes)))
}
