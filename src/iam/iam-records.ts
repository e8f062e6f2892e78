import { kindOfFormat1 } from '../store/kind.ts'
import { type Kind, LIST_MAX_RECORDS, type Records, type Stored } from '../store/records.ts'

/** A tag of a user, role, policy and so on. */
export type Tag = { readonly key: string; readonly value: string }

/** A policy that is part of one user, group or role. */
export type InlinePolicy = { readonly name: string; readonly document: string }

/** The values that users, groups and roles have in common. */
export type EntityValue = {
  readonly format: 1
  /** Never used again: `AIDA…`, `AGPA…`, `AROA…`. */
  readonly id: string
  readonly name: string
  /** `/` or `/…/`. */
  readonly path: string
  readonly createdAt: number
  readonly tags: readonly Tag[]
  readonly inline: readonly InlinePolicy[]
  /** ARNs of managed policies, in the order of attachment. */
  readonly attached: readonly string[]
  /** The ARN of the managed policy that is the permissions boundary. */
  readonly boundary?: string
}

/** A user. */
export type UserValue = EntityValue & {
  /** Unique ids. */
  readonly groups: readonly string[]
  readonly accessKeys: readonly string[]
  /** Whether it has a password: see `credentials/login-profile.ts`. */
  readonly hasPassword?: boolean
  /** The last sign-in by password: see `sign-in/password-sign-in.ts`. */
  readonly passwordLastUsed?: number
  /** Serial numbers of its MFA devices: see `credentials/mfa-device.ts`. */
  readonly mfaDevices?: readonly string[]
}

/** A group of users; its tags stay empty. */
export type GroupValue = EntityValue & { readonly members: number }

/** A role. */
export type RoleValue = EntityValue & {
  readonly description?: string
  readonly maxSessionSeconds: number
  /** The trust policy as given. */
  readonly trust: string
  /** Unique ids of the users and roles that the trust policy names, by ARN. */
  readonly bindings: Readonly<Record<string, string>>
  /** Names, in lower case, of the instance profiles that contain the role. */
  readonly profiles: readonly string[]
}

/** The unique id of a name. Partition: `<account>/<kind>`; name: the name in lower case. */
export type NameValue = { readonly format: 1; readonly id: string }

/** A user in a group. Partition: `<account>/<group id>`; name: the user's id. */
export type MemberValue = { readonly format: 1 }

/** A managed policy of an account. Partition: the account; name: the name in lower case. */
export type PolicyValue = {
  readonly format: 1
  readonly id: string
  readonly name: string
  readonly path: string
  readonly description?: string
  readonly createdAt: number
  readonly updatedAt: number
  /** The text of the default version. */
  readonly document: string
  readonly versions: readonly { readonly id: string; readonly createdAt: number }[]
  readonly defaultVersion: string
  /** The number of the next version: no number is used twice. */
  readonly nextVersion: number
  readonly tags: readonly Tag[]
  /** How many users, groups and roles have it attached or as their boundary. */
  readonly attachments: number
  readonly boundaries: number
}

/** The text of one version. Partition: `<account>/<policy id>`; name: `v1` and so on. */
export type PolicyVersionValue = { readonly format: 1; readonly document: string; readonly createdAt: number }

/** A use of a managed policy. Partition: `<account>/<policy ARN>`; name: `<use>/<entity id>`. */
export type AttachmentValue = {
  readonly format: 1
  readonly use: 'attached' | 'boundary'
  readonly entity: 'user' | 'group' | 'role'
  readonly id: string
}

/** An OIDC provider. Partition: the account; name: its URL without scheme. */
export type ProviderValue = {
  readonly format: 1
  readonly url: string
  readonly clientIds: readonly string[]
  readonly thumbprints: readonly string[]
  readonly tags: readonly Tag[]
  readonly createdAt: number
}

/** An instance profile. Partition: the account; name: the name in lower case. */
export type ProfileValue = {
  readonly format: 1
  readonly id: string
  readonly name: string
  readonly path: string
  readonly createdAt: number
  readonly tags: readonly Tag[]
  /** Unique ids. */
  readonly roles: readonly string[]
}

/** The counts of an account. Partition: {@link COUNTS_PARTITION}; name: the account. */
export type CountsValue = {
  readonly format: 1
  readonly users: number
  readonly groups: number
  readonly roles: number
  readonly policies: number
  readonly profiles: number
  readonly providers: number
  /** Virtual MFA devices, and how many of them are enabled; none when it does not say. */
  readonly mfaDevices?: number
  readonly mfaDevicesInUse?: number
}

/** The kinds of IAM's records. */
export const USER: Kind<UserValue> = kindOfFormat1('iam-user')
/** @see USER */
export const GROUP: Kind<GroupValue> = kindOfFormat1('iam-group')
/** @see USER */
export const ROLE: Kind<RoleValue> = kindOfFormat1('iam-role')
/** @see USER */
export const NAME: Kind<NameValue> = kindOfFormat1('iam-name')
/** @see USER */
export const MEMBER: Kind<MemberValue> = kindOfFormat1('iam-member')
/** @see USER */
export const POLICY: Kind<PolicyValue> = kindOfFormat1('iam-policy')
/** @see USER */
export const POLICY_VERSION: Kind<PolicyVersionValue> = kindOfFormat1('iam-policy-version')
/** @see USER */
export const ATTACHMENT: Kind<AttachmentValue> = kindOfFormat1('iam-attachment')
/** @see USER */
export const PROVIDER: Kind<ProviderValue> = kindOfFormat1('iam-provider')
/** @see USER */
export const PROFILE: Kind<ProfileValue> = kindOfFormat1('iam-profile')
/** @see USER */
export const COUNTS: Kind<CountsValue> = kindOfFormat1('iam-counts')

/** The one partition of counts. */
export const COUNTS_PARTITION = 'all'

/** A record from the cache, or from the store when the cache does not have it. */
export async function read<V extends object>(
  records: Records,
  kind: Kind<V>,
  partition: string,
  name: string,
): Promise<Stored<V> | undefined> {
  return records.peek(kind, partition, name) ?? (await records.get(kind, partition, name))
}

/** All records of a partition. Only for partitions whose size a quota bounds. */
export async function readAll<V extends object>(
  records: Records,
  kind: Kind<V>,
  partition: string,
): Promise<readonly Stored<V>[]> {
  const all: Stored<V>[] = []
  let after: string | undefined
  do {
    const page = await records.list(kind, { partition, after, limit: LIST_MAX_RECORDS })
    all.push(...page.records)
    after = page.next
  } while (after !== undefined)
  return all
}
