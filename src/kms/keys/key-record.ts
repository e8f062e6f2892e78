import type { KeyOrigin, KeySpec, KeyUsage } from '../../api/key-specs.ts'
import type { WrappedKey } from '../../custody/wrapping.ts'
import { kindOfFormat1 } from '../../store/kind.ts'
import type { Kind } from '../../store/records.ts'

/** Every key state. Source: the service model. */
export const KEY_STATES = [
  'Enabled',
  'Disabled',
  'PendingImport',
  'PendingDeletion',
  'PendingReplicaDeletion',
  'Unavailable',
  'Creating',
  'Updating',
] as const

/** States of a key; see `key-state.ts` for what each allows. */
export type KeyState = (typeof KEY_STATES)[number]

/** Whether imported key material expires. */
export type ExpirationModel = 'KEY_MATERIAL_EXPIRES' | 'KEY_MATERIAL_DOES_NOT_EXPIRE'

/** A tag of a key. */
export type Tag = { readonly key: string; readonly value: string }

/**
 * A KMS key, without its material. Its partition is `<account>/<region>`, its name the key id.
 *
 * States: Enabled and Disabled, either way; PendingDeletion from both, and from there to Disabled
 * or out of existence; PendingReplicaDeletion before it while a primary key has replicas;
 * PendingImport while imported material is missing. Unavailable, Creating and Updating are never
 * stored: see `key-state.ts`.
 */
export type KeyValue = {
  readonly format: 1
  readonly createdAt: number
  readonly description: string
  readonly spec: KeySpec
  readonly usage: KeyUsage
  readonly origin: KeyOrigin
  /** The set that a multi-Region key belongs to; each of its keys has a copy, changed in one commit. */
  readonly multiRegion?: RegionSet
  readonly state: KeyState
  /** The date of a key's deletion, and the waiting period. */
  readonly deletion?: {
    /** Not set while a primary key waits for the deletion of its replicas. */
    readonly at?: number
    readonly windowDays: number
  }
  /** The key policy as given. */
  readonly policy: string
  /** Unique ids, by ARN, of the users and roles that the policy named when it was put. */
  readonly principalIds?: Readonly<Record<string, string>>
  /** In the order in which they were first set. */
  readonly tags: readonly Tag[]
  /** Names, with prefix, of the aliases of this key. */
  readonly aliases: readonly string[]
  /** The number of its grants; without it, none. */
  readonly grants?: number
  /** The id of the current key material; none before the first import. */
  readonly materialId?: string
  /** The SubjectPublicKeyInfo of an asymmetric key, base64 of DER. */
  readonly publicKey?: string
  /** Automatic rotation, while it is enabled. */
  readonly rotation?: { readonly periodDays: number; readonly nextAt: number }
  /** Rotations on demand so far. */
  readonly onDemandRotations?: number
  /** The expiration of imported key material; set while all of it is present. */
  readonly imported?: { readonly model: ExpirationModel; readonly validTo?: number }
  /** Whether it is the key of a service, which nobody of the account can change. */
  readonly managed?: true
  /** The key store of the key, if it is in one. */
  readonly keyStore?: { readonly id: string; readonly xksKeyId?: string }
}

/** The regions of a multi-Region key. */
export type RegionSet = { readonly primary: string; readonly replicas: readonly string[] }

/** The kind of keys. */
export const KEY: Kind<KeyValue> = kindOfFormat1('key')

/** The account of a key in a region. Partition: the region; name: the key id. */
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
 * Key material. Partition: `<account>/<region>/<key id>`; name: the part of the material id in ciphertext
 * blobs.
 *
 * States: current, when the key names it; pending, before its rotation; else a former one.
 */
export type KeyMaterialValue = {
  readonly format: 1
  readonly materialId: string
  /** Counts the key materials of a key, from 0: a rotation takes the next. */
  readonly order: number
  /** Absent while imported key material is deleted or expired. */
  readonly wrapped?: WrappedKey
  readonly createdAt: number
  /** How it became the current one; not set for a key's first. */
  readonly rotation?: { readonly type: 'AUTOMATIC' | 'ON_DEMAND'; readonly at: number }
  /** Whether it is pending rotation. */
  readonly pending?: true
  /** For imported key material. */
  readonly imported?: {
    readonly model: ExpirationModel
    readonly validTo?: number
    readonly description?: string
  }
}

/** The kind of key materials. */
export const KEY_MATERIAL: Kind<KeyMaterialValue> = kindOfFormat1('material')

/** A wrapped key-encryption key. Partition: `<account>/<region>`; name: its id. */
export type KekValue = {
  readonly format: 1
  readonly under: string
  readonly wrapped: string
  readonly createdAt: number
}

/** The kind of key-encryption keys. */
export const KEK: Kind<KekValue> = kindOfFormat1('domain-key')

/**
 * The key-encryption key that wraps new material. Partition: `<account>/<region>`; name:
 * `current`. Stored names keep the former word, domain key.
 */
export const CURRENT_KEK: Kind<{ readonly format: 1; readonly domainKeyId: string }> =
  kindOfFormat1('domain-key-current')

/** The partition of an account's records in a region. */
export function partitionOf(account: string, region: string): string {
  return `${account}/${region}`
}

/** The partition of a key's key materials. */
export function materialPartition(account: string, region: string, keyId: string): string {
  return `${account}/${region}/${keyId}`
}
