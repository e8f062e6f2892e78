import type { AccessRequest, Decision, Policies, Principal } from '../../../src/policy/decide.ts'
import { type Fields, policy, request } from '../../support/policies.ts'

/** One decision of the corpus. */
export type Row = {
  /** Where AWS says so, and what it is about. */
  readonly what: string
  readonly asked: AccessRequest
  readonly policies: Policies
  /** See {@link outcome}. */
  readonly expected: string
}

/** Values of condition keys by their names as documented. */
export type Context = Readonly<Record<string, string | readonly string[]>>

/** The lookup for a context; names in any case. */
function lookup(context: Context): AccessRequest['context'] {
  const values = new Map(Object.entries(context).map(([key, value]) => [key.toLowerCase(), value]))
  return (key) => values.get(key)
}

/** A request of the principal with a context. */
export function ask(
  principal: Principal,
  change: Partial<Omit<AccessRequest, 'context'>> & { readonly context?: Context } = {},
): AccessRequest {
  const { context = {}, ...rest } = change
  return request(principal, { ...rest, context: lookup(context) })
}

/**
 * A decision in short: `+` allowed, `-` missing, `!` denied; the kind of policy; the statement's index or the level.
 * `+identity 0`, `-scp at 1`, `!session 2`, `+grant g`, `+root`, `across`, `failed`.
 */
export function outcome(decision: Decision): string {
  if (decision.allow) {
    const { by } = decision
    if (by.kind === 'Grant') return `+grant ${by.grantId}`
    return by.kind === 'RootUser' ? '+root' : `+${by.policy} ${by.statement.index}`
  }
  const { why } = decision
  switch (why.kind) {
    case 'Failed':
      return 'failed'
    case 'NotAcrossAccounts':
      return 'across'
    case 'NotAllowed':
      return `-${why.policy}${why.level === undefined ? '' : ` at ${why.level}`}`
    case 'ExplicitDeny':
      return `!${why.policy} ${why.statement.index}${why.level === undefined ? '' : ` at ${why.level}`}`
  }
}

/** An identity policy of one or more statements. */
export function identity(...statements: readonly Fields[]): Policies['identity'][number] {
  return policy('identity', ...statements)
}
