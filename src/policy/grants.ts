import { GRANT_ONLY_ACTION } from './key-actions.ts'
import { Naming, nameOf, namingOf, specOf } from './naming.ts'
import type { Identities, Principal } from './principal.ts'

/** A grant on the requested key that covers the request: it lists the operation, and its constraints hold. */
export type MatchedGrant = {
  readonly id: string
  /**
   * Whom it is for (in RetireGrant: who may retire it): the ARN of a user, role, session or account root, the
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

/** How firmly a grant names the principal: as a statement of the key policy would. */
export function namingIn({ grantee }: MatchedGrant, identities: Identities): Naming {
  return namingOf(new Set([nameOf(specOf(grantee))]), identities)
}

/**
 * Whether a grant says that the principal's own account agrees: that account made it, or it is about to be
 * retired, which nobody but the grant itself has to allow.
 */
export function isIssuedFor(grant: MatchedGrant, principal: Principal, actionLowerCased: string): boolean {
  return (
    actionLowerCased === GRANT_ONLY_ACTION ||
    ('account' in principal && grant.issuingAccount === principal.account)
  )
}
