import type { RecordedService } from '../api/services.ts'
import { formatEvent, formatTlsDetails } from '../audit/events/event.ts'
import type { FormattedEvent } from '../audit/events/service-event.ts'
import type { EpochMs, Random } from '../base/ports.ts'
import { eventIdFor } from './event-id.ts'
import type { EventData, EventResource, Outcome } from './operation.ts'
import { findHeader, type WireRequest } from './wire.ts'

/** What an audit event says of a call, whatever its outcome. */
export type CallFacts = {
  readonly requestId: string
  readonly eventId: string
  readonly service: RecordedService
  readonly eventName: string
  readonly readOnly: boolean
  readonly request: WireRequest
  readonly region: string
  /** The account whose log gets the event. */
  readonly account: string
  /** `userIdentity` as JSON text. */
  readonly identityJson: string
  /** Whether it is a data event: an event of a call on an object. */
  readonly isData?: boolean
  /** Whether a session of the web console calls. */
  readonly isConsole?: boolean | undefined
}

/** An error as an audit event shows it. */
export type RecordedError = {
  readonly code: string
  readonly message: string
  readonly reason?: string | undefined
}

/** The end of a call, for its audit event. */
export type CallEnd = {
  readonly at: EpochMs
  readonly parameters: EventData | null
  readonly resources: readonly EventResource[]
  readonly outcome?: Outcome | undefined
  readonly error?: RecordedError | undefined
}

/** The codes of a denial: that of KMS, and that of IAM and STS. */
const DENIALS: ReadonlySet<string> = new Set(['AccessDeniedException', 'AccessDenied'])

/**
 * The audit events of a call: the caller's, and a copy for each other account that owns a resource of the
 * call. Their ids differ, and they share a `sharedEventID`. Copies name the caller only by account and
 * principal id, and list only resources of their account. A denied call is only in the log of the caller's
 * account.
 *
 * Source: CloudTrail User Guide, "sharedEventID"; "CloudTrail userIdentity element", cross-account calls; KMS
 * Developer Guide, "Logging AWS KMS API calls with AWS CloudTrail".
 */
export function formatCallEvents(
  facts: CallFacts,
  end: CallEnd,
  random: Random,
): readonly [FormattedEvent, ...FormattedEvent[]] {
  const { resources } = end
  const isDenied = end.error !== undefined && DENIALS.has(end.error.code)
  if (isDenied || resources.every(({ account }) => account === facts.account)) {
    return [{ id: facts.eventId, json: formatCallEvent(facts, end) }]
  }
  const owners = new Set(resources.map(({ account }) => account))
  owners.delete(facts.account)
  const shared = random.uuid()
  const copies = [...owners].map((account) => {
    const id = eventIdFor(facts.requestId, random)
    const identityJson = outsiderJson(facts.identityJson)
    const theirs = { ...end, resources: resources.filter((resource) => resource.account === account) }
    return { id, json: formatCallEvent({ ...facts, account, identityJson, eventId: id }, theirs, shared) }
  })
  return [{ id: facts.eventId, json: formatCallEvent(facts, end, shared) }, ...copies]
}

function outsiderJson(identityJson: string): string {
  const { principalId, accountId }: { principalId?: string; accountId?: string } = JSON.parse(identityJson)
  return JSON.stringify({ type: 'AWSAccount', principalId, accountId })
}

/** The audit event of a call as JSON text: a CloudTrail record. */
export function formatCallEvent(facts: CallFacts, end: CallEnd, sharedEventId?: string): string {
  const { request } = facts
  const { connection } = request
  return formatEvent({
    userIdentity: facts.identityJson,
    at: end.at,
    source: facts.service.eventSource,
    name: facts.eventName,
    region: facts.region,
    sourceAddress: connection.address,
    userAgent: findHeader(request.rawHeaders, 'user-agent'),
    error: end.error,
    request: end.parameters,
    response: end.outcome?.event?.response ?? null,
    additional: end.outcome?.event?.additional ?? reasonOf(end.error),
    requestId: facts.requestId,
    eventId: facts.eventId,
    readOnly: facts.readOnly,
    resources: end.resources,
    type: 'AwsApiCall',
    recipient: facts.account,
    sharedEventId,
    tlsDetails: connection.tls && tlsDetails(connection.tls, request),
    isConsole: facts.isConsole,
    isData: facts.isData,
  })
}

function reasonOf(error: RecordedError | undefined): EventData | undefined {
  return error?.reason === undefined ? undefined : { reason: error.reason }
}

function tlsDetails(tls: NonNullable<WireRequest['connection']['tls']>, request: WireRequest): string {
  return formatTlsDetails({ ...tls, host: findHeader(request.rawHeaders, 'host') ?? '' })
}
