import { GRANT_ONLY_ACTION } from './key-actions.ts'
import { Naming, nameOf, namingOf, specOf } from './naming.ts'
import type { Identities, Principal } from './principal.ts'

/** A grant on the requested key that covers the request: it lists the operation, and its constraints hold. */
export type MatchedGrant = {
  readonly id: string
  /**
   * The grantee (in RetireGrant: who may retire it): the ARN of a user, role, session or account root, the
   * unique id that stands for one of them, an account id, or the name of a service.
   */
  readonly grantee: string
  /** The account that made it: 12 digits. */
  readonly issuingAccount: string
}

/** A grant, and how firmly it names the principal. */
export type Granted = { readonly grant: MatchedGrant; readonly naming: Naming }

/** The grant that names the principal most firmly, if any does. */
export function firmestGrant(grants: readonly MatchedGrant[], identities: Identities): Granted | undefined {
  let best: Granted | undefined
  for (const grant of grants) {
    const naming = namingIn(grant, identities)
    if (naming > (best?.naming ?? Naming.None)) best = { grant, naming }
  }
  return best
}

/** How firmly a grant names the principal, like a statement of the key policy. */
export function namingIn({ grantee }: MatchedGrant, identities: Identities): Naming {
  return namingOf(new Set([nameOf(specOf(grantee))]), identities)
}

/**
 * Whether a grant means that the principal's own account allows: that account made it, or it is about to be
 * retired, which only the grant itself must allow.
 */
export function isIssuedFor(grant: MatchedGrant, principal: Principal, actionLowerCased: string): boolean {
  return (
    actionLowerCased === GRANT_ONLY_ACTION ||
    ('account' in principal && grant.issuingAccount === principal.account)
  )
}
