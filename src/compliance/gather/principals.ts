import { type GiveWay, sortInSlices } from '../../base/slices.ts'
import { keysInPlace } from '../../dispatch/access.ts'
import type { CallerPolicies } from '../../dispatch/caller.ts'
import { listAccounts } from '../../iam/accounts/accounts.ts'
import { roleSessionCaller, userCaller } from '../../iam/credentials/callers.ts'
import { ROLE, type RoleValue, readAll, USER, type UserValue } from '../../iam/iam-records.ts'
import { policiesNow } from '../../iam/policies/policies.ts'
import type { Records } from '../../store/records.ts'
import type { ReportedPrincipal } from '../facts.ts'

/** The session name for a role that nobody has assumed. */
const ANY_SESSION = 'any'

/**
 * Every user and role of the given accounts, or of all, sorted by ARN. Root users have every permission and are
 * omitted.
 */
export async function reportPrincipals(
  records: Records,
  giveWay: GiveWay,
  accounts?: readonly string[],
): Promise<readonly ReportedPrincipal[]> {
  const principals: ReportedPrincipal[] = []
  for (const account of accounts ?? (await listAccounts(records)).map(({ name }) => name)) {
    for (const { value } of await readAll(records, USER, account)) {
      await giveWay()
      principals.push(await reportUser({ records, giveWay }, account, value))
    }
    for (const { value } of await readAll(records, ROLE, account)) {
      await giveWay()
      principals.push(await reportRole({ records, giveWay }, account, value))
    }
  }
  return sortInSlices(principals, (one, other) => (one.arn < other.arn ? -1 : 1), giveWay)
}

type PolicyDependencies = { readonly records: Records; readonly giveWay: GiveWay }

async function reportUser(
  dependencies: PolicyDependencies,
  account: string,
  value: UserValue,
): Promise<ReportedPrincipal> {
  const policies = await policiesOf(dependencies, account, { kind: 'user', id: value.id })
  const { arn, principal, keys } = userCaller(account, value, '', () => policies)
  return { arn, account, principal, policies, context: keysInPlace(keys, policies.place) }
}

async function reportRole(
  dependencies: PolicyDependencies,
  account: string,
  value: RoleValue,
): Promise<ReportedPrincipal> {
  const policies = await policiesOf(dependencies, account, { kind: 'role', id: value.id })
  const session = { accessKeyId: '', issuedAt: 0, name: ANY_SESSION, tags: [] }
  const { principal, keys } = roleSessionCaller(account, value, session, () => policies)
  const arn = principal.type === 'AssumedRole' ? principal.roleArn : principal.arn
  return { arn, account, principal, policies, context: keysInPlace(keys, policies.place) }
}

function policiesOf(
  { records, giveWay }: PolicyDependencies,
  account: string,
  entity: { readonly kind: 'user' | 'role'; readonly id: string },
): Promise<CallerPolicies> {
  return Promise.resolve(policiesNow(records, { account, entity }, giveWay)())
}
