import { type EventFact, networkOf } from '../insights/detector/fact.ts'
import { isCopy, KMS_SOURCE, keysOf, principalOf, TRACKED } from './event-facts.ts'
import type { EventRecord } from './event-record.ts'

/** The maximum number of considered keys of an event. */
const KEYS_MAX = 16

/** The facts of a call for the detector, without time and encryption context. */
export type CallFact = Omit<EventFact, 'second' | 'context'>

/** The facts of a record for the detector, without time and context; nothing when it is no call. */
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
