import { accountRootArn } from '../../api/arn.ts'
import { type Change, replace, type Stored } from '../../store/records.ts'
import { ACCOUNT, ACCOUNTS, type AccountValue, rootKeyIds } from '../accounts/account.ts'
import { USER_OR_CALLER } from '../entities/finders.ts'
import type { Finder } from '../iam-operation.ts'
import { read, type UserValue } from '../iam-records.ts'
import type { AccessKeyValue } from './access-key.ts'

/** An owner of access keys: a user, or the root user of an account. */
export type KeyHolder = {
  /** Nothing for the root user. */
  readonly user: Stored<UserValue> | undefined
  readonly account: Stored<AccountValue> | undefined
  readonly owner: AccessKeyValue['principal']
  readonly keyIds: readonly string[]
  /** The change that replaces its access keys by these. */
  readonly withKeys: (ids: readonly string[]) => Change
}

/**
 * The user that `UserName` names; without it the caller, who may be the root user.
 *
 * @throws ValidationException when the caller is neither.
 */
export const KEY_HOLDER: Finder<{ readonly UserName?: string | undefined }, KeyHolder> = async (
  invocation,
) => {
  const { caller } = invocation.call
  if (invocation.input.UserName === undefined && caller.principal.type === 'Root') {
    const account = await read(invocation.dependencies.records, ACCOUNT, ACCOUNTS, caller.account)
    return { arn: accountRootArn(caller.account), entity: account && rootHolder(account) }
  }
  const subject = await USER_OR_CALLER(invocation)
  return { ...subject, entity: subject.entity && userHolder(subject.entity) }
}

function rootHolder(account: Stored<AccountValue>): KeyHolder {
  return {
    user: undefined,
    account,
    owner: 'root',
    keyIds: rootKeyIds(account.value),
    withKeys: (ids) => replace(account, { ...account.value, rootKeyIds: ids }),
  }
}

function userHolder(user: Stored<UserValue>): KeyHolder {
  return {
    user,
    account: undefined,
    owner: { user: user.value.id },
    keyIds: user.value.accessKeys,
    withKeys: (ids) => replace(user, { ...user.value, accessKeys: ids }),
  }
}
