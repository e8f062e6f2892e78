import type { Principal } from '../policy/decide.ts'

/** Who makes a call, as far as bounds depend on it. */
export type KnownCaller = { readonly account: string; readonly principal: Principal }

/** The names under which bounds count a call. */
export type CountedAs = { readonly account: string; readonly principal: string }

/**
 * With whose calls a call is counted; with nobody's when it is not known who makes it. The root user is counted apart
 * from its account and from the sessions that it has made: nobody else can use up what it has.
 */
export function countedAs({ account, principal }: KnownCaller): CountedAs | undefined {
  const issuer = issuerOf(principal)
  if (issuer === undefined) return undefined
  if (principal.type !== 'Root') return { account, principal: issuer }
  const root = `the root user of ${account}`
  return { account: root, principal: root }
}

/** Who answers for a principal: for a session, the role or user behind it; nobody for one who is not known. */
function issuerOf(principal: Principal): string | undefined {
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
