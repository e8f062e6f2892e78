import { UsageError } from '../base/usage-error.ts'
import type { Change, Records, Stored } from '../store/records.ts'
import { ACCOUNT, ACCOUNTS, type AccountParts, type AccountValue, newAccount } from './account.ts'
import { ORGANIZATION, ORGANIZATION_PLACE, type OrganizationValue } from './organization-record.ts'
import { readAll } from './records.ts'

/** What an operator asks for cannot be done. The message says why. */
export class OrganisationError extends UsageError {
  override readonly name = 'OrganisationError'
}

const ACCOUNT_ID = /^[0-9]{12}$/

/** All accounts, in the order of their ids. */
export async function listAccounts(records: Records): Promise<readonly Stored<AccountValue>[]> {
  const accounts = await readAll(records, ACCOUNT, ACCOUNTS)
  return [...accounts].sort((one, other) => (one.name < other.name ? -1 : 1))
}

/** An id that no account has. */
export async function freeAccountId({ records, random }: AccountParts): Promise<string> {
  for (;;) {
    const digits = [...random.bytes(12)].map((byte) => byte % 10).join('')
    if (!digits.startsWith('0') && (await records.get(ACCOUNT, ACCOUNTS, digits)) === undefined) return digits
  }
}

/** What makes an account. @throws OrganisationError when there is one of that id. */
export async function createAccount(parts: AccountParts, account: string): Promise<readonly Change[]> {
  if (!ACCOUNT_ID.test(account)) throw new OrganisationError(`an account id has 12 digits: '${account}'`)
  if ((await parts.records.get(ACCOUNT, ACCOUNTS, account)) !== undefined) {
    throw new OrganisationError(`there is an account ${account} already`)
  }
  return newAccount(parts, account)
}

/** An account. @throws OrganisationError when there is none of that id. */
export async function needAccount(records: Records, account: string): Promise<Stored<AccountValue>> {
  const stored = await records.get(ACCOUNT, ACCOUNTS, account)
  if (stored === undefined) throw new OrganisationError(`there is no account ${account}`)
  return stored
}

/** The organisation of the deployment, if there is one. */
export function findOrganization(records: Records): Promise<Stored<OrganizationValue> | undefined> {
  return records.get(ORGANIZATION, ...ORGANIZATION_PLACE)
}
