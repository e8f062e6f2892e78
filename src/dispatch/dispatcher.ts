import { KmsError } from '../api/errors.ts'
import { SERVICES } from '../api/services.ts'
import type { EpochMs } from '../base/ports.ts'
import { type Arrival, arrivalOf, refuse } from './arrival.ts'
import { type AttemptDependencies, attemptOf, performCall, runAttempt } from './attempt.ts'
import { recordFailure } from './attempt-record.ts'
import { type Authenticated, type AuthenticationDependencies, authenticate } from './authenticate.ts'
import { type ForwardedCall, forwardedCaller, forwardedRequest } from './forward.ts'
import { bodyMaxBytes, checkHead } from './head-check.ts'
import type { Outcome } from './operation.ts'
import { isLarge } from './parse-call.ts'
import { isUnsigned, type Routing, routeOf, routeOfName, serviceOfHeaders, unknownRoute } from './routing.ts'
import { UNSIGNED_REGION, unsignedCaller } from './unsigned.ts'
import type { WireRequest, WireResponse } from './wire.ts'
import { type WireFault, wireFaultError } from './wire-fault.ts'

/** The dependencies of the dispatcher. */
export type DispatcherDependencies = AuthenticationDependencies &
  AttemptDependencies & {
    readonly routing: Routing
    /** Called for every call when its answer is known, to count calls; must not throw. */
    readonly answered?: ((call: AnsweredCall) => void) | undefined
  }

/** A call whose answer is known. */
export type AnsweredCall = {
  readonly request: WireRequest
  readonly response: WireResponse
  readonly service: string
  /** The name of an implemented operation; nothing for all other requests. */
  readonly operation: string | undefined
  readonly arrivedAt: EpochMs
  readonly durationMs: number
}

/** Answers requests: every call passes through here. */
export type Dispatcher = {
  /** Never rejects: a failure is an answer too. */
  readonly handle: (request: WireRequest) => Promise<WireResponse>
  /** Answers a request that is refused for its form on the wire. Its body was not read. */
  readonly refuseUnread: (request: WireRequest, fault: WireFault) => Promise<WireResponse>
  /** Checks of requests whose bodies have not arrived. */
  readonly headChecks: {
    readonly bodyMaxBytes: (head: WireRequest) => number
    /** Returns the refusal of a request that can be refused without its body. */
    readonly judge: (head: WireRequest) => Promise<(() => Promise<WireResponse>) | undefined>
  }
  /**
   * Makes a call of KMS for a service of this process. The call is admitted, decided and recorded as one from
   * a client. The service disposes of the outcome.
   *
   * @throws KmsError, after it was recorded.
   */
  readonly forward: (call: ForwardedCall) => Promise<Outcome>
}

/** A dispatcher with these dependencies. */
export function createDispatcher(dependencies: DispatcherDependencies): Dispatcher {
  return {
    handle: (request) => handle(dependencies, request),
    refuseUnread: (request, fault) => {
      const error = wireFaultError(fault)
      const route = unknownRoute(serviceOfHeaders(request), 'Unknown', error)
      return refuse(dependencies, arrivalOf(dependencies, request, route), error)
    },
    headChecks: {
      bodyMaxBytes: (head) => bodyMaxBytes(dependencies.routing, head),
      judge: (head) => judge(dependencies, head),
    },
    forward: (call) => forward(dependencies, call),
  }
}

function handle(dependencies: DispatcherDependencies, request: WireRequest): Promise<WireResponse> {
  const arrival = arrivalOf(dependencies, request, routeOf(dependencies.routing, request))
  return notify(dependencies, arrival, () => answer(dependencies, arrival))
}

/** Makes an answer and reports it to `answered`. */
async function notify(
  dependencies: DispatcherDependencies,
  { request, route, now }: Arrival,
  make: () => Promise<WireResponse>,
): Promise<WireResponse> {
  if (dependencies.answered === undefined) return make()
  const beganAtMs = dependencies.clock.monotonicMs()
  const response = await make()
  dependencies.answered({
    request,
    response,
    service: route.service.name,
    operation: route.type === 'operation' ? route.name : undefined,
    arrivedAt: now,
    durationMs: dependencies.clock.monotonicMs() - beganAtMs,
  })
  return response
}

async function answer(dependencies: DispatcherDependencies, arrival: Arrival): Promise<WireResponse> {
  const { route } = arrival
  let authenticated: Authenticated
  try {
    await dependencies.freshness.reached()
    if (isLarge(arrival.request)) await dependencies.giveWay()
    authenticated = isUnsigned(route)
      ? { caller: unsignedCaller(dependencies.refusals.account), region: UNSIGNED_REGION, isSigned: false }
      : await authenticateFresh(dependencies, arrival)
  } catch (error) {
    return refuse(dependencies, arrival, error)
  }
  return performCall(dependencies, arrival, authenticated)
}

async function judge(
  dependencies: DispatcherDependencies,
  head: WireRequest,
): Promise<(() => Promise<WireResponse>) | undefined> {
  const refusal = await checkHead(dependencies, head, dependencies.clock.now())
  if (refusal === undefined) return undefined
  const arrival = arrivalOf(dependencies, head, refusal.route)
  return () => notify(dependencies, arrival, () => refuse(dependencies, arrival, refusal.error))
}

/** Authenticates the caller; again if a record has changed since the cache was validated for the request. */
async function authenticateFresh(
  dependencies: DispatcherDependencies,
  { request, route, now }: Arrival,
): Promise<Authenticated> {
  const service = route.service.name
  try {
    return await authenticate(request, service, now, dependencies)
  } catch (error) {
    if (!(error instanceof KmsError) || !(await dependencies.freshness.renewed())) throw error
    return authenticate(request, service, now, dependencies)
  }
}

async function forward(dependencies: DispatcherDependencies, call: ForwardedCall): Promise<Outcome> {
  const arrival: Arrival = {
    request: forwardedRequest(call),
    requestId: dependencies.random.uuid(),
    now: dependencies.clock.now(),
    route: routeOfName(dependencies.routing, SERVICES.kms, call.operation),
  }
  const authenticated = { caller: forwardedCaller(call), region: call.region, isSigned: false }
  const attempt = attemptOf(dependencies, arrival, authenticated)
  try {
    await dependencies.freshness.reached()
    return await runAttempt(dependencies, arrival, authenticated, attempt)
  } catch (cause) {
    throw await recordFailure(dependencies, attempt, cause)
  }
}
