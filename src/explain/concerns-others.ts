import { parseArn } from '../api/arn.ts'
import { isCopy } from '../audit-index/event-facts.ts'
import type { Permission } from '../dispatch/operation.ts'
import { type NotRebuilt, type RebuildDependencies, type RebuiltCall, rebuildCall } from './rebuild.ts'
import { type RecordedEvent, resourcesOf } from './recorded-event.ts'

/** Why an account is not told what is decided about a call. */
const OF_OTHERS = 'it concerns another account, whose policies are not shown'

/**
 * Rebuilds a recorded call to show what is decided about it.
 *
 * @param onlyFor the account that it is shown to, which may not learn about others; everything is shown without it.
 */
export async function rebuildFor(
  dependencies: RebuildDependencies,
  event: RecordedEvent,
  onlyFor: string | undefined,
): Promise<RebuiltCall | NotRebuilt> {
  const rebuilt = await rebuildCall(dependencies, event)
  const isHidden = onlyFor !== undefined && concernsOthers(event, rebuilt, onlyFor)
  return isHidden ? { because: OF_OTHERS } : rebuilt
}

/**
 * Whether the decision about a recorded call would show an account something of another one: because that one made
 * it, owns what the call is about, or is named by a call that cannot be decided.
 */
function concernsOthers(event: RecordedEvent, rebuilt: RebuiltCall | NotRebuilt, account: string): boolean {
  if (isCopy(event) || event.recipientAccountId !== account) return true
  return 'because' in rebuilt ? namesOther(event, account) : isOfOther(rebuilt.permissions, account)
}

function isOfOther(permissions: readonly Permission[], account: string): boolean {
  return permissions.some((permission) => permission.account !== account)
}

function namesOther(event: RecordedEvent, account: string): boolean {
  const parameters = Object.values(event.requestParameters ?? {})
  return [...resourcesOf(event), ...parameters].some((value) => {
    const owner = typeof value === 'string' ? parseArn(value)?.account : undefined
    return owner !== undefined && owner !== '' && owner !== account
  })
}
