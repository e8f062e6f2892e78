import { KmsError } from '../../api/errors.ts'
import {
  GROUP_POLICIES_MAX_CHARS,
  ROLE_POLICIES_MAX_CHARS,
  USER_POLICIES_MAX_CHARS,
} from '../../policy/flavour.ts'
import type { ResourceQuota } from '../../quotas/quotas.ts'
import {
  type Change,
  insert,
  type Kind,
  type Records,
  remove,
  replace,
  type Stored,
} from '../../store/records.ts'
import type { IamDependencies } from '../iam-dependencies.ts'
import {
  COUNTS,
  COUNTS_PARTITION,
  type CountsValue,
  type EntityValue,
  GROUP,
  type GroupValue,
  NAME,
  ROLE,
  type RoleValue,
  read,
  USER,
  type UserValue,
} from '../iam-records.ts'
import { pathedArn } from './arns.ts'

/** The values of the three kinds of entities. */
type EntityValues = { user: UserValue; group: GroupValue; role: RoleValue }

/** A user, group or role. */
export type EntityKind = keyof EntityValues

/** A quota on a number of things in an account. */
export type CountQuota = {
  readonly name: ResourceQuota
  /** Its name in messages. */
  readonly title: string
}

/** What differs between the kinds. */
export type EntityFacts<V extends EntityValue> = {
  readonly name: EntityKind
  readonly kind: Kind<V>
  readonly count: 'users' | 'groups' | 'roles'
  readonly quota: CountQuota
  /** Characters of all inline policies together, white space aside. */
  readonly inlineMaxChars: number
}

/** @see EntityFacts */
export const USERS: EntityFacts<UserValue> = {
  name: 'user',
  kind: USER,
  count: 'users',
  quota: { name: 'iam.users', title: 'UsersPerAccount' },
  inlineMaxChars: USER_POLICIES_MAX_CHARS,
}

/** @see EntityFacts */
export const GROUPS: EntityFacts<GroupValue> = {
  name: 'group',
  kind: GROUP,
  count: 'groups',
  quota: { name: 'iam.groups', title: 'GroupsPerAccount' },
  inlineMaxChars: GROUP_POLICIES_MAX_CHARS,
}

/** @see EntityFacts */
export const ROLES: EntityFacts<RoleValue> = {
  name: 'role',
  kind: ROLE,
  count: 'roles',
  quota: { name: 'iam.roles', title: 'RolesPerAccount' },
  inlineMaxChars: ROLE_POLICIES_MAX_CHARS,
}

/** The partition of the names of a kind. */
function namePartition(account: string, kind: string): string {
  return `${account}/${kind}`
}

/** The user, group or role with a name, in any case. */
export async function findByName<V extends EntityValue>(
  records: Records,
  facts: EntityFacts<V>,
  account: string,
  name: string,
): Promise<Stored<V> | undefined> {
  const id = await findIdByName(records, account, facts.name, name)
  return id === undefined ? undefined : read(records, facts.kind, account, id)
}

/** The unique id of the user, group or role with a name, in any case. */
export async function findIdByName(
  records: Records,
  account: string,
  kind: EntityKind,
  name: string,
): Promise<string | undefined> {
  return (await read(records, NAME, namePartition(account, kind), name.toLowerCase()))?.value.id
}

/** The error for a user, group or role that does not exist. Source: recorded answers of IAM. */
export function noSuchEntity(kind: string, name: string): KmsError {
  return new KmsError('NoSuchEntityException', `The ${kind} with name ${name} cannot be found.`)
}

/** The error for a name that is taken. Source: recorded answers of IAM. */
export function alreadyExists(kind: string, name: string): KmsError {
  const label = kind.charAt(0).toUpperCase() + kind.slice(1)
  return new KmsError('EntityAlreadyExistsException', `${label} with name ${name} already exists.`)
}

/** The error for one more than a quota allows. */
export function quotaExceeded(name: string, quota: number): KmsError {
  return new KmsError('LimitExceededException', `Cannot exceed quota for ${name}: ${quota}`)
}

/** The error for an entity that is still in use. Source: recorded answers of IAM. */
export function deleteConflict(what: string): KmsError {
  return new KmsError('DeleteConflictException', `Cannot delete entity, must ${what} first.`)
}

/** The ARN of a user, group or role. */
export function entityArn(account: string, kind: EntityKind, value: EntityValue): string {
  return pathedArn(account, kind, value)
}

type Counted = Exclude<keyof CountsValue, 'format'>

const NO_COUNTS: CountsValue = {
  format: 1,
  users: 0,
  groups: 0,
  roles: 0,
  policies: 0,
  profiles: 0,
  providers: 0,
}

/** The counts of an account. */
export async function readCounts(records: Records, account: string): Promise<CountsValue> {
  return (await read(records, COUNTS, COUNTS_PARTITION, account))?.value ?? NO_COUNTS
}

/** The change that counts one fewer. */
export async function countLess(
  records: Records,
  account: string,
  counted: Counted,
  fewer = 1,
): Promise<Change> {
  const present = await read(records, COUNTS, COUNTS_PARTITION, account)
  return changedCount(present, account, counted, -fewer)
}

/** The change that counts one more. @throws LimitExceededException beyond the quota. */
export async function countMore(
  { records, quotas }: QuotaDependencies,
  account: string,
  counted: Counted,
  quota: CountQuota,
): Promise<Change> {
  const present = await read(records, COUNTS, COUNTS_PARTITION, account)
  await checkQuota(quotas, account, quota, ((present?.value ?? NO_COUNTS)[counted] ?? 0) + 1)
  return changedCount(present, account, counted, 1)
}

type QuotaDependencies = Pick<IamDependencies, 'records' | 'quotas'>

function changedCount(
  present: Stored<CountsValue> | undefined,
  account: string,
  counted: Counted,
  by: number,
): Change {
  const value = present?.value ?? NO_COUNTS
  const counts = { ...value, [counted]: (value[counted] ?? 0) + by }
  return present === undefined ? insert(COUNTS, COUNTS_PARTITION, account, counts) : replace(present, counts)
}

/** Checks that the quota allows a number. @throws LimitExceededException. */
export async function checkQuota(
  quotas: QuotaDependencies['quotas'],
  account: string,
  { name, title }: CountQuota,
  amount: number,
): Promise<void> {
  const limit = await quotas.exceeded({ account, region: NO_REGION, quota: name, amount })
  if (limit !== undefined) throw quotaExceeded(title, limit)
}

/** IAM has no regions. */
const NO_REGION = 'global'

/**
 * The changes that make a user, group or role. @throws EntityAlreadyExistsException, LimitExceededException.
 */
export async function insertEntity<V extends EntityValue>(
  dependencies: QuotaDependencies,
  facts: EntityFacts<V>,
  account: string,
  value: V,
): Promise<readonly Change[]> {
  const { records } = dependencies
  if ((await findByName(records, facts, account, value.name)) !== undefined) {
    throw alreadyExists(facts.name, value.name)
  }
  return [
    insert(NAME, namePartition(account, facts.name), value.name.toLowerCase(), { format: 1, id: value.id }),
    insert(facts.kind, account, value.id, value),
    await countMore(dependencies, account, facts.count, facts.quota),
  ]
}

/** The changes that remove a user, group or role. */
export async function removeEntity<V extends EntityValue>(
  records: Records,
  facts: EntityFacts<V>,
  account: string,
  entity: Stored<V>,
): Promise<readonly Change[]> {
  const name = entity.value.name.toLowerCase()
  const entry = await read(records, NAME, namePartition(account, facts.name), name)
  return [
    remove(entity),
    ...(entry === undefined ? [] : [remove(entry)]),
    await countLess(records, account, facts.count),
  ]
}

/** The changes that give a user or group another name or path. @throws EntityAlreadyExistsException. */
export async function renameEntity<V extends EntityValue>(
  records: Records,
  facts: EntityFacts<V>,
  entity: Stored<V>,
  to: { readonly name: string | undefined; readonly path: string | undefined },
): Promise<readonly Change[]> {
  const { name, path } = entity.value
  const account = entity.partition
  const renamed = replace(entity, { ...entity.value, name: to.name ?? name, path: to.path ?? path })
  if (to.name === undefined || to.name.toLowerCase() === name.toLowerCase()) return [renamed]
  if ((await findByName(records, facts, account, to.name)) !== undefined)
    throw alreadyExists(facts.name, to.name)
  const partition = namePartition(account, facts.name)
  const entry = await read(records, NAME, partition, name.toLowerCase())
  return [
    renamed,
    ...(entry === undefined ? [] : [remove(entry)]),
    insert(NAME, partition, to.name.toLowerCase(), { format: 1, id: entity.value.id }),
  ]
}
