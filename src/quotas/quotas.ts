import { RATES } from './rates.ts'

/** A limit of an account, which the operator can change. */
export type Quota = {
  /** `kms.keys`: what there may be of in total; `kms.CreateKey`: calls of a kind in a second. */
  readonly name: string
  readonly unit: 'in total' | 'a second'
  readonly about: string
  /** What an account has at AWS unless AWS raises it; where {@link isOurs}, what stands for it. */
  readonly aws: number
  /** AWS publishes no such quota. */
  readonly isOurs?: true
  /** What an account has here unless the operator changes it. */
  readonly byDefault: number
  readonly min: number
  readonly max: number
}

/**
 * Quotas on what an account has, for each of its regions or, of IAM, as a whole.
 *
 * The largest values are what the records are made for: a key's aliases go with it in one commit, and IAM lists
 * entities by reading them all.
 *
 * Sources: AWS KMS Developer Guide, "Resource quotas"; IAM User Guide, "IAM and AWS STS quotas".
 */
const RESOURCES = {
  'kms.keys': { about: 'customer managed keys in a region', aws: 100_000, max: 10_000_000 },
  'kms.aliases-per-key': { about: 'aliases of a key', aws: 50, max: 500 },
  'kms.grants-per-key': { about: 'grants on a key', aws: 50_000, max: 500_000 },
  'kms.custom-key-stores': { about: 'custom key stores in a region', aws: 10, max: 1000 },
  'iam.users': { about: 'users', aws: 5000, max: 50_000 },
  'iam.groups': { about: 'groups', aws: 300, max: 10_000 },
  'iam.roles': { about: 'roles', aws: 1000, max: 50_000 },
  'iam.policies': { about: 'customer managed policies', aws: 1500, max: 50_000 },
  'iam.instance-profiles': { about: 'instance profiles', aws: 1000, max: 10_000 },
  'iam.oidc-providers': { about: 'identity providers', aws: 100, max: 700 },
  'iam.policies-per-user': { about: 'managed policies attached to a user', aws: 10, max: 20 },
  'iam.policies-per-group': { about: 'managed policies attached to a group', aws: 10, max: 20 },
  'iam.policies-per-role': { about: 'managed policies attached to a role', aws: 10, max: 20 },
} as const

/** The name of a quota on what an account has. */
export type ResourceQuota = keyof typeof RESOURCES

/** The quotas of one account that differ from the default, by name, as its record holds them. */
export type StoredQuotas = Readonly<Record<string, number>>

/** Every quota, by name. */
export const QUOTAS: ReadonlyMap<string, Quota> = new Map(
  [
    ...Object.entries(RESOURCES).map(
      ([name, facts]): Quota => ({ name, unit: 'in total', byDefault: facts.aws, min: 0, ...facts }),
    ),
    ...RATES.values(),
  ].map((quota) => [quota.name, quota]),
)

/** What a quota on what an account has is for the account. */
export function limitOf(stored: StoredQuotas | undefined, name: ResourceQuota): number {
  return stored?.[name] ?? RESOURCES[name].aws
}
