import { PARTITION, parseArn } from '../../api/arn.ts'
import { KmsError } from '../../api/errors.ts'
import { hiddenDenial } from '../../policy/denial.ts'
import type { Stored } from '../../store/records.ts'
import type { Finder, Invocation, Need, Subject } from '../iam-operation.ts'
import {
  type EntityValue,
  type GroupValue,
  POLICY,
  type PolicyValue,
  type RoleValue,
  read,
  type UserValue,
} from '../iam-records.ts'
import { findManagedByAws, type ManagedByAws } from '../policies/managed-by-aws.ts'
import { iamArn, parseIamArn } from './arns.ts'
import { type EntityFacts, entityArn, findByName, GROUPS, noSuchEntity, ROLES, USERS } from './entities.ts'
import { SERVICE_ROLE_PATH } from './service-linked.ts'

/** The account as a whole: its permissions name no resource. */
export const ON_ACCOUNT: Finder<unknown, null> = () => ({ arn: '*', entity: null })

/** Everything of one kind in an account, below `PathPrefix` if there is one. */
export function onAll(kind: string): Finder<unknown, null> {
  return ({ call, input }) => {
    const prefix = parseMember(input, 'PathPrefix') ?? '/'
    const shown = kind === 'policy' ? { shown: `policy path ${prefix}` } : {}
    return { arn: iamArn(call.caller.account, `${kind}${prefix}`), ...shown, entity: null }
  }
}

/**
 * Something to make, with the name and path of the input.
 *
 * @throws InvalidInputException for a path of AWS.
 */
export function toBeMade<I extends { readonly Path?: string | undefined }>(
  kind: string,
  nameOf: (input: I) => string,
): Finder<I, null> {
  return ({ call, input }) => {
    const { account } = call.caller
    const name = nameOf(input)
    refuseReservedPath(input.Path)
    const shown = kind === 'policy' ? { shown: `policy ${name}` } : {}
    return { arn: iamArn(account, `${kind}${input.Path ?? '/'}${name}`), ...shown, entity: null }
  }
}

const SERVICE_ROLE_TEXT = "Paths beginning with '/aws-service-role' are reserved for AWS Service Linked Roles"

/** The beginnings of paths that only AWS may use. Source: recorded answers of IAM for the first. */
const RESERVED_PATHS = [
  { beginning: SERVICE_ROLE_PATH, text: SERVICE_ROLE_TEXT },
  { beginning: '/aws-reserved/', text: "Paths beginning with '/aws-reserved' are reserved for AWS" },
] as const

/** @throws InvalidInputException for a path of AWS. */
export function refuseReservedPath(path: string | undefined): void {
  const reserved = RESERVED_PATHS.find(({ beginning }) => path?.startsWith(beginning))
  if (reserved !== undefined) throw new KmsError('InvalidInputException', reserved.text)
}

/** The user that `UserName` names. */
export const USER_NAMED: Finder<{ readonly UserName: string }, Stored<UserValue>> = (invocation) =>
  findNamed(invocation, USERS, invocation.input.UserName)

/** The group that `GroupName` names. */
export const GROUP_NAMED: Finder<{ readonly GroupName: string }, Stored<GroupValue>> = (invocation) =>
  findNamed(invocation, GROUPS, invocation.input.GroupName)

/** The role that `RoleName` names. */
export const ROLE_NAMED: Finder<{ readonly RoleName: string }, Stored<RoleValue>> = (invocation) =>
  findNamed(invocation, ROLES, invocation.input.RoleName)

/**
 * The user that `UserName` names, or else the caller.
 *
 * @throws ValidationException when the caller is no user.
 */
export const USER_OR_CALLER: Finder<{ readonly UserName?: string | undefined }, Stored<UserValue>> = (
  invocation,
) => {
  const { principal, arn } = invocation.call.caller
  const { UserName } = invocation.input
  if (UserName !== undefined) return findNamed(invocation, USERS, UserName)
  if (principal.type !== 'User') throw new KmsError('ValidationException', NOT_A_USER)
  return findNamed(invocation, USERS, arn.slice(arn.lastIndexOf('/') + 1))
}

const NOT_A_USER = 'Must specify userName when calling with non-User credentials'

/** A member of a validated input, for finders that do not know all of it. */
function parseMember(input: unknown, member: string): string | undefined {
  const value = (input as Readonly<Record<string, unknown>>)[member]
  return value === undefined ? undefined : String(value)
}

/** The name in a member of a validated input, for finders that do not know all of it. */
export function parseName(input: unknown, member: string): string {
  return parseMember(input, member) ?? ''
}

/** Finds a user, group or role by the name in the given member, whatever else the input has. */
export function namedBy<V extends EntityValue>(
  facts: EntityFacts<V>,
  member: string,
): Finder<unknown, Stored<V>> {
  return (invocation) => findNamed(invocation, facts, parseName(invocation.input, member))
}

async function findNamed<V extends EntityValue>(
  { call, dependencies }: Invocation<unknown>,
  facts: EntityFacts<V>,
  name: string,
): Promise<Subject<Stored<V>>> {
  const { account } = call.caller
  const entity = await findByName(dependencies.records, facts, account, name)
  const shown = `${facts.name} ${name}`
  if (entity !== undefined) {
    return { arn: entityArn(account, facts.name, entity.value), shown, tags: entity.value.tags, entity }
  }
  return {
    shown,
    arn: iamArn(account, `${facts.name}/${name}`),
    entity,
    missing: () => noSuchEntity(facts.name, name),
  }
}

/**
 * The customer's managed policy that `PolicyArn` names. @throws ValidationException for a text that is no
 * ARN.
 */
const POLICY_NAMED: Finder<unknown, Stored<PolicyValue>> = async ({ call, input, dependencies }) => {
  const arn = parseName(input, 'PolicyArn')
  const { account } = call.caller
  const parsed = parsePolicyArn(arn)
  const record = parsed.account === account ? await readPolicy(dependencies, account, parsed.name) : undefined
  const entity = record?.value.path === parsed.path ? record : undefined
  return {
    arn,
    shown: `policy ${arn}`,
    tags: entity?.value.tags ?? [],
    entity,
    missing: () => noSuchPolicy(arn),
  }
}

/** A managed policy of the account, or one of AWS. */
export type AnyPolicy = Stored<PolicyValue> | ManagedByAws

/**
 * The managed policy that `PolicyArn` names, AWS's included. @throws ValidationException for a text that is
 * no ARN.
 */
export const ANY_POLICY: Finder<unknown, AnyPolicy> = (invocation) => {
  const arn = parseName(invocation.input, 'PolicyArn')
  const managed = findManagedByAws(arn)
  return managed === undefined ? POLICY_NAMED(invocation) : { arn, shown: `policy ${arn}`, entity: managed }
}

/** The account in the ARNs of AWS's managed policies. */
const ACCOUNT_OF_AWS = 'aws'

/** The same, to change it: nobody may change a policy of AWS. */
export const POLICY_TO_CHANGE: Finder<unknown, Stored<PolicyValue>> = async (invocation) => {
  const subject = await POLICY_NAMED(invocation)
  const { arn, shown } = subject
  if (parsePolicyArn(arn).account !== ACCOUNT_OF_AWS) return subject
  const missing = (operation: string): KmsError => {
    const text = hiddenDenial(invocation.call.caller.arn, `iam:${operation}`, shown)
    return new KmsError('AccessDeniedException', text)
  }
  return { ...subject, missing }
}

function readPolicy(dependencies: Invocation<unknown>['dependencies'], account: string, name: string) {
  return read(dependencies.records, POLICY, account, name.toLowerCase())
}

/** The error for a managed policy that does not exist. Source: recorded answers of IAM. */
function noSuchPolicy(arn: string): KmsError {
  return new KmsError('NoSuchEntityException', `Policy ${arn} was not found.`)
}

/** The parts of a managed policy's ARN. @throws ValidationException. */
export function parsePolicyArn(arn: string): {
  readonly account: string
  readonly path: string
  readonly name: string
} {
  const parsed = parseIamArn(arn)
  if (parsed?.kind === 'policy') return parsed
  if ((parseArn(arn)?.partition ?? PARTITION) !== PARTITION) {
    throw new KmsError('ValidationException', 'Invalid ARN partition')
  }
  throw new KmsError('ValidationException', arn.startsWith('arn:') ? `ARN ${arn} is not valid.` : NO_ARN)
}

const NO_ARN = 'Invalid ARN:  Could not be parsed!'

/**
 * The permission that a new name or path needs: on the ARN that the user or group will have. Source: IAM API
 * Reference, "UpdateUser" and "UpdateGroup".
 */
export function renaming<V extends EntityValue>(
  { call }: Pick<Invocation<unknown>, 'call'>,
  facts: EntityFacts<V>,
  { entity }: Subject<Stored<V>>,
  to: { readonly action: string; readonly name: string | undefined; readonly path: string | undefined },
): readonly Need[] {
  if (entity === undefined || (to.name === undefined && to.path === undefined)) return []
  const { value } = entity
  const renamed = { ...value, name: to.name ?? value.name, path: to.path ?? value.path }
  return [{ action: to.action, arn: entityArn(call.caller.account, facts.name, renamed) }]
}
