import { SERVICE_S3 } from '../api/services.ts'
import type { Clock, Random } from '../base/ports.ts'
import type { Caller } from '../dispatch/caller.ts'
import { eventIdFor } from '../dispatch/event-id.ts'
import type { Journal } from '../dispatch/journal.ts'
import type { EventData, EventResource } from '../dispatch/operation.ts'
import { formatCallEvents } from '../dispatch/recording.ts'
import { type RefusalDependencies, recordRefusal } from '../dispatch/refusal.ts'
import type { WireRequest } from '../dispatch/wire.ts'
import type { StreamedRequest } from '../http/streaming-server.ts'
import type { Quotas } from '../quotas/quota-service.ts'
import type { Authenticated } from './authenticate.ts'
import type { S3Answer } from './call.ts'
import { type Catalogue, type CatalogueChange, putWaiting, removeWaiting } from './catalogue.ts'
import type { S3Error } from './s3-error.ts'

/** The dependencies of recording. */
export type RecordingDependencies = {
  readonly catalogue: Catalogue
  readonly journal: Journal
  readonly refusals: RefusalDependencies
  readonly quotas: Pick<Quotas, 'chargeAudit'>
  readonly clock: Clock
  readonly random: Random
}

/** A call of a known caller: what its audit event says of it. */
export type Attempt = {
  readonly requestId: string
  readonly name: string
  readonly readOnly: boolean
  readonly wire: StreamedRequest
  readonly caller: Caller
  readonly authenticated: Authenticated
  readonly region: string
  readonly isOnObject: boolean
  readonly parameters: EventData
  readonly resources: EventResource[]
}

/** The end of a call. */
export type End = {
  readonly error?: S3Error | undefined
  readonly changes: readonly CatalogueChange[]
  readonly event?: S3Answer['event'] | undefined
}

const NO_BODY = new Uint8Array(0)
/** How events say where the signature was. */
const METHODS = { header: 'AuthHeader', query: 'QueryString', form: 'HtmlForm' }

/**
 * Makes a call durable: its changes and its event, or its event alone. The event of a change is first committed with
 * it, so that no stop can lose one of the two.
 *
 * @throws StoreFailure, AuditUnavailable.
 */
export async function recordEnd(
  dependencies: RecordingDependencies,
  attempt: Attempt,
  end: End,
): Promise<void> {
  const { catalogue, journal, quotas, random, clock } = dependencies
  const { caller, resources, parameters, authenticated } = attempt
  const facts = {
    requestId: attempt.requestId,
    eventId: eventIdFor(attempt.requestId, random),
    service: SERVICE_S3,
    eventName: attempt.name,
    readOnly: attempt.readOnly,
    request: wireRequest(attempt.wire),
    region: attempt.region,
    account: caller.account,
    identityJson: caller.identityJson,
    isData: attempt.isOnObject,
  }
  const additional = {
    SignatureVersion: 'SigV4',
    AuthenticationMethod: METHODS[authenticated.method],
    ...(end.error?.reason !== undefined && { reason: end.error.reason }),
    ...end.event?.additional,
  }
  const at = clock.now()
  const format = (eventId: string, said: EventData, response?: EventData) =>
    formatCallEvents(
      { ...facts, eventId },
      { at, parameters, resources, outcome: { event: { response, additional: said } }, error: end.error },
      random,
    )
  const events = [
    ...format(facts.eventId, additional, end.event?.response),
    ...(end.event?.more ?? []).flatMap((said) => format(eventIdFor(attempt.requestId, random), said)),
  ]
  quotas.chargeAudit(
    caller.account,
    events.reduce((sum, { json }) => sum + json.length, 0),
  )
  if (end.changes.length > 0) {
    await catalogue.commit([...end.changes, ...events.map(({ id, json }) => putWaiting(id, json))])
  }
  await Promise.all(events.map(({ json }) => journal.append(json)))
  if (end.changes.length > 0) {
    // Nobody waits for it: an event that stays is appended again at the next start, with the same id.
    void catalogue.commit(events.map(({ id }) => removeWaiting(id))).catch(() => {})
  }
}

/** Appends the events that a stop may have kept from the log. */
export async function drainWaiting({
  catalogue,
  journal,
}: Pick<RecordingDependencies, 'catalogue' | 'journal'>): Promise<void> {
  for (const { id, event } of catalogue.waiting()) {
    await journal.append(event)
    await catalogue.commit([removeWaiting(id)])
  }
}

/** Records a request whose caller is not known, as far as the rate of its source allows. */
export function recordUnauthenticated(
  { refusals, clock }: RecordingDependencies,
  {
    wire,
    requestId,
    name,
  }: { readonly wire: StreamedRequest; readonly requestId: string; readonly name: string },
  reason: S3Error,
): Promise<void> {
  return recordRefusal(refusals, {
    request: wireRequest(wire),
    requestId,
    service: SERVICE_S3,
    eventName: name,
    reason,
    at: clock.now(),
  })
}

function wireRequest(wire: StreamedRequest): WireRequest {
  return { ...wire, body: NO_BODY }
}
