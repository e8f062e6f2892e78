import { KmsError } from '../api/errors.ts'
import { blob, list, oneOf, optional, structure, type TextMap, textMap } from '../api/shapes.ts'
import { type ParsedBlob, parseBlob } from '../custody/blob.ts'
import type { MaterialRef } from '../custody/material.ts'
import type { ContextLookup } from '../policy/context.ts'
import { encryptionContextKeys, requestAlias } from './context.ts'
import { contextBytes } from './encryption-context.ts'
import { MATERIAL, materialPartition } from './key-record.ts'
import { currentMaterial, type Key } from './keys.ts'
import type { KmsParts } from './parts.ts'

/** The one algorithm of symmetric encryption keys: AES-256-GCM under a derived key. */
export const SYMMETRIC = 'SYMMETRIC_DEFAULT'

/** An encryption algorithm of a request. Source: the service model. */
export const ENCRYPTION_ALGORITHM = oneOf(SYMMETRIC, 'RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256', 'SM2PKE')
/** An encryption context of a request. */
export const ENCRYPTION_CONTEXT = optional(textMap())
/** A ciphertext of a request. Source: the service model. */
export const CIPHERTEXT = blob({ min: 1, max: 6144 })
/** What a dry run leaves out. Source: the service model. */
export const DRY_RUN_MODIFIERS = optional(list(oneOf('IGNORE_CIPHERTEXT')))

/** A request for an answer that only an attested enclave can read. */
export const RECIPIENT = optional(
  structure({
    AttestationDocument: optional(blob({ min: 1, max: 262_144 })),
    KeyEncryptionAlgorithm: optional(oneOf('RSAES_OAEP_SHA_256')),
  }),
)

/**
 * Attestation is not checked yet, so a request that wants its answer sealed for an enclave is
 * refused: to ignore the member would send the plaintext to whoever asks.
 *
 * @throws UnsupportedOperationException.
 */
export function checkRecipient(recipient: object | undefined): void {
  if (recipient !== undefined)
    throw new KmsError('UnsupportedOperationException', 'Recipient is not supported.')
}

/** @throws InvalidKeyUsageException when the algorithm is not one of a symmetric key's. */
export function checkAlgorithm(key: Key, algorithm: string | undefined): void {
  if (algorithm === undefined || algorithm === SYMMETRIC) return
  const { spec } = key.record.value
  throw new KmsError(
    'InvalidKeyUsageException',
    `Algorithm ${algorithm} is incompatible with key spec ${spec}.`,
  )
}

/** Condition keys of an operation that encrypts or decrypts. */
export function cryptographicContext(
  keyText: string | undefined,
  context: TextMap | undefined,
  algorithm: string = SYMMETRIC,
): ContextLookup {
  return encryptionContextKeys(context, (name) => {
    if (name === 'kms:encryptionalgorithm') return algorithm
    if (name === 'kms:requestalias') return requestAlias(keyText)
    return undefined
  })
}

/** The blob of a plaintext under the key's current material. */
export function encryptUnder(
  parts: KmsParts,
  key: Key,
  plaintext: Uint8Array,
  context: TextMap | undefined,
): Promise<Uint8Array> {
  return parts.custody.encrypt(currentMaterial(key), plaintext, contextBytes(context))
}

/** The parts of a ciphertext blob. @throws InvalidCiphertextException when it is none of ours. */
export function parseCiphertext(bytes: Uint8Array): ParsedBlob {
  const parsed = parseBlob(bytes)
  if (parsed === undefined) throw new KmsError('InvalidCiphertextException')
  return parsed
}

/** What decryption gives. */
export type Opened = { readonly plaintext: Uint8Array; readonly materialId: string }

/**
 * The plaintext of a blob that the key has made, and the material that opened it.
 *
 * @throws InvalidCiphertextException when blob, key and context do not belong together.
 */
export async function decryptUnder(
  parts: KmsParts,
  key: Key,
  parsed: ParsedBlob,
  context: TextMap | undefined,
): Promise<Opened> {
  const ref = await findMaterial(parts, key, parsed.materialPrefix)
  if (ref === undefined) throw new KmsError('InvalidCiphertextException')
  const plaintext = await parts.custody.decrypt(ref, parsed, contextBytes(context))
  if (plaintext === undefined) throw new KmsError('InvalidCiphertextException')
  return { plaintext, materialId: ref.materialId }
}

async function findMaterial(parts: KmsParts, key: Key, prefix: string): Promise<MaterialRef | undefined> {
  const current = currentMaterial(key)
  if (current.materialId.startsWith(prefix)) return current
  const partition = materialPartition(key.account, key.region, key.keyId)
  const record = await parts.records.get(MATERIAL, partition, prefix)
  return record && { ...current, materialId: record.value.materialId }
}
