import { formatReason, type LevelTargets } from '../policy/reason.ts'
import type { Change } from '../policy/smallest-change.ts'
import { statementOf } from './change-text.ts'
import type { Examined } from './examine.ts'

/** A decision and its complete trace, for programs. */
export function explainedJson(examined: Examined): object {
  const { request, decision, explanation, grants, change, asked, levels } = examined
  return {
    principal: request.principal,
    action: request.action,
    resource: request.resource,
    allowed: decision.allow,
    decision: decisionJson(decision),
    reason: formatReason(decision),
    context: Object.fromEntries([...asked].filter(([, value]) => value !== undefined)),
    missingContext: [...asked].filter(([, value]) => value === undefined).map(([key]) => key),
    policies: explanation.policies.map((policy) => ({ ...policy, attachedTo: targetOf(policy, levels) })),
    complete: explanation.complete,
    grants: grants.map(({ id, name, misses }) => ({ id, name, misses })),
    smallestChange: decision.allow ? undefined : (change?.map(changeJson) ?? null),
  }
}

/** The targets of a control policy; nothing for other policies. */
function targetOf(
  { kind, level }: Examined['explanation']['policies'][number],
  levels: LevelTargets,
): string | undefined {
  return level === undefined || (kind !== 'scp' && kind !== 'rcp') ? undefined : levels[kind][level]
}

/** A decision without its error, whose text is for the log and not part of the format. */
export function decisionJson(decision: Examined['decision']): object {
  if (decision.allow) return decision.by
  return decision.why.kind === 'Failed' ? { kind: 'Failed' } : decision.why
}

function changeJson(change: Change): object {
  if (change.kind === 'SendContext') {
    const keys = change.keys.map(({ key, value, asked }) => ({ key, value: value ?? null, asked }))
    return { kind: change.kind, keys }
  }
  return change.kind === 'AddAllow' ? { ...change, add: statementOf(change) } : change
}
