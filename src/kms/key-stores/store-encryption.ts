import { KmsError } from '../../api/errors.ts'
import type { TextMap } from '../../api/shapes.ts'
import { present } from '../../base/assert.ts'
import { concatBytes, lengthPrefixed } from '../../base/bytes.ts'
import {
  encodeStoreBlob,
  innerSealed,
  type OuterCiphertext,
  parseStoreBlob,
} from '../../custody/store-blob.ts'
import { tooFast } from '../../dispatch/failures.ts'
import { viaService } from '../../dispatch/forward.ts'
import { type Call, isDryRun } from '../../dispatch/operation.ts'
import { tokenContext } from '../../pkcs11/token-names.ts'
import type { XksPurpose } from '../../xks/client/client.ts'
import { XKS_AAD_MAX_BYTES } from '../../xks/protocol/protocol.ts'
import { contextBytes } from '../cryptography/encryption-context.ts'
import { currentKeyMaterial, type Key, type KeyStoreOfKey } from '../keys/keys.ts'
import type { KmsDependencies } from '../kms-dependencies.ts'
import { keysOfCluster, tokenLabel } from './cluster.ts'
import {
  type ClusterStoreValue,
  type ExternalStoreValue,
  isClusterStore,
  targetOf,
} from './custom-key-store.ts'
import { askToken } from './token-errors.ts'
import { askProxy } from './xks-errors.ts'

/** A call that uses a key. */
export type KeyUse = {
  readonly dependencies: KmsDependencies
  readonly call: Call
  /** The operation's name. */
  readonly operation: string
}

/** A key in a custom key store. */
export type KeyInStore = Key & { readonly store: KeyStoreOfKey }

/** Whether a key is in a custom key store. */
export function isInStore(key: Key): key is KeyInStore {
  return key.store !== undefined
}

/**
 * The ciphertext of a plaintext under a key in a custom key store: encrypted with the key's own
 * material first, and what comes of that by the proxy or the token. See docs/reference/formats/store-blob.md. A dry run, whose result
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
  const aad = storeContext(key, context)
  if (isDryRun(use.call)) return NOTHING
  const { custody } = use.dependencies
  await charge(use, key)
  const inner = await custody.encrypt(currentKeyMaterial(key), plaintext, innerContext(key, aad))
  return encodeStoreBlob(inner, await outerOf(use, key).encrypt(innerSealed(inner), aad))
}

/**
 * The plaintext of a ciphertext that {@link encryptInStore} has made; of a dry run as it says.
 *
 * @throws InvalidCiphertextException when it is none of this key's; KMSInvalidStateException with
 *   the reason of proxy or token, or when what they have decrypted does not open.
 */
export async function decryptInStore(
  use: KeyUse,
  key: KeyInStore,
  ciphertext: Uint8Array,
  context: TextMap | undefined,
): Promise<Uint8Array> {
  const aad = storeContext(key, context)
  const { custody } = use.dependencies
  const ref = currentKeyMaterial(key)
  const blob = parseStoreBlob(ciphertext)
  const ours = blob?.keyId === key.keyId && ref.materialId.startsWith(blob.materialPrefix)
  if (blob === undefined || !ours) throw new KmsError('InvalidCiphertextException')
  if (isDryRun(use.call)) return NOTHING
  await charge(use, key)
  const inner = blob.inner(await outerOf(use, key).decrypt(blob.outer, aad))
  const plaintext = inner && (await custody.decrypt(ref, inner, innerContext(key, aad)))
  if (plaintext !== undefined) return plaintext
  // A token answers with what its key has encrypted, a proxy with what it likes.
  if (isClusterStore(key.store.record.value)) throw new KmsError('InvalidCiphertextException')
  throw new KmsError('KMSInvalidStateException', DOES_NOT_OPEN)
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
  const { xksKeyId } = store
  return { customKeyStoreId: store.record.name, ...(xksKeyId === undefined ? {} : { xksKeyId }) }
}

/** The context as both layers bind it. @throws ValidationException when no proxy takes one so long. */
function storeContext({ store }: KeyInStore, context: TextMap | undefined): Uint8Array {
  const aad = contextBytes(context)
  if (isClusterStore(store.record.value) || aad.length <= XKS_AAD_MAX_BYTES) return aad
  throw new KmsError(
    'ValidationException',
    `EncryptionContext: at most ${XKS_AAD_MAX_BYTES} bytes with the lengths of its names and values for a key in an external key store, got ${aad.length}.`,
  )
}

/** An odd number of fields, which no encryption context has: an inner blob is never one of format 1. */
const PROXY_INNER_LABEL = lengthPrefixed('holdfast/2/external-key-store')
const TOKEN_INNER_LABEL = lengthPrefixed('holdfast/2/token')

function innerContext({ store }: KeyInStore, aad: Uint8Array): Uint8Array {
  return concatBytes(isClusterStore(store.record.value) ? TOKEN_INNER_LABEL : PROXY_INNER_LABEL, aad)
}

/** What the holder of the outer key does: a proxy, or a token. */
type OuterKey = {
  readonly encrypt: (sealed: Uint8Array, aad: Uint8Array) => Promise<OuterCiphertext>
  readonly decrypt: (outer: OuterCiphertext, aad: Uint8Array) => Promise<Uint8Array>
}

function outerOf(use: KeyUse, key: KeyInStore): OuterKey {
  const { value } = key.store.record
  return isClusterStore(value) ? tokenKey(use, key, value) : proxyKey(use, key, value)
}

function proxyKey(use: KeyUse, key: KeyInStore, value: ExternalStoreValue): OuterKey {
  const { xks } = use.dependencies
  const external = {
    target: targetOf(key.region, value),
    keyId: present(key.store.xksKeyId, 'the external key'),
  }
  const purpose = purposeOf(use, key)
  return {
    encrypt: (plaintext, aad) => askProxy('cryptography', xks.encrypt(external, { plaintext, aad }, purpose)),
    decrypt: (outer, aad) => askProxy('cryptography', xks.decrypt(external, { ...outer, aad }, purpose)),
  }
}

function tokenKey({ dependencies }: KeyUse, key: KeyInStore, { cluster }: ClusterStoreValue): OuterKey {
  const label = tokenLabel(key.keyId)
  const keys = () => keysOfCluster(dependencies.tokens, key.account, cluster.id)
  return {
    encrypt: (plaintext, aad) => {
      const iv = dependencies.random.bytes(TOKEN_IV_BYTES)
      const encrypting = async () => keys().encrypt(label, { plaintext, iv, aad: tokenContext(key.arn, aad) })
      return askToken(
        'cryptography',
        encrypting().then((outer) => ({ ...outer, metadata: NOTHING })),
      )
    },
    decrypt: (outer, aad) => {
      const decrypting = async () => keys().decrypt(label, { ...outer, aad: tokenContext(key.arn, aad) })
      return askToken('cryptography', decrypting())
    },
  }
}

/** Source: NIST SP 800-38D, section 8.2: the size that needs no derivation. */
const TOKEN_IV_BYTES = 12

function purposeOf({ call, operation }: KeyUse, key: Key): XksPurpose {
  const { requestId, caller } = call
  const subject = { principalArn: caller.arn, keyArn: key.arn }
  if (caller.via === undefined) return { requestId, operation, subject }
  return { requestId, operation, subject: { ...subject, viaService: viaService(caller.via, key.region) } }
}
