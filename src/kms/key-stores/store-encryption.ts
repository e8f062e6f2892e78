import { KmsError } from '../../api/errors.ts'
import type { TextMap } from '../../api/shapes.ts'
import { concatBytes, lengthPrefixed } from '../../base/bytes.ts'
import { encodeStoreBlob, innerSealed, parseStoreBlob } from '../../custody/store-blob.ts'
import { tooFast } from '../../dispatch/failures.ts'
import { viaService } from '../../dispatch/forward.ts'
import { type Call, isDryRun } from '../../dispatch/operation.ts'
import type { ExternalKey, XksPurpose } from '../../xks/client/client.ts'
import { XKS_AAD_MAX_BYTES } from '../../xks/protocol/protocol.ts'
import { contextBytes } from '../cryptography/encryption-context.ts'
import { currentKeyMaterial, type Key, type KeyStoreOfKey } from '../keys/keys.ts'
import type { KmsDependencies } from '../kms-dependencies.ts'
import { targetOf } from './custom-key-store.ts'
import { askProxy } from './xks-errors.ts'

/** A call that uses a key. */
export type KeyUse = {
  readonly dependencies: KmsDependencies
  readonly call: Call
  /** The operation's name. */
  readonly operation: string
}

/** A key in an external key store. */
export type KeyInStore = Key & { readonly store: KeyStoreOfKey }

/** Whether a key is in an external key store. */
export function isInStore(key: Key): key is KeyInStore {
  return key.store !== undefined
}

/**
 * The ciphertext of a plaintext under a key in an external key store: encrypted with the key's own
 * material first, and what comes of that by the proxy. See docs/reference/formats/store-blob.md. A dry run, whose result
 * nobody sees, checks what can be checked here and gives no bytes.
 *
 * @throws KMSInvalidStateException with the proxy's reason; ValidationException for a context that
 *   no proxy takes.
 */
export async function encryptInStore(
  use: KeyUse,
  key: KeyInStore,
  plaintext: Uint8Array,
  context: TextMap | undefined,
): Promise<Uint8Array> {
  const aad = proxyContext(context)
  if (isDryRun(use.call)) return NOTHING
  const { custody, xks } = use.dependencies
  await charge(use, key)
  const inner = await custody.encrypt(currentKeyMaterial(key), plaintext, innerContext(aad))
  const input = { plaintext: innerSealed(inner), aad }
  const sealed = await askProxy('cryptography', xks.encrypt(externalKey(key), input, purposeOf(use, key)))
  return encodeStoreBlob(inner, sealed)
}

/**
 * The plaintext of a ciphertext that {@link encryptInStore} has made; of a dry run as it says.
 *
 * @throws InvalidCiphertextException when it is none of this key's; KMSInvalidStateException with
 *   the proxy's reason, or when what the proxy has decrypted does not open.
 */
export async function decryptInStore(
  use: KeyUse,
  key: KeyInStore,
  ciphertext: Uint8Array,
  context: TextMap | undefined,
): Promise<Uint8Array> {
  const aad = proxyContext(context)
  const { custody, xks } = use.dependencies
  const ref = currentKeyMaterial(key)
  const blob = parseStoreBlob(ciphertext)
  const ours = blob?.keyId === key.keyId && ref.materialId.startsWith(blob.materialPrefix)
  if (blob === undefined || !ours) throw new KmsError('InvalidCiphertextException')
  if (isDryRun(use.call)) return NOTHING
  await charge(use, key)
  const input = { ...blob.outer, aad }
  const sealed = await askProxy('cryptography', xks.decrypt(externalKey(key), input, purposeOf(use, key)))
  const inner = blob.inner(sealed)
  const plaintext = inner && (await custody.decrypt(ref, inner, innerContext(aad)))
  if (plaintext === undefined) throw new KmsError('KMSInvalidStateException', DOES_NOT_OPEN)
  return plaintext
}

/**
 * Charges the store's own rate, so that no proxy gets more calls than it can answer. @throws
 * ThrottlingException.
 */
async function charge({ dependencies }: KeyUse, { account, region, store }: KeyInStore): Promise<void> {
  if (await dependencies.quotas.admitStore(account, region, store.record.name)) return
  throw tooFast('kms')
}

/** Source: AWS KMS Developer Guide, "Troubleshooting external key stores". */
const DOES_NOT_OPEN =
  'The ciphertext that the external key store proxy submitted for decryption, or the encryption context, is corrupted, missing, or otherwise invalid.'

const NOTHING = new Uint8Array(0)

/** The key store's data in the audit event of a use of the key. */
export function storeData({ store }: KeyInStore): { readonly [name: string]: string } {
  return { customKeyStoreId: store.record.name, xksKeyId: store.xksKeyId }
}

/** The additional data for the proxy. @throws ValidationException. */
function proxyContext(context: TextMap | undefined): Uint8Array {
  const aad = contextBytes(context)
  if (aad.length <= XKS_AAD_MAX_BYTES) return aad
  throw new KmsError(
    'ValidationException',
    `EncryptionContext: at most ${XKS_AAD_MAX_BYTES} bytes with the lengths of its names and values for a key in an external key store, got ${aad.length}.`,
  )
}

/** An odd number of fields, which no encryption context has: an inner blob is never one of format 1. */
const INNER_LABEL = lengthPrefixed('holdfast/2/external-key-store')

function innerContext(aad: Uint8Array): Uint8Array {
  return concatBytes(INNER_LABEL, aad)
}

function externalKey({ region, store }: KeyInStore): ExternalKey {
  return { target: targetOf(region, store.record.value), keyId: store.xksKeyId }
}

function purposeOf({ call, operation }: KeyUse, key: Key): XksPurpose {
  const { requestId, caller } = call
  const subject = { principalArn: caller.arn, keyArn: key.arn }
  if (caller.via === undefined) return { requestId, operation, subject }
  return { requestId, operation, subject: { ...subject, viaService: viaService(caller.via, key.region) } }
}
