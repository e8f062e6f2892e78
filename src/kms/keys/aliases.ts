import { aliasArn } from '../../api/arn.ts'
import { KmsError } from '../../api/errors.ts'
import { pattern, text } from '../../api/shapes.ts'
import type { Call, Permission } from '../../dispatch/operation.ts'
import { type Change, replace, type Stored } from '../../store/records.ts'
import type { KmsDependencies } from '../kms-dependencies.ts'
import { checkQuota } from '../kms-quota.ts'
import { SERVICE_ALIAS_PREFIX } from './aws-services.ts'
import { ALIAS_PREFIX, aliasNotFound } from './identifier.ts'
import { ALIAS, type AliasValue, partitionOf } from './key-record.ts'
import type { Key } from './keys.ts'

/** An alias name of a request, with its prefix. Source: the service model. */
export const ALIAS_NAME = text({ min: 1, max: 256, pattern: pattern('^[a-zA-Z0-9:/_-]+$') })

/**
 * Checks the name of an alias to change or delete.
 *
 * @throws ValidationException, NotAuthorizedException for reserved names.
 */
export function checkAliasName(name: string): void {
  if (!name.startsWith(ALIAS_PREFIX)) throw new KmsError('ValidationException', 'Invalid identifier')
  checkNotReserved(name)
}

/** Checks the name of a new alias. @throws ValidationException, InvalidAliasNameException, NotAuthorizedException. */
export function checkNewAliasName(name: string): void {
  if (!name.startsWith(ALIAS_PREFIX)) throw new KmsError('ValidationException', NO_PREFIX)
  checkNotReserved(name, RESERVED)
  if (name.includes(':')) {
    throw new KmsError('ValidationException', `${name} contains invalid characters for an alias`)
  }
  if (name === ALIAS_PREFIX) throw new KmsError('InvalidAliasNameException', 'The alias name is empty.')
}

const NO_PREFIX =
  'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html'

/** The message for a new alias with a reserved name. Source: recorded answers of AWS KMS. */
const RESERVED = 'The alias name for a customer managed CMK cannot begin with alias/aws/.'

function checkNotReserved(name: string, message?: string): void {
  if (name.startsWith(SERVICE_ALIAS_PREFIX)) throw new KmsError('NotAuthorizedException', message)
}

/** @throws ValidationException when an alias names the target of an alias. */
export function checkAliasTarget(target: string): void {
  if (target.startsWith(ALIAS_PREFIX) || /^arn:[^/]*:alias\//.test(target)) {
    throw new KmsError('ValidationException', 'Aliases must refer to keys. Not aliases')
  }
}

/** An alias of the caller's account, or nothing. */
export function findAlias(
  call: Call,
  dependencies: KmsDependencies,
  name: string,
): Promise<Stored<AliasValue> | undefined> {
  return dependencies.records.get(ALIAS, partitionOf(call.caller.account, call.region), name)
}

/** The same. @throws NotFoundException. */
export async function getAlias(
  call: Call,
  dependencies: KmsDependencies,
  name: string,
): Promise<Stored<AliasValue>> {
  const alias = await findAlias(call, dependencies, name)
  if (alias === undefined) throw aliasNotFound(call.region, call.caller.account, name)
  return alias
}

/** The permission for `operation` on an alias: only identity policies decide. */
export function aliasPermission(call: Call, name: string, operation: string): Permission {
  const { account } = call.caller
  return {
    action: `kms:${operation}`,
    resource: aliasArn(call.region, account, name),
    account,
    policy: undefined,
    context: (key) => (key === 'kms:calleraccount' ? account : undefined),
  }
}

/** Names an alias in the call's audit event. */
export function involveAlias(call: Call, name: string): void {
  const { account } = call.caller
  call.involve({ account, arn: aliasArn(call.region, account, name) })
}

/** The key with one more alias. @throws LimitExceededException. */
export async function withAlias({ quotas }: KmsDependencies, key: Key, name: string): Promise<Change> {
  const { value } = key.record
  const { account, region } = key
  await checkQuota(quotas, { account, region, quota: 'kms.aliases-per-key' }, value.aliases.length)
  return replace(key.record, { ...value, aliases: [...value.aliases, name] })
}

/** The key with one alias less. */
export function withoutAlias(key: Key, name: string): Change {
  const { value } = key.record
  return replace(key.record, { ...value, aliases: value.aliases.filter((alias) => alias !== name) })
}
