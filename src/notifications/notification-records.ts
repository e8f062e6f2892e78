import type { PlaceValue } from '../audit/log/positions.ts'
import type { EpochMs } from '../base/ports.ts'
import { kindOfFormat1 } from '../store/kind.ts'
import {
  type Change,
  insert,
  type Kind,
  LIST_MAX_RECORDS,
  type Records,
  type Stored,
} from '../store/records.ts'

/** The position up to which the audit log was read for events. */
export type CursorValue = {
  readonly format: 1
  readonly positions: Readonly<Record<string, PlaceValue>>
}

/** The kind of the cursor. */
export const CURSOR: Kind<CursorValue> = kindOfFormat1('event-cursor')

/** The partition and the name of single records. */
export const ALL = 'all'

/** An event in the queue of an endpoint. Partition: the endpoint's id; name: in the order of arrival. */
export type WaitingValue = {
  readonly format: 1
  readonly eventId: string
  /** The message, byte for byte. */
  readonly body: string
  readonly queuedAt: EpochMs
  readonly attempts: number
  /** Not before this time. */
  readonly nextAt: EpochMs
}

/** The kind of queued events. */
export const WAITING: Kind<WaitingValue> = kindOfFormat1('event-waiting')

/** The condition of an endpoint. Partition: {@link ALL}; name: its id. */
export type EndpointValue = {
  readonly format: 1
  /** Scheme, host and port: the rest of a URL may be a secret. */
  readonly origin: string
  /** Failed attempts since the last success. */
  readonly failures: number
  /** Nothing is sent before this time. */
  readonly pausedUntil: EpochMs
  /** When it answered that it is gone for ever. */
  readonly goneAt?: EpochMs
}

/** The kind of endpoints. */
export const ENDPOINT: Kind<EndpointValue> = kindOfFormat1('event-endpoint')

/** An endpoint before its first event. */
export function newEndpoint(origin: string): EndpointValue {
  return { format: 1, origin, failures: 0, pausedUntil: 0 }
}

/** An event to queue. */
export type NewWaiting = { readonly eventId: string; readonly body: string }

const TIME_DIGITS = 15
const ORDER_DIGITS = 6

/** The changes that put events into an endpoint's queue, in this order. */
export function enqueued(endpointId: string, events: readonly NewWaiting[], now: EpochMs): readonly Change[] {
  return events.map(({ eventId, body }, order) => {
    const place = `${String(now).padStart(TIME_DIGITS, '0')}-${String(order).padStart(ORDER_DIGITS, '0')}`
    const value: WaitingValue = { format: 1, eventId, body, queuedAt: now, attempts: 0, nextAt: now }
    return insert(WAITING, endpointId, `${place}-${eventId}`, value)
  })
}

/** Every event in an endpoint's queue, in the order of arrival. */
export async function listWaiting(
  records: Records,
  endpointId: string,
): Promise<readonly Stored<WaitingValue>[]> {
  const waiting: Stored<WaitingValue>[] = []
  let after: string | undefined
  do {
    const page = await records.list(WAITING, { partition: endpointId, after, limit: LIST_MAX_RECORDS })
    waiting.push(...page.records)
    after = page.next
  } while (after !== undefined)
  return waiting.sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** The condition of an endpoint, or nothing before its first event. */
export function findEndpoint(
  records: Records,
  endpointId: string,
): Promise<Stored<EndpointValue> | undefined> {
  return records.get(ENDPOINT, ALL, endpointId)
}

/** By node, the last record that events were derived from; 0 before the first. */
export async function takenByEvents(records: Records): Promise<(node: string) => number> {
  const cursor = await records.get(CURSOR, ALL, ALL)
  return (node) => cursor?.value.positions[node]?.sequence ?? 0
}
