import { sha256Hex } from '../crypto/hash.ts'
import { type EventFact, networkOf } from '../insights/fact.ts'
import { type EventRecord, isCopy, KMS_SOURCE, keysOf, principalOf, TRACKED } from './event-facts.ts'

/** Hexadecimal digits that tell contexts apart. */
const CONTEXT_DIGITS = 12
/** Keys of one event that are looked at. */
const KEYS_MAX = 16

/** What the detector looks at of a call, whenever it was. */
export type UntimedFact = Omit<EventFact, 'second'>

/** What the detector looks at of a record but for its time; nothing when it is not of a call. */
export function insightFact(event: EventRecord): UntimedFact | undefined {
  if (event.eventType !== 'AwsApiCall' || isCopy(event)) return undefined
  const { eventSource, eventName, errorCode = '', requestParameters } = event
  const context = requestParameters?.['encryptionContext']
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
    context: context === undefined ? '' : sha256Hex(JSON.stringify(context)).slice(0, CONTEXT_DIGITS),
    isUse: errorCode === '' && eventSource === KMS_SOURCE && TRACKED.has(eventName),
  }
}
