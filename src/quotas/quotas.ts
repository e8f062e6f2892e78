import { RATES } from './rates.ts'

/** A limit of an account that the operator can change. */
export type Quota = {
  /** `kms.keys`: a number of things; `kms.CreateKey`: calls of a kind per second. */
  readonly name: string
  readonly unit: 'in total' | 'a second'
  readonly about: string
  /** The account's quota at AWS unless AWS raises it; where {@link isOurs}, Holdfast's value instead. */
  readonly aws: number
  /** AWS publishes no such quota. */
  readonly isOurs?: true
  /** The account's quota in Holdfast unless the operator changes it. */
  readonly byDefault: number
  readonly min: number
  readonly max: number
}

/**
 * Resource quotas, for each region of an account or, in IAM, for the account.
 *
 * The records are designed for the largest values: a key's aliases are deleted with it in one commit, and IAM
 * lists entities by reading them all.
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

/** The name of a resource quota. */
export type ResourceQuota = keyof typeof RESOURCES

/** The quotas of one account that differ from the default, by name, as in its record. */
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

/** The resource quota of an account. */
export function limitOf(stored: StoredQuotas | undefined, name: ResourceQuota): number {
  return stored?.[name] ?? RESOURCES[name].aws
}
