import { type Reader, renderError } from '../api/render.ts'
import type { Clock, EpochMs, Random } from '../base/ports.ts'
import { callerFacingError, type FailureDependencies } from './failures.ts'
import { type RefusalDependencies, recordRefusal } from './refusal.ts'
import type { Route } from './routing.ts'
import { findHeader, type WireRequest, type WireResponse } from './wire.ts'

/** A request whose caller is not yet known. */
export type Arrival = {
  readonly request: WireRequest
  readonly requestId: string
  readonly now: EpochMs
  readonly route: Route
}

/** A request that has arrived now. */
export function arrivalOf(
  { random, clock }: { readonly random: Random; readonly clock: Clock },
  request: WireRequest,
  route: Route,
): Arrival {
  return { request, requestId: random.uuid(), now: clock.now(), route }
}

/** Answers a call whose caller is not known, and records it as far as the rate of its source allows. */
export async function refuse(
  dependencies: FailureDependencies & { readonly refusals: RefusalDependencies },
  arrival: Arrival,
  cause: unknown,
): Promise<WireResponse> {
  const { request, requestId, route } = arrival
  const reason = callerFacingError(cause, requestId, dependencies)
  const error = route.type === 'unknown' && reason.fault === 'client' ? route.error : reason
  try {
    await recordRefusal(dependencies.refusals, {
      request,
      requestId,
      service: route.service,
      eventName: route.name,
      reason,
      at: arrival.now,
    })
  } catch (failure) {
    return renderError(readerOf(arrival), callerFacingError(failure, requestId, dependencies))
  }
  return { ...renderError(readerOf(arrival), error), isCallerUnknown: true }
}

/** The reader of the answer. The JSON protocol has one form of answers, so its headers are not searched. */
export function readerOf({ request, requestId, route: { service } }: Arrival): Reader {
  const negotiated = service.protocol.type === 'query'
  return { service, requestId, accept: negotiated ? findHeader(request.rawHeaders, 'accept') : undefined }
}
