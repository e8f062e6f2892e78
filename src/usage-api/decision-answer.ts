import type { OutputValue } from '../api/json.ts'
import { answer, anything, boolean, list, text, type ValueOf } from '../api/shapes.ts'
import { type GiveWay, inSlices } from '../base/slices.ts'
import { statementOf } from '../explain/change-text.ts'
import type { Examined } from '../explain/examine.ts'
import { decisionJson } from '../explain/examined-json.ts'
import type { ContextValue } from '../policy/context.ts'
import type { PolicyKind } from '../policy/decide.ts'
import { decidingControl, formatOutcome, formatReason } from '../policy/reason.ts'
import type { Change } from '../policy/smallest-change.ts'
import { withCapitals } from './capitals.ts'

const CONTEXT = answer({ Key: text(), Values: list(text()) })

/** A decision about one permission, and the whole path to it. */
export const DECISION = answer({
  Principal: text(),
  Action: text(),
  Resource: text(),
  Allowed: boolean(),
  Reason: text(),
  Decision: anything(),
  Policies: anything(),
  Complete: boolean(),
  Grants: anything(),
  Context: list(CONTEXT),
  MissingContext: list(text()),
  SmallestChange: anything(),
  Withheld: boolean(),
})

/** What of a decision is shown: everything, or what an account may know of its own calls. */
export type DecisionView = 'everything' | 'own'

/**
 * A decision as an answer. Control policies are the organization's: an account that does not look after it sees
 * their outcome, and nothing that is derived from their statements.
 */
export async function decisionAnswer(
  examined: Examined,
  view: DecisionView,
  giveWay: GiveWay,
): Promise<ValueOf<typeof DECISION>> {
  const { request, decision, explanation, grants, levels } = examined
  const withheld = view === 'own' && explanation.policies.some(({ kind }) => isControl(kind))
  const policies = explanation.policies.map((policy) => {
    const { kind, level, outcome } = policy
    if (!isControl(kind)) return policy
    return withheld ? { kind, level, outcome } : { ...policy, attachedTo: levels[kind][level ?? 0] }
  })
  return {
    Principal: request.principal.arn,
    Action: request.action,
    Resource: request.resource,
    Allowed: decision.allow,
    Reason: view === 'own' ? formatOutcome(decision) : formatReason(decision),
    Decision: await inSlices(withCapitals(shownDecision(decision, view)), giveWay),
    Policies: await inSlices(withCapitals(policies), giveWay),
    Complete: explanation.complete,
    Grants: await inSlices(
      withCapitals(grants.map(({ id, name, misses }) => ({ id, name, misses }))),
      giveWay,
    ),
    ...(withheld ? { Withheld: true } : await derived(examined, giveWay)),
  }
}

/** A denial by a control policy is shown to an account as its kind and that of the policy. */
function shownDecision(decision: Examined['decision'], view: DecisionView): object {
  const control = decision.allow || view === 'everything' ? undefined : decidingControl(decision.why)
  return control === undefined || decision.allow
    ? decisionJson(decision)
    : { kind: decision.why.kind, policy: control }
}

function isControl(kind: PolicyKind): kind is 'scp' | 'rcp' {
  return kind === 'scp' || kind === 'rcp'
}

/** Builds the members of the answer that follow from the statements of all policies together. */
async function derived({ asked, change }: Examined, giveWay: GiveWay) {
  const known = [...asked].flatMap(([Key, value]) =>
    value === undefined ? [] : [{ Key, Values: listOf(value) }],
  )
  return {
    Context: known,
    MissingContext: [...asked].filter(([, value]) => value === undefined).map(([key]) => key),
    SmallestChange: change && (await changesAnswer(change, giveWay)),
  }
}

/** A statement to add is given as the text that goes into a policy. */
function changesAnswer(changes: readonly Change[], giveWay: GiveWay): Promise<OutputValue> {
  const shown = changes.map((change) =>
    change.kind === 'AddAllow' ? { ...change, add: JSON.stringify(statementOf(change)) } : change,
  )
  return inSlices(withCapitals(shown), giveWay)
}

function listOf(value: ContextValue): readonly string[] {
  return typeof value === 'string' ? [value] : value
}
