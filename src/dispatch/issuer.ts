import type { Principal } from '../policy/decide.ts'

/** Who makes a call, as far as bounds depend on it. */
export type KnownCaller = { readonly account: string; readonly principal: Principal }

/** Who answers for a principal: for a session, the role or user behind it; nobody for one who is not known. */
export function issuerOf(principal: Principal): string | undefined {
  switch (principal.type) {
    case 'AssumedRole':
      return principal.roleArn
    case 'FederatedUser':
      return principal.issuerArn
    case 'Root':
    case 'User':
    case 'Service':
      return principal.arn
    case 'WebIdentity':
      return undefined
  }
}
