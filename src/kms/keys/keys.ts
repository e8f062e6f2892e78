import { keyArn } from '../../api/arn.ts'
import type { KmsError } from '../../api/errors.ts'
import { assert, present } from '../../base/assert.ts'
import type { EpochMs } from '../../base/ports.ts'
import type { KeyMaterialRef } from '../../custody/key-material.ts'
import type { PublicKeyRef } from '../../custody/public-keys.ts'
import type { Consequence } from '../../dispatch/operation.ts'
import { type CompiledPolicy, compilePolicy } from '../../policy/compile.ts'
import { parsePolicy } from '../../policy/parse.ts'
import type { Change, Records, Stored } from '../../store/records.ts'
import { type CustomKeyStore, findStore } from '../key-stores/custom-key-store.ts'
import { aliasNotFound, type Identifier, keyNotFound } from './identifier.ts'
import { ALIAS, KEY, KEY_OWNER, type KeyState, type KeyValue, partitionOf } from './key-record.ts'
import { stateAt, stateWithoutStore } from './key-state.ts'

/** A key as operations see it. */
export type Key = {
  readonly record: Stored<KeyValue>
  readonly account: string
  readonly region: string
  readonly keyId: string
  readonly arn: string
  /** The state at the time of the call. */
  readonly state: KeyState
  readonly policy: CompiledPolicy
  /** The custom key store that the key is in. */
  readonly store?: KeyStoreOfKey
  /** For a key that does not exist yet: the changes that make it. */
  readonly making?: { readonly changes: readonly Change[]; readonly event: Consequence }
}

/** A custom key store, and an external one's name for a key. */
export type KeyStoreOfKey = { readonly record: CustomKeyStore; readonly xksKeyId: string | undefined }

/** Where keys are looked up: the records, and the region and time of the call. */
export type KeyScope = { readonly records: Records; readonly region: string; readonly now: EpochMs }

/** The key that an identifier names, or nothing. */
export async function findKey(scope: KeyScope, identifier: Identifier): Promise<Key | undefined> {
  const { account } = identifier
  const keyId = identifier.type === 'key' ? identifier.keyId : await findTarget(scope, identifier)
  if (keyId === undefined) return undefined
  const partition = partitionOf(account, scope.region)
  const record = scope.records.peek(KEY, partition, keyId) ?? (await scope.records.get(KEY, partition, keyId))
  if (record === undefined || isGone(record.value, scope.now)) return undefined
  const key = keyAt(record, account, scope)
  return record.value.keyStore === undefined ? key : withStore(scope, key, record.value.keyStore)
}

async function withStore(
  scope: KeyScope,
  key: Key,
  { id, xksKeyId }: NonNullable<KeyValue['keyStore']>,
): Promise<Key> {
  const { records, region } = scope
  const record = present(await findStore({ records, account: key.account, region }, id), 'the store of a key')
  const connected = record.value.connection.state === 'CONNECTED'
  return {
    ...key,
    state: connected ? key.state : stateWithoutStore(key.state),
    store: { record, xksKeyId },
  }
}

/** The key that a ciphertext blob names, in any account. */
export async function findKeyOfBlob(scope: KeyScope, keyId: string): Promise<Key | undefined> {
  const owner = await scope.records.get(KEY_OWNER, scope.region, keyId)
  return owner && findKey(scope, { type: 'key', account: owner.value.account, keyId })
}

/** The error for an identifier of the caller's own account that names nothing. */
export function notFound(identifier: Identifier, region: string): KmsError {
  return identifier.type === 'key'
    ? keyNotFound(keyArn(region, identifier.account, identifier.keyId))
    : aliasNotFound(region, identifier.account, identifier.name)
}

/** Whether the deletion of a key is due: it is gone, whether or not the job has removed it. */
export function isGone(value: KeyValue, now: EpochMs): boolean {
  const at = value.deletion?.at
  return at !== undefined && at <= now
}

function keyAt(record: Stored<KeyValue>, account: string, scope: KeyScope): Key {
  const key = keyOf(record, account, scope.region)
  const state = stateAt(record.value, scope.now)
  return state === key.state ? key : { ...key, state }
}

/** The current key material of a key whose state allows its use. */
export function currentKeyMaterial(key: Key): KeyMaterialRef {
  const { spec, materialId } = key.record.value
  assert(materialId !== undefined, 'a key that can be used has a material')
  return { account: key.account, region: key.region, keyId: key.keyId, spec, materialId }
}

async function findTarget(
  scope: KeyScope,
  { account, name }: { readonly account: string; readonly name: string },
): Promise<string | undefined> {
  const partition = partitionOf(account, scope.region)
  const alias =
    scope.records.peek(ALIAS, partition, name) ?? (await scope.records.get(ALIAS, partition, name))
  return alias?.value.keyId
}

/** The public key of an asymmetric key that has its key material. */
export function publicKeyOf(key: Key): PublicKeyRef {
  const { spec, publicKey } = key.record.value
  return { spec, spki: present(publicKey, 'the public key') }
}

/** Keys by their record's value: equal versions share one, so this is made once per version. */
const KEYS = new WeakMap<KeyValue, Key>()

/** A key from its record. */
export function keyOf(record: Stored<KeyValue>, account: string, region: string): Key {
  const known = KEYS.get(record.value)
  if (known !== undefined) return known
  let policy: CompiledPolicy | undefined
  const key: Key = {
    record,
    account,
    region,
    keyId: record.name,
    arn: keyArn(region, account, record.name),
    state: record.value.state,
    // A large policy takes milliseconds to compile, and lists and new keys need none.
    get policy() {
      policy ??= compilePolicy(parsePolicy(record.value.policy, { flavour: 'key' }), {
        bindings: record.value.principalIds && new Map(Object.entries(record.value.principalIds)),
      })
      return policy
    },
  }
  KEYS.set(record.value, key)
  return key
}
