import { kindOfFormat1 } from '../store/kind.ts'
import type { Kind } from '../store/records.ts'

/** States that a key is put into; see `key-state.ts` for what each allows. */
export type KeyState = 'Enabled' | 'Disabled' | 'PendingDeletion'

/** A tag of a key. */
export type Tag = { readonly key: string; readonly value: string }

/**
 * A KMS key, without its material. Its partition is `<account>/<region>`, its name the key id.
 *
 * States: Enabled and Disabled, either way; PendingDeletion from both, and from there to Disabled
 * or out of existence.
 */
export type KeyValue = {
  readonly format: 1
  readonly createdAt: number
  readonly description: string
  readonly spec: 'SYMMETRIC_DEFAULT'
  readonly usage: 'ENCRYPT_DECRYPT'
  readonly origin: 'AWS_KMS'
  readonly multiRegion: false
  readonly state: KeyState
  /** When a key that is pending deletion goes, and the window that was asked for. */
  readonly deletion?: { readonly at: number; readonly windowDays: number }
  /** The key policy as it was given. */
  readonly policy: string
  /** Unique ids, by ARN, of the users and roles that the policy named when it was put. */
  readonly principalIds?: Readonly<Record<string, string>>
  /** In the order in which they were first set. */
  readonly tags: readonly Tag[]
  /** Names with prefix of the aliases that point here. */
  readonly aliases: readonly string[]
  /** The id of the material that encrypts. */
  readonly materialId: string
}

/** The kind of keys. */
export const KEY: Kind<KeyValue> = kindOfFormat1('key')

/** Which account a key of a region belongs to. Partition: the region; name: the key id. */
export const KEY_OWNER: Kind<{ readonly format: 1; readonly account: string }> = kindOfFormat1('key-owner')

/** An alias. Partition: `<account>/<region>`; name: the alias name with its prefix. */
export type AliasValue = {
  readonly format: 1
  readonly keyId: string
  readonly createdAt: number
  readonly updatedAt: number
}

/** The kind of aliases. */
export const ALIAS: Kind<AliasValue> = kindOfFormat1('alias')

/**
 * A wrapped key material. Partition: `<account>/<region>/<key id>`; name: the part of the material
 * id that ciphertext blobs carry.
 */
export type MaterialValue = {
  readonly format: 1
  readonly materialId: string
  readonly under: string
  readonly wrapped: string
  readonly createdAt: number
}

/** The kind of materials. */
export const MATERIAL: Kind<MaterialValue> = kindOfFormat1('material')

/** A wrapped domain key. Partition: `<account>/<region>`; name: its id. */
export type DomainKeyValue = {
  readonly format: 1
  readonly under: string
  readonly wrapped: string
  readonly createdAt: number
}

/** The kind of domain keys. */
export const DOMAIN_KEY: Kind<DomainKeyValue> = kindOfFormat1('domain-key')

/** The domain key that wraps new material. Partition: `<account>/<region>`; name: `current`. */
export const CURRENT_DOMAIN_KEY: Kind<{ readonly format: 1; readonly domainKeyId: string }> =
  kindOfFormat1('domain-key-current')

/** The partition of what belongs to an account in a region. */
export function partitionOf(account: string, region: string): string {
  return `${account}/${region}`
}

/** The partition of a key's materials. */
export function materialPartition(account: string, region: string, keyId: string): string {
  return `${account}/${region}/${keyId}`
}
