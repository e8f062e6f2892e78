import { OWN_SOURCE } from '../audit/events/service-event.ts'
import type { EventRecord } from '../audit-index/event-record.ts'
import type { EpochMs } from '../base/ports.ts'
import { keyIdOf, type StreamEvent, streamEvent } from './notification.ts'

/** The last use of a key, as far as it is known. */
type KnownUse = {
  readonly operation: string
  readonly at: EpochMs
  /** The ARN of its caller, if the account's own log has it. */
  readonly by: string | undefined
}

/** Finds the last use of a key, by ARN. `current`: everything recorded by now is counted. */
export type FindLastUse = (
  record: EventRecord,
  keyArn: string,
) => Promise<{ readonly last: KnownUse | undefined; readonly current: boolean }>

/** The dependencies of warnings. */
export type RecentUseDependencies = {
  readonly findLastUse: FindLastUse
  /** 0: never warn. */
  readonly recentUseDays: number
}

const DAY_MS = 86_400_000

/** Calls that end the use of a key, and the name of the warning when it was used recently. */
const ENDINGS: ReadonlyMap<string, string> = new Map([
  ['ScheduleKeyDeletion', 'Recently Used Key Scheduled For Deletion'],
  ['DisableKey', 'Recently Used Key Disabled'],
])

/**
 * The warning for a recently used key that is disabled or pending deletion. If the use is not known, there is
 * a warning too, which says so.
 */
export async function recentUseWarning(
  record: EventRecord,
  { findLastUse, recentUseDays }: RecentUseDependencies,
): Promise<StreamEvent | undefined> {
  const detailType = ENDINGS.get(record.eventName)
  const keyArn = record.resources?.[0]?.ARN
  const isCall = record.eventType === 'AwsApiCall' && record.eventSource === 'kms.amazonaws.com'
  if (detailType === undefined || keyArn === undefined || !isCall) return undefined
  if (record.errorCode !== undefined || recentUseDays === 0) return undefined
  const { last, current } = await findLastUse(record, keyArn)
  const isRecent = last !== undefined && last.at >= Date.parse(record.eventTime) - recentUseDays * DAY_MS
  if (!isRecent && current) return undefined
  return streamEvent(record, {
    source: OWN_SOURCE,
    detailType,
    detail: {
      'key-id': keyIdOf(record),
      'requested-by': record.userIdentity?.arn,
      'deletion-date': record.responseElements?.['deletionDate'],
      'last-used-at': last && new Date(last.at).toISOString(),
      'last-operation': last?.operation,
      'last-used-by': last?.by,
      'last-use-is-known': current,
    },
  })
}
