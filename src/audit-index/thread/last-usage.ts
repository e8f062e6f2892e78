import { keyArn } from '../../api/arn.ts'
import type { LastUse } from '../../store/index-port.ts'
import type { LookupPage, LookupQuestion } from '../lookup.ts'
import type { IndexThread } from './index-thread.ts'

/** How long a call waits for the index to reach the end of the audit log. */
const INDEX_WAIT_MS = 2000

/** Finds the last use of a key; `current`: the answer includes everything in the log at the time of the query. */
export function lastUsageFinder(
  index: IndexThread,
): (
  account: string,
  region: string,
  keyId: string,
) => Promise<{ readonly last: LastUse | undefined; readonly current: boolean }> {
  return async (account, region, keyId) => {
    const key = keyArn(region, account, keyId)
    const { value, current } = await index.ask({ ask: 'lastUse', key, reachMs: INDEX_WAIT_MS })
    return { last: value, current }
  }
}

/** Finds events; those that are indexed too late appear in a later call. */
export function eventFinder(index: IndexThread): (question: LookupQuestion) => Promise<LookupPage> {
  return async (question) => (await index.ask({ ask: 'lookup', question, reachMs: INDEX_WAIT_MS })).value
}
