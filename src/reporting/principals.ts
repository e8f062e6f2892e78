import { keysInPlace } from '../dispatch/access.ts'
import type { CallerPolicies } from '../dispatch/caller.ts'
import { roleSessionCaller, userCaller } from '../iam/callers.ts'
import { listAccounts } from '../iam/organisation.ts'
import { policiesNow } from '../iam/policies.ts'
import { ROLE, readAll, USER } from '../iam/records.ts'
import type { ReportedPrincipal } from '../reports/facts.ts'
import type { Records } from '../store/records.ts'

/** What a role's session is called when nobody has assumed it. */
const ANY_SESSION = 'any'

/**
 * Every user and role of some accounts, of all when left out, in the order of their ARNs. Root users are above all of
 * them and left out.
 */
export async function reportPrincipals(
  records: Records,
  accounts?: readonly string[],
): Promise<readonly ReportedPrincipal[]> {
  const principals: ReportedPrincipal[] = []
  const all = accounts ?? (await listAccounts(records)).map(({ name }) => name)
  for (const account of all)
    principals.push(...(await usersOf(records, account)), ...(await rolesOf(records, account)))
  return principals.sort((one, other) => (one.arn < other.arn ? -1 : 1))
}

async function usersOf(records: Records, account: string): Promise<readonly ReportedPrincipal[]> {
  const users: ReportedPrincipal[] = []
  for (const { value } of await readAll(records, USER, account)) {
    const policies = await policiesOf(records, account, { kind: 'user', id: value.id })
    const { arn, principal, keys } = userCaller(account, value, '', () => policies)
    users.push({ arn, account, principal, policies, context: keysInPlace(keys, policies.place) })
  }
  return users
}

async function rolesOf(records: Records, account: string): Promise<readonly ReportedPrincipal[]> {
  const roles: ReportedPrincipal[] = []
  for (const { value } of await readAll(records, ROLE, account)) {
    const policies = await policiesOf(records, account, { kind: 'role', id: value.id })
    const session = { accessKeyId: '', issuedAt: 0, name: ANY_SESSION, tags: [] }
    const { principal, keys } = roleSessionCaller(account, value, session, () => policies)
    const arn = principal.type === 'AssumedRole' ? principal.roleArn : principal.arn
    roles.push({ arn, account, principal, policies, context: keysInPlace(keys, policies.place) })
  }
  return roles
}

function policiesOf(
  records: Records,
  account: string,
  entity: { readonly kind: 'user' | 'role'; readonly id: string },
): Promise<CallerPolicies> {
  return Promise.resolve(policiesNow(records, { account, entity })())
}
