import { UsageError } from '../base/usage-error.ts'
import { CONTROL_POLICY_MAX_CHARS } from '../policy/flavour.ts'
import { parseNewPolicy } from '../policy/new-policy.ts'
import { type Change, insert, type Records, remove, replace, type Stored } from '../store/records.ts'
import { ACCOUNT, ACCOUNTS, type AccountParts, type AccountValue, newAccount } from './account.ts'
import { readAll } from './records.ts'
import { FULL_ACCESS_NAME, SCP, SCPS } from './scp.ts'

/** Service control policies of one account. Source: AWS Organizations User Guide, "Quotas". */
const SCPS_PER_ACCOUNT_MAX = 5

/** What an operator asks for cannot be done. The message says why. */
export class OrganisationError extends UsageError {
  override readonly name = 'OrganisationError'
}

const ACCOUNT_ID = /^[0-9]{12}$/
const SCP_NAME = /^[\w+=,.@-]{1,128}$/

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

/** The names of the service control policies of an account. */
export function scpsOf(account: AccountValue): readonly string[] {
  return account.scps ?? [FULL_ACCESS_NAME]
}

/** A service control policy: its name, and the accounts that have it. */
export type ListedScp = { readonly name: string; readonly accounts: readonly string[] }

/** All service control policies, in the order of their names. */
export async function listScps(records: Records): Promise<readonly ListedScp[]> {
  const accounts = await listAccounts(records)
  const names = [FULL_ACCESS_NAME, ...(await readAll(records, SCP, SCPS)).map(({ name }) => name)]
  return names.sort().map((name) => ({
    name,
    accounts: accounts.filter(({ value }) => scpsOf(value).includes(name)).map((account) => account.name),
  }))
}

/**
 * What puts a service control policy, in the place of one with the same name if there is one.
 *
 * @throws OrganisationError, PolicySyntaxError.
 */
export async function putScp(
  { records, clock }: AccountParts,
  name: string,
  document: string,
): Promise<readonly Change[]> {
  if (!SCP_NAME.test(name) || name === FULL_ACCESS_NAME) {
    throw new OrganisationError(`'${name}' cannot be the name of a service control policy of yours`)
  }
  if (document.length > CONTROL_POLICY_MAX_CHARS) {
    throw new OrganisationError(`a service control policy has at most ${CONTROL_POLICY_MAX_CHARS} characters`)
  }
  parseNewPolicy(document, { flavour: 'scp' })
  const value = { format: 1, document, createdAt: clock.now() } as const
  const present = await records.get(SCP, SCPS, name)
  return [present === undefined ? insert(SCP, SCPS, name, value) : replace(present, value)]
}

/** What deletes a service control policy. @throws OrganisationError while an account has it. */
export async function deleteScp(records: Records, name: string): Promise<readonly Change[]> {
  const present = await records.get(SCP, SCPS, name)
  if (present === undefined) throw noSuchScp(name)
  const holder = (await listScps(records)).find((scp) => scp.name === name)
  if (holder !== undefined && holder.accounts.length > 0) {
    throw new OrganisationError(`${name} is attached to ${holder.accounts.join(', ')}`)
  }
  return [remove(present)]
}

/** What attaches a service control policy to an account. @throws OrganisationError. */
export async function attachScp(records: Records, name: string, account: string): Promise<readonly Change[]> {
  const stored = await needAccount(records, account)
  const scp = name === FULL_ACCESS_NAME ? undefined : await records.get(SCP, SCPS, name)
  if (scp === undefined && name !== FULL_ACCESS_NAME) throw noSuchScp(name)
  const scps = [...new Set([...scpsOf(stored.value), name])]
  if (scps.length > SCPS_PER_ACCOUNT_MAX) {
    throw new OrganisationError(`an account has at most ${SCPS_PER_ACCOUNT_MAX} service control policies`)
  }
  // The policy is written anew so that it cannot be deleted at the same moment.
  const kept = scp === undefined ? [] : [replace(scp, scp.value)]
  return [replace(stored, { ...stored.value, scps }), ...kept]
}

/** What detaches a service control policy from an account. @throws OrganisationError. */
export async function detachScp(records: Records, name: string, account: string): Promise<readonly Change[]> {
  const stored = await needAccount(records, account)
  const scps = scpsOf(stored.value)
  if (!scps.includes(name)) throw new OrganisationError(`${name} is not attached to ${account}`)
  if (scps.length === 1) {
    throw new OrganisationError(`an account has at least one service control policy: attach another first`)
  }
  return [replace(stored, { ...stored.value, scps: scps.filter((other) => other !== name) })]
}

function noSuchScp(name: string): OrganisationError {
  return new OrganisationError(`there is no service control policy ${name}`)
}
