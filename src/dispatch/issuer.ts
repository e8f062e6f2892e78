import type { Principal } from '../policy/decide.ts'

/** The caller of a call, as far as bounds depend on it. */
export type KnownCaller = { readonly account: string; readonly principal: Principal }

/** The names under which bounds count a call. */
export type CountedAs = { readonly account: string; readonly principal: string }

/**
 * The account and principal that a call counts for; nothing without a known caller. The root user counts
 * apart from its account and from the sessions that it has made: nobody else can use up its bound.
 */
export function countedAs({ account, principal }: KnownCaller): CountedAs | undefined {
  const issuer = issuerOf(principal)
  if (issuer === undefined) return undefined
  if (principal.type !== 'Root') return { account, principal: issuer }
  const root = `the root user of ${account}`
  return { account: root, principal: root }
}

/**
 * The principal that a call counts for: for a session, its role or user; empty for a principal that is not
 * known.
 */
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
