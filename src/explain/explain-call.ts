import { formatOutcome } from '../policy/reason.ts'
import { rebuildFor } from './concerns-others.ts'
import { type Examined, examine } from './examine.ts'
import { partlyRecorded } from './partly-recorded.ts'
import type { RebuildDependencies } from './rebuild.ts'
import { type RecordedEvent, type RecordedResult, reasonOf, resultOf } from './recorded-event.ts'

/** A recorded call, and its decision by the current policies. */
export type ExplainedCall = {
  readonly event: RecordedEvent
  readonly result: RecordedResult
  /** The recorded reason of the denial. */
  readonly reason: string | undefined
  readonly now: DecidedNow | { readonly because: string }
}

/** The decision by the current policies. */
export type DecidedNow = {
  readonly allowed: boolean
  /** In the order of decision: the first denial is the answer. */
  readonly permissions: readonly Examined[]
  /** The difference from the recorded decision; nothing when there is none. */
  readonly differs: string | undefined
  /** Facts that are not recorded, and so not considered. */
  readonly unknown: readonly string[]
}

/**
 * Explains a recorded call by the current policies.
 *
 * @param onlyFor the account that the answer is for, which may not learn about others; without it, the answer is complete.
 */
export async function explainCall(
  dependencies: RebuildDependencies,
  event: RecordedEvent,
  onlyFor?: string,
): Promise<ExplainedCall> {
  const facts = { event, result: resultOf(event), reason: reasonOf(event) }
  const rebuilt = await rebuildFor(dependencies, event, onlyFor)
  if ('because' in rebuilt) return { ...facts, now: rebuilt }
  const permissions: Examined[] = []
  for (const permission of rebuilt.permissions) {
    permissions.push(await examine(dependencies, rebuilt.call, permission))
  }
  const refused = permissions.find(({ decision }) => !decision.allow)
  const asked = permissions.flatMap((permission) => [...permission.asked.keys()])
  const unknown = [...rebuilt.unknown, ...partlyRecorded(asked, event.eventName)]
  const differs = differenceOf(facts, refused)
  return { ...facts, now: { allowed: refused === undefined, permissions, differs, unknown } }
}

function differenceOf(
  { result, reason }: Pick<ExplainedCall, 'result' | 'reason'>,
  refused: Examined | undefined,
): string | undefined {
  if (result === 'refused' && refused === undefined) {
    return 'it was refused then and would be allowed now: policies have changed since, or more than policies refused it'
  }
  if (result === 'allowed' && refused !== undefined) return 'it was allowed then and would be refused now'
  if (refused === undefined || reason === undefined) return undefined
  return formatOutcome(refused.decision) === reason ? undefined : 'it was refused for another reason then'
}
