import type { StatementSource } from './compiled-statement.ts'
import type { Decision, DenyReason, PolicyKind } from './decide.ts'

/** The targets of the control policies at each level, the root of the organization first. */
export type LevelTargets = { readonly scp: readonly string[]; readonly rcp: readonly string[] }

/**
 * What settled a decision, in one sentence, for the owners of all its policies.
 *
 * @param targets names the levels of the organization; without it, levels have numbers.
 */
export function formatReason(decision: Decision, targets?: LevelTargets): string {
  return decision.allow ? allowed(decision.by) : refused(decision.why, targets)
}

/**
 * What settled a decision, for the audit log and readers who may not know what the control policies of the organization say: of these,
 * only their kind.
 */
export function formatOutcome(decision: Decision): string {
  const kind = decision.allow ? undefined : decidingControl(decision.why)
  return kind === undefined ? formatReason(decision) : `Denied by a ${KINDS[kind]} of the organization.`
}

/** The kind of the control policies that refuse; nothing when something else does. */
export function decidingControl(why: DenyReason): 'scp' | 'rcp' | undefined {
  if (why.kind !== 'ExplicitDeny' && why.kind !== 'NotAllowed') return undefined
  return why.policy === 'scp' || why.policy === 'rcp' ? why.policy : undefined
}

function allowed(by: Extract<Decision, { readonly allow: true }>['by']): string {
  switch (by.kind) {
    case 'Statement':
      return `Allowed by ${formatStatement(by.policy, by.statement)}.`
    case 'Grant':
      return `Allowed by grant ${by.grantId}.`
    case 'RootUser':
      return 'Allowed to the root user of the account, as nothing denies it.'
  }
}

function refused(why: DenyReason, targets: LevelTargets | undefined): string {
  switch (why.kind) {
    case 'ExplicitDeny':
      return `Denied by ${formatStatement(why.policy, why.statement)}${formatLevel(why.policy, why.level, targets)}.`
    case 'NotAllowed':
      return `Not allowed by any ${KINDS[why.policy]}${formatLevel(why.policy, why.level, targets)}.`
    case 'NotAcrossAccounts':
      return 'The action does not work across accounts, whatever the policies say.'
    case 'Failed':
      return 'The policies could not be evaluated.'
  }
}

const KINDS: Readonly<Record<PolicyKind, string>> = {
  scp: 'service control policy',
  rcp: 'resource control policy',
  resource: 'resource-based policy',
  identity: 'identity-based policy',
  boundary: 'permissions boundary',
  session: 'session policy',
}

/** A statement and its policy; statements are counted from 1. */
function formatStatement(kind: PolicyKind, { policy, index, sid }: StatementSource): string {
  const name = policy === undefined ? '' : ` ${JSON.stringify(policy)}`
  return `statement ${index + 1}${sid === undefined ? '' : ` (${JSON.stringify(sid)})`} of the ${KINDS[kind]}${name}`
}

/** The target of a control policy; without it, the number of the level, from 1. */
export function formatLevel(kind: PolicyKind, level: number | undefined, targets?: LevelTargets): string {
  if (level === undefined) return ''
  const target = kind === 'scp' || kind === 'rcp' ? targets?.[kind][level] : undefined
  return target === undefined ? ` at level ${level + 1}` : ` attached to ${target}`
}
