import { type EventFact, networkOf } from '../insights/detector/fact.ts'
import { isCopy, KMS_SOURCE, keysOf, principalOf, TRACKED } from './event-facts.ts'
import type { EventRecord } from './event-record.ts'

/** Keys of one event that are looked at. */
const KEYS_MAX = 16

/** What the detector looks at of a call, whenever it was and in whatever context. */
export type CallFact = Omit<EventFact, 'second' | 'context'>

/** What the detector looks at of a record, but for time and context; nothing when it is not of a call. */
export function insightFact(event: EventRecord): CallFact | undefined {
  if (event.eventType !== 'AwsApiCall' || isCopy(event)) return undefined
  const { eventSource, eventName, errorCode = '' } = event
  return {
    account: event.recipientAccountId,
    region: event.awsRegion,
    source: eventSource,
    operation: eventName,
    principal: principalOf(event.userIdentity),
    agent: event.userAgent ?? '',
    network: networkOf(event.sourceIPAddress ?? ''),
    keys: keysOf(event).slice(0, KEYS_MAX),
    error: errorCode,
    isUse: errorCode === '' && eventSource === KMS_SOURCE && TRACKED.has(eventName),
  }
}
