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

/** Up to where the audit log has been looked at for events. */
export type CursorValue = {
  readonly format: 1
  readonly positions: Readonly<Record<string, PlaceValue>>
}

/** The kind of the cursor. */
export const CURSOR: Kind<CursorValue> = kindOfFormat1('event-cursor')

/** The partition and the name of what there is one of. */
export const ALL = 'all'

/** An event on its way to an endpoint. Partition: the endpoint's id; name: in the order of arrival. */
export type WaitingValue = {
  readonly format: 1
  readonly eventId: string
  /** What is sent, byte for byte. */
  readonly body: string
  readonly queuedAt: EpochMs
  readonly attempts: number
  /** Not before this time. */
  readonly nextAt: EpochMs
}

/** The kind of events that wait. */
export const WAITING: Kind<WaitingValue> = kindOfFormat1('event-waiting')

/** How an endpoint does. Partition: {@link ALL}; name: its id. */
export type EndpointValue = {
  readonly format: 1
  /** Scheme, host and port: the rest of a URL may be a secret. */
  readonly origin: string
  /** Attempts that have failed since one was taken. */
  readonly failures: number
  /** Nothing is sent before this time. */
  readonly pausedUntil: EpochMs
  /** When it answered that it is gone, for ever. */
  readonly goneAt?: EpochMs
}

/** The kind of endpoints. */
export const ENDPOINT: Kind<EndpointValue> = kindOfFormat1('event-endpoint')

/** An endpoint that nothing has been sent to. */
export function newEndpoint(origin: string): EndpointValue {
  return { format: 1, origin, failures: 0, pausedUntil: 0 }
}

/** An event that begins to wait. */
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

/** Everything that waits for an endpoint, in the order of arrival. */
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

/** How an endpoint does, or nothing before the first event. */
export function findEndpoint(
  records: Records,
  endpointId: string,
): Promise<Stored<EndpointValue> | undefined> {
  return records.get(ENDPOINT, ALL, endpointId)
}
