import type { Change, Records, Stored } from '../../store/records.ts'
import { readAll } from '../iam-records.ts'
import { ACCOUNT, ACCOUNTS, type AccountDependencies, type AccountValue, newAccount } from './account.ts'
import { OperatorError } from './operator-error.ts'

const ACCOUNT_ID = /^[0-9]{12}$/

/** All accounts, in the order of their ids. */
export async function listAccounts(records: Records): Promise<readonly Stored<AccountValue>[]> {
  const accounts = await readAll(records, ACCOUNT, ACCOUNTS)
  return [...accounts].sort((one, other) => (one.name < other.name ? -1 : 1))
}

/** An id that no account has. */
export async function freeAccountId({ records, random }: AccountDependencies): Promise<string> {
  for (;;) {
    const digits = [...random.bytes(12)].map((byte) => byte % 10).join('')
    if (!digits.startsWith('0') && (await records.get(ACCOUNT, ACCOUNTS, digits)) === undefined) return digits
  }
}

/** The changes that make an account. @throws OperatorError when one has that id. */
export async function createAccount(
  dependencies: AccountDependencies,
  account: string,
): Promise<readonly Change[]> {
  if (!ACCOUNT_ID.test(account)) throw new OperatorError(`an account id has 12 digits: '${account}'`)
  const present = await dependencies.records.get(ACCOUNT, ACCOUNTS, account)
  if (present !== undefined) {
    const known = `there is an account ${account} already`
    throw new OperatorError(
      present.value.handedOver ? known : `${known}, ${NOT_HANDED_OVER} --account=${account}`,
    )
  }
  return newAccount(dependencies, account)
}

/** The rest of a command that ended too early. */
const NOT_HANDED_OVER =
  'and its root credentials were not handed over: make new ones with holdfast root-credentials create'

/** An account. @throws OperatorError when none has that id. */
export async function needAccount(records: Records, account: string): Promise<Stored<AccountValue>> {
  const stored = await records.get(ACCOUNT, ACCOUNTS, account)
  if (stored === undefined) throw new OperatorError(`there is no account ${account}`)
  return stored
}
