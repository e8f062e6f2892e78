import { concatBytes, lengthPrefixed } from '../../base/bytes.ts'
import type { EpochMs, Random } from '../../base/ports.ts'
import { blobPrefix, MATERIAL_PREFIX_DIGITS, newBlob, parseBlob } from '../../custody/blob.ts'
import type { Custody } from '../../custody/custody.ts'
import type { KeyMaterialRef, KeyRef } from '../../custody/key-material.ts'
import { currentKek } from '../../kms/keys/kek.ts'
import { KEY_MATERIAL, materialPartition } from '../../kms/keys/key-record.ts'
import { kindOfFormat1 } from '../../store/kind.ts'
import { type Change, insert, type Kind, type Records, type Stored } from '../../store/records.ts'
import type { XksCiphertext } from '../protocol/integrity.ts'
import { XKS_TAG_BYTES } from '../protocol/protocol.ts'
import type { DecryptInput, EncryptInput } from './requests.ts'

/**
 * An external key: the key that `holdfast xks-proxy` keeps for KMS keys of another service. Partition: the
 * account; name: its ID, the XksKeyId.
 *
 * States: ENABLED and DISABLED, with transitions in both directions.
 */
export type ExternalKeyValue = {
  readonly format: 1
  readonly status: 'ENABLED' | 'DISABLED'
  readonly createdAt: EpochMs
  /** Its ID in custody. */
  readonly keyId: string
  readonly materialId: string
}

/** The kind of external keys. */
export const EXTERNAL_KEY: Kind<ExternalKeyValue> = kindOfFormat1('external-key')

/** A stored external key. */
export type StoredExternalKey = Stored<ExternalKeyValue>

/** The name in place of a region for the KEK of external keys: no region has this name. */
const DOMAIN = 'xks-proxy'
/** The spec of an external key in custody: 256 bits for encryption. */
const SPEC = 'SYMMETRIC_DEFAULT'

/** The dependencies of external keys. */
export type ExternalKeyDependencies = {
  readonly records: Records
  readonly custody: Custody
  readonly random: Random
}

/** The changes that create an external key. */
export async function createExternalKey(
  dependencies: ExternalKeyDependencies,
  account: string,
  id: string,
  now: EpochMs,
): Promise<readonly Change[]> {
  const keyId = dependencies.random.uuid()
  const ref: KeyRef = { account, region: DOMAIN, keyId, spec: SPEC }
  const kekId = await currentKek(dependencies, account, DOMAIN, now)
  const { materialId, wrapped } = await dependencies.custody.createKeyMaterial(ref, kekId)
  const value: ExternalKeyValue = { format: 1, status: 'ENABLED', createdAt: now, keyId, materialId }
  const material = { format: 1 as const, materialId, order: 0, wrapped, createdAt: now }
  const partition = materialPartition(account, DOMAIN, keyId)
  return [
    insert(EXTERNAL_KEY, account, id, value),
    insert(KEY_MATERIAL, partition, materialId.slice(0, MATERIAL_PREFIX_DIGITS), material),
  ]
}

/** The format of ciphertextMetadata: see docs/reference/formats/external-key.md. */
const METADATA_FORMAT = Uint8Array.of(0x01)
const NONCE_BYTES = 16

/** Encrypts for the caller of the proxy: see docs/reference/formats/external-key.md. */
export async function sealExternally(
  custody: Custody,
  key: StoredExternalKey,
  { plaintext, aad }: Pick<EncryptInput, 'plaintext' | 'aad'>,
): Promise<XksCiphertext> {
  const blob = await custody.encrypt(materialOf(key), plaintext, boundData(key, aad))
  const parsed = parseBlob(blob)
  if (parsed === undefined) throw new Error('custody has made a blob of another format')
  return {
    iv: parsed.iv,
    metadata: concatBytes(METADATA_FORMAT, parsed.nonce),
    ciphertext: parsed.sealed.subarray(0, plaintext.length),
    tag: parsed.sealed.subarray(plaintext.length),
  }
}

/**
 * Decrypts; returns nothing when ciphertext, key and additional data do not match. The caller clears the
 * plaintext.
 */
export async function openExternally(
  custody: Custody,
  key: StoredExternalKey,
  { ciphertext, iv, tag, metadata, aad }: DecryptInput,
): Promise<Uint8Array | undefined> {
  const ref = materialOf(key)
  const nonce = metadata.subarray(METADATA_FORMAT.length)
  if (metadata[0] !== METADATA_FORMAT[0] || nonce.length !== NONCE_BYTES) return undefined
  // The API allows a 16-byte IV, but this proxy never creates one.
  const unique = concatBytes(nonce, iv)
  if (tag.length !== XKS_TAG_BYTES || iv.length !== IV_BYTES) return undefined
  const blob = newBlob(blobPrefix(ref), unique, ciphertext.length)
  blob.sealed.set(ciphertext)
  blob.sealed.set(tag, ciphertext.length)
  const parsed = parseBlob(blob.bytes)
  return parsed && custody.decrypt(ref, parsed, boundData(key, aad))
}

const IV_BYTES = 12

function materialOf({ partition, value }: StoredExternalKey): KeyMaterialRef {
  const { keyId, materialId } = value
  return { account: partition, region: DOMAIN, keyId, spec: SPEC, materialId }
}

/**
 * An odd number of fields, so that it never equals an encryption context: see
 * docs/reference/formats/ciphertext-blob.md.
 */
function boundData({ name }: StoredExternalKey, aad: Uint8Array): Uint8Array {
  return lengthPrefixed('holdfast/external-key/1', name, aad)
}
