import { type EventRecord, parseEvent } from '../audit-index/event-record.ts'
import type { IndexThread } from '../audit-index/thread/index-thread.ts'
import { StoreFailure } from '../store/port.ts'
import type { FindLastUse } from './recent-use.ts'

/** How long to wait for the index: no call waits meanwhile. */
const INDEX_WAIT_MS = 2000
const SECOND_MS = 1000

/** Finds the last use of a key in the index. What the index cannot answer is not known. */
export function lastUseFinder(index: IndexThread): FindLastUse {
  return async (record, keyArn) => {
    try {
      const { value: last, current } = await index.ask({
        ask: 'lastUse',
        key: keyArn,
        reachMs: INDEX_WAIT_MS,
      })
      if (last === undefined) return { last, current }
      const { operation, second, eventId } = last
      const by = await userOf(index, record, { second, eventId })
      return { last: { operation, at: second * SECOND_MS, by }, current }
    } catch (error) {
      if (!(error instanceof StoreFailure)) throw error
      return { last: undefined, current: false }
    }
  }
}

/** The caller of a call, if its record is in the same account's log. */
async function userOf(
  index: IndexThread,
  { recipientAccountId: account, awsRegion: region }: EventRecord,
  { second, eventId }: { readonly second: number; readonly eventId: string },
): Promise<string | undefined> {
  const attribute = { name: 'EventId', value: eventId } as const
  const question = { account, region, attribute, fromSecond: second, toSecond: second, limit: 1 }
  const { value } = await index.ask({ ask: 'lookup', question, reachMs: 0 })
  const [line] = value.events
  return line === undefined ? undefined : parseEvent(line).userIdentity?.arn
}
