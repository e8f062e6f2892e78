import { KmsError } from '../../api/errors.ts'
import type { EncryptionAlgorithm } from '../../api/key-specs.ts'
import type { TextMap } from '../../api/shapes.ts'
import { present } from '../../base/assert.ts'
import { asymmetricPlaintextMax } from '../../custody/asymmetric-encryption.ts'
import { parseBlob } from '../../custody/blob.ts'
import type { KeyMaterialRef } from '../../custody/key-material.ts'
import type { EventData } from '../../dispatch/operation.ts'
import {
  decryptInStore,
  encryptInStore,
  isInStore,
  type KeyUse,
  storeData,
} from '../key-stores/store-encryption.ts'
import { KEY_MATERIAL, materialPartition } from '../keys/key-record.ts'
import { currentKeyMaterial, type Key, publicKeyOf } from '../keys/keys.ts'
import { shownMaterialId } from '../keys/metadata.ts'
import type { KmsDependencies } from '../kms-dependencies.ts'
import { contextBytes } from './encryption-context.ts'
import { SYMMETRIC } from './symmetric.ts'

/** The parameters of an encryption, beside the key. */
export type Manner = {
  readonly algorithm: EncryptionAlgorithm
  readonly context: TextMap | undefined
}

/** Whether a key encrypts with a secret that only the service has. */
export function isSymmetric(key: Key): boolean {
  return key.record.value.spec === SYMMETRIC
}

/**
 * Checks that plaintext and context fit a key, after its usage and algorithm.
 *
 * @throws ValidationException.
 */
export function checkPlaintext(key: Key, manner: Manner, plaintext: Uint8Array): void {
  checkContext(key, manner)
  if (isSymmetric(key)) return
  const { spec } = key.record.value
  const max = present(asymmetricPlaintextMax(spec, manner.algorithm), 'the limit of the algorithm')
  if (plaintext.length <= max) return
  const message = `Algorithm ${manner.algorithm} and key spec ${spec} cannot encrypt data larger than ${max} bytes.`
  throw new KmsError('ValidationException', message)
}

/** @throws ValidationException when a request has a context and the key cannot bind one. */
export function checkContext(key: Key, { context }: Manner): void {
  if (isSymmetric(key) || context === undefined || context.size === 0) return
  throw new KmsError(
    'ValidationException',
    'An encryption context is supported only with symmetric encryption keys.',
  )
}

/** Encrypts a checked plaintext under the current key material. */
export function encryptUnder(
  use: KeyUse,
  key: Key,
  plaintext: Uint8Array,
  { algorithm, context }: Manner,
): Promise<Uint8Array> {
  const { dependencies } = use
  if (isInStore(key)) return encryptInStore(use, key, plaintext, context)
  if (isSymmetric(key))
    return dependencies.custody.encrypt(currentKeyMaterial(key), plaintext, contextBytes(context))
  return dependencies.custody.encryptAsymmetric(publicKeyOf(key), algorithm, plaintext)
}

/** The result of a decryption. */
export type Opened = {
  /** The caller clears it. */
  readonly plaintext: Uint8Array
  /** The key material that opened it; shown only for symmetric keys that Holdfast keeps. */
  readonly materialId: string | undefined
}

/**
 * Decrypts a ciphertext; returns the plaintext and the key material that opened it.
 *
 * @throws InvalidCiphertextException when ciphertext, key, algorithm and context do not belong
 * together; KMSInvalidStateException for a key in a store whose proxy fails.
 */
export async function decryptUnder(
  use: KeyUse,
  key: Key,
  ciphertext: Uint8Array,
  { algorithm, context }: Manner,
): Promise<Opened> {
  const { dependencies } = use
  if (isInStore(key)) {
    return { plaintext: await decryptInStore(use, key, ciphertext, context), materialId: undefined }
  }
  if (isSymmetric(key)) return decryptBlob(dependencies, key, ciphertext, context)
  const plaintext = await dependencies.custody.decryptAsymmetric(
    currentKeyMaterial(key),
    algorithm,
    ciphertext,
  )
  if (plaintext === undefined) throw new KmsError('InvalidCiphertextException')
  return { plaintext, materialId: undefined }
}

async function decryptBlob(
  dependencies: KmsDependencies,
  key: Key,
  ciphertext: Uint8Array,
  context: TextMap | undefined,
): Promise<Opened> {
  const parsed = parseBlob(ciphertext)
  if (parsed === undefined) throw new KmsError('InvalidCiphertextException')
  const ref = await findKeyMaterial(dependencies, key, parsed.materialPrefix)
  if (ref === undefined) throw new KmsError('InvalidCiphertextException')
  const plaintext = await dependencies.custody.decrypt(ref, parsed, contextBytes(context))
  if (plaintext === undefined) throw new KmsError('InvalidCiphertextException')
  return { plaintext, materialId: ref.materialId }
}

async function findKeyMaterial(
  dependencies: KmsDependencies,
  key: Key,
  prefix: string,
): Promise<KeyMaterialRef | undefined> {
  const current = currentKeyMaterial(key)
  if (current.materialId.startsWith(prefix)) return current
  const partition = materialPartition(key.account, key.region, key.keyId)
  const record = await dependencies.records.get(KEY_MATERIAL, partition, prefix)
  return record && { ...current, materialId: record.value.materialId }
}

/** The key material that a key encrypts with now, or its key store, as audit events show it. */
export function usedKeyMaterial(key: Key): EventData | undefined {
  if (isInStore(key)) return storeData(key)
  const id = shownMaterialId(key.record.value)
  return id === undefined ? undefined : { keyMaterialId: id }
}

/** The key material that opened a ciphertext, as audit events show it. */
export function openedWith(key: Key, materialId: string | undefined): EventData | undefined {
  if (isInStore(key)) return storeData(key)
  return materialId === undefined ? undefined : { keyMaterialId: materialId }
}
