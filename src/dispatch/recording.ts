import type { KmsError } from '../api/errors.ts'
import { formatEvent } from '../audit/event.ts'
import type { EpochMs } from '../base/ports.ts'
import type { EventData, EventResource, Outcome } from './operation.ts'
import { findHeader, type WireRequest } from './wire.ts'

/** What an audit event says of a call, whatever became of it. */
export type CallFacts = {
  readonly requestId: string
  readonly eventId: string
  readonly eventName: string
  readonly readOnly: boolean
  readonly request: WireRequest
  readonly region: string
  /** The account whose log it goes to; nothing when the caller is not known. */
  readonly account: string | undefined
  /** `userIdentity` as JSON text. */
  readonly identityJson: string
}

export type CallEnd = {
  readonly at: EpochMs
  readonly parameters: EventData | null
  readonly resources: readonly EventResource[]
  readonly outcome?: Outcome | undefined
  readonly error?: KmsError | undefined
}

/** The audit event of a call as JSON text: a CloudTrail record. */
export function formatCallEvent(facts: CallFacts, end: CallEnd): string {
  const { request, account } = facts
  const { tls } = request.connection
  return formatEvent({
    userIdentityJson: facts.identityJson,
    at: end.at,
    eventSource: 'kms.amazonaws.com',
    eventName: facts.eventName,
    awsRegion: facts.region,
    sourceIpAddress: request.connection.address,
    userAgent: findHeader(request.rawHeaders, 'user-agent') ?? '',
    errorCode: end.error?.code,
    errorMessage: end.error?.message,
    requestParameters: end.parameters,
    responseElements: end.outcome?.event?.response ?? null,
    additionalEventData: end.outcome?.event?.additional,
    requestId: facts.requestId,
    eventId: facts.eventId,
    readOnly: facts.readOnly,
    resources: end.resources,
    eventType: 'AwsApiCall',
    recipientAccountId: account,
    tlsDetails: tls && {
      tlsVersion: tls.version,
      cipherSuite: tls.cipherSuite,
      clientProvidedHostHeader: findHeader(request.rawHeaders, 'host') ?? '',
    },
  })
}
