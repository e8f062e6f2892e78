import { ANNOUNCEMENTS } from '../audit/events/announcement.ts'
import { OWN_SOURCE } from '../audit/events/service-event.ts'
import type { EventRecord } from '../audit-index/event-record.ts'

/** An event as it is delivered. Source: Amazon EventBridge User Guide, "Event structure reference". */
export type StreamEvent = {
  readonly version: '0'
  /** The id of its audit record. */
  readonly id: string
  readonly 'detail-type': string
  readonly source: string
  readonly account: string
  /** RFC 3339, to the second. */
  readonly time: string
  readonly region: string
  /** ARNs. */
  readonly resources: readonly string[]
  readonly detail: Readonly<Record<string, unknown>>
}

/** AWS KMS's name as an event source. */
const KMS_EVENTS = 'aws.kms'
/** The same in audit records. */
const KMS_RECORDS = 'kms.amazonaws.com'

/**
 * The records that AWS KMS notifies of: the `detail-type`, and the members of the record in the detail.
 * Source: AWS KMS Developer Guide, "Monitor KMS keys with Amazon EventBridge".
 */
const KMS_NOTIFICATIONS: ReadonlyMap<
  string,
  { readonly detailType: string; readonly members: readonly string[] }
> = new Map([
  [
    'RotateKey',
    {
      detailType: 'KMS CMK Rotation',
      members: ['keyOrigin', 'rotationType', 'previousKeyMaterialId', 'currentKeyMaterialId'],
    },
  ],
  [
    'DeleteExpiredKeyMaterial',
    { detailType: 'KMS Imported Key Material Expiration', members: ['keyMaterialId'] },
  ],
  ['DeleteKey', { detailType: 'KMS CMK Deletion', members: [] }],
])

/** The event that notifies of a record that a service wrote by itself; nothing when none does. */
export function eventOfServiceRecord(record: EventRecord, ownRegion: string): StreamEvent | undefined {
  if (record.eventType === 'AwsCloudTrailInsight') return anomalyEvent(record)
  if (record.eventType !== 'AwsServiceEvent') return undefined
  return record.eventSource === OWN_SOURCE ? ownEvent(record, ownRegion) : kmsEvent(record)
}

function kmsEvent(record: EventRecord): StreamEvent | undefined {
  const notification =
    record.eventSource === KMS_RECORDS ? KMS_NOTIFICATIONS.get(record.eventName) : undefined
  if (notification === undefined) return undefined
  const { serviceEventDetails: details = {} } = record
  const members = notification.members.map((name) => [hyphenated(name), details[name]])
  const detail = { 'key-id': keyIdOf(record), ...Object.fromEntries(members) }
  return streamEvent(record, { source: KMS_EVENTS, detailType: notification.detailType, detail })
}

const OWN_NOTIFICATIONS: ReadonlyMap<string, string> = new Map(Object.entries(ANNOUNCEMENTS))

function ownEvent(record: EventRecord, ownRegion: string): StreamEvent | undefined {
  const detailType = OWN_NOTIFICATIONS.get(record.eventName)
  if (detailType === undefined) return undefined
  const detail = withHyphens(record.serviceEventDetails ?? {})
  const region = record.awsRegion === 'unknown' ? ownRegion : record.awsRegion
  return { ...streamEvent(record, { source: OWN_SOURCE, detailType, detail }), region }
}

/** An anomaly begins or ends: the event's detail is that of the insight's record. */
function anomalyEvent(record: EventRecord): StreamEvent {
  const detail = withHyphens(record.insightDetails ?? {})
  return streamEvent(record, { source: OWN_SOURCE, detailType: 'Usage Anomaly', detail })
}

/** The facts of an event that its record does not have as such. */
type NotificationFacts = {
  readonly source: string
  readonly detailType: string
  readonly detail: StreamEvent['detail']
}

/** The event that notifies of a record. */
export function streamEvent(
  record: EventRecord,
  { source, detailType, detail }: NotificationFacts,
): StreamEvent {
  return {
    version: '0',
    id: record.eventID,
    'detail-type': detailType,
    source,
    account: record.recipientAccountId,
    time: record.eventTime,
    region: record.awsRegion,
    resources: (record.resources ?? []).map(({ ARN = '' }) => ARN),
    detail,
  }
}

/** The id of the key that a record names. */
export function keyIdOf({ resources = [] }: EventRecord): string {
  const arn = resources[0]?.ARN ?? ''
  return arn.slice(arn.lastIndexOf('/') + 1)
}

function withHyphens(members: Readonly<Record<string, unknown>>): StreamEvent['detail'] {
  return Object.fromEntries(Object.entries(members).map(([name, value]) => [hyphenated(name), value]))
}

/** `previous-key-material-id` of `previousKeyMaterialId`. */
function hyphenated(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
