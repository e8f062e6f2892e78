import { formatEvent, formatTlsDetails } from '../../audit/events/event.ts'
import type { EpochMs } from '../../base/ports.ts'
import { findHeader, type WireRequest } from '../../dispatch/wire.ts'
import { XKS_SERVICE } from '../protocol/protocol.ts'
import type { RequestMetadata } from './requests.ts'

/** The facts of a proxy call for its audit event. */
export type ProxyCallFacts = {
  readonly account: string
  readonly requestId: string
  readonly eventId: string
  readonly at: EpochMs
  readonly request: WireRequest
  /** The call, or `Unknown`. */
  readonly name: string
  /** Absent for an unknown caller. */
  readonly accessKeyId: string | undefined
  readonly region: string
  readonly externalKeyId: string | undefined
  /** The KMS key and its user, as stated by the caller. */
  readonly metadata: RequestMetadata | undefined
  readonly error: { readonly code: string; readonly message: string } | undefined
}

/** The audit event of a proxy call as JSON text: the caller, the key, and the stated user. */
export function formatProxyEvent(facts: ProxyCallFacts): string {
  const { account, accessKeyId, request, externalKeyId, metadata } = facts
  const { address, tls } = request.connection
  const identity =
    accessKeyId === undefined
      ? { type: 'Unknown' }
      : { type: 'ProxyCredential', accountId: account, accessKeyId }
  const parameters = {
    ...(externalKeyId !== undefined && { externalKeyId }),
    ...(metadata !== undefined && { requestMetadata: metadata }),
  }
  return formatEvent({
    userIdentity: JSON.stringify(identity),
    at: facts.at,
    source: XKS_SERVICE,
    name: facts.name,
    region: facts.region,
    sourceAddress: address,
    userAgent: findHeader(request.rawHeaders, 'user-agent'),
    error: facts.error,
    request: Object.keys(parameters).length === 0 ? null : parameters,
    response: null,
    requestId: facts.requestId,
    eventId: facts.eventId,
    readOnly: true,
    type: 'AwsApiCall',
    recipient: account,
    tlsDetails: tls && formatTlsDetails({ ...tls, host: findHeader(request.rawHeaders, 'host') ?? '' }),
  })
}

/** An operator's change to the proxy from the command line. */
export type ProxyAdministration = {
  readonly account: string
  readonly at: EpochMs
  readonly eventId: string
  readonly name: string
  readonly details: { readonly [name: string]: unknown }
}

/** The audit event of an operator's change. */
export function formatProxyAdministration(done: ProxyAdministration): string {
  return formatEvent({
    userIdentity: JSON.stringify({ accountId: done.account, invokedBy: OPERATOR }),
    at: done.at,
    source: XKS_SERVICE,
    name: done.name,
    region: 'unknown',
    sourceAddress: OPERATOR,
    userAgent: undefined,
    request: done.details,
    response: null,
    requestId: undefined,
    eventId: done.eventId,
    readOnly: false,
    type: 'AwsServiceEvent',
    recipient: done.account,
  })
}

const OPERATOR = 'holdfast'
