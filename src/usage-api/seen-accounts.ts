import type { Caller } from '../dispatch/caller.ts'
import { findOrganization } from '../iam/organization/organization-record.ts'
import type { Records } from '../store/records.ts'

/** What decides whose facts a caller may ask for. */
export type SeenAccountsDependencies = {
  readonly records: Records
  /** The first account of the deployment. */
  readonly home: string
}

/**
 * Whether a caller may ask about accounts beside its own, as far as its policies allow: with an organization, callers
 * of the management account; without one, the root user of the account that the deployment began with.
 */
export async function seesEveryAccount(
  { records, home }: SeenAccountsDependencies,
  { account, principal }: Pick<Caller, 'account' | 'principal'>,
): Promise<boolean> {
  const organization = await findOrganization(records)
  if (organization !== undefined) return organization.value.management === account
  return account === home && principal.type === 'Root'
}
