import { KmsError } from '../api/errors.ts'
import { pattern, text } from '../api/shapes.ts'
import type { Call } from '../dispatch/operation.ts'
import { seesEveryAccount } from './seen-accounts.ts'
import type { UsageDependencies } from './usage-dependencies.ts'

/** The id of an account. */
export const ACCOUNT_ID = text({ pattern: pattern('[0-9]{12}') })

/** A call that may name the account that it asks about. */
type AccountInvocation = {
  readonly call: Pick<Call, 'caller'>
  readonly input: { readonly AccountId?: string | undefined }
  readonly dependencies: UsageDependencies
}

/** The account that a call asks about: the caller's where it does not say. @throws NotFoundException for one that the caller does not see. */
export async function askedAccount({ call, input, dependencies }: AccountInvocation): Promise<string> {
  const { caller } = call
  const { AccountId: account = caller.account } = input
  if (account === caller.account || (await seesEveryAccount(dependencies, caller))) return account
  throw accountNotFound(account)
}

/** Returns the error for an account that does not exist, or that the caller does not see. */
export function accountNotFound(account: string): KmsError {
  return new KmsError('NotFoundException', `Account ${account} does not exist`)
}
