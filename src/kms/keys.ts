import { keyArn } from '../api/arn.ts'
import type { KmsError } from '../api/errors.ts'
import type { EpochMs } from '../base/ports.ts'
import type { MaterialRef } from '../custody/material.ts'
import { type CompiledPolicy, compilePolicy } from '../policy/compile.ts'
import { parsePolicy } from '../policy/parse.ts'
import type { Records, Stored } from '../store/records.ts'
import { aliasNotFound, type Identifier, keyNotFound } from './identifier.ts'
import { ALIAS, KEY, KEY_OWNER, type KeyValue, partitionOf } from './key-record.ts'

/** A key as operations see it. */
export type Key = {
  readonly record: Stored<KeyValue>
  readonly account: string
  readonly region: string
  readonly keyId: string
  readonly arn: string
  readonly policy: CompiledPolicy
}

/** Where keys are looked for: the records, the region of the call, and its moment. */
export type KeyScope = { readonly records: Records; readonly region: string; readonly now: EpochMs }

/** The key that an identifier names, or nothing. */
export async function findKey(scope: KeyScope, identifier: Identifier): Promise<Key | undefined> {
  const { account } = identifier
  const keyId = identifier.type === 'key' ? identifier.keyId : await findTarget(scope, identifier)
  if (keyId === undefined) return undefined
  const partition = partitionOf(account, scope.region)
  const record = scope.records.peek(KEY, partition, keyId) ?? (await scope.records.get(KEY, partition, keyId))
  if (record === undefined || isGone(record.value, scope.now)) return undefined
  return keyOf(record, account, scope.region)
}

/** The key that a ciphertext blob names, in whatever account it is. */
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

/**
 * A key whose time has come is gone, whether or not the job that removes it has run.
 */
function isGone(value: KeyValue, now: EpochMs): boolean {
  return value.deletion !== undefined && value.deletion.at <= now
}

/** The material of a key that encrypts. */
export function currentMaterial(key: Key): MaterialRef {
  const { account, region, keyId, record } = key
  return { account, region, keyId, materialId: record.value.materialId }
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

/** Keys by their record's value: equal versions share one, so this is made once per version. */
const KEYS = new WeakMap<KeyValue, Key>()

/** A key from its record. */
export function keyOf(record: Stored<KeyValue>, account: string, region: string): Key {
  const known = KEYS.get(record.value)
  if (known !== undefined) return known
  const key: Key = {
    record,
    account,
    region,
    keyId: record.name,
    arn: keyArn(region, account, record.name),
    policy: compilePolicy(parsePolicy(record.value.policy, { flavour: 'key' }), {
      bindings: record.value.principalIds && new Map(Object.entries(record.value.principalIds)),
    }),
  }
  KEYS.set(record.value, key)
  return key
}
