import { KmsError } from '../api/errors.ts'
import { parseJsonBody } from '../api/json.ts'
import { parseForm } from '../api/query.ts'
import { renderError, renderOutput } from '../api/render.ts'
import { SERVICES } from '../api/services.ts'
import type { Input, Members } from '../api/shapes.ts'
import { parseInput } from '../api/validate.ts'
import { formatServiceEvent } from '../audit/events/service-event.ts'
import type { Urgency } from '../audit/log/journal.ts'
import type { Log } from '../base/log.ts'
import type { Clock, EpochMs, Random } from '../base/ports.ts'
import type { Quotas } from '../quotas/quota-service.ts'
import { type Arrival, arrivalOf, readerOf, refuse } from './arrival.ts'
import { type Authenticated, type AuthenticationParts, authenticate } from './authenticate.ts'
import type { FindPlace } from './caller.ts'
import type { CallsInFlight } from './calls-in-flight.ts'
import { bodyMaxBytes, judgeHead } from './early.ts'
import { eventIdFor } from './event-id.ts'
import { callerFacingError, tooFast } from './failures.ts'
import { type ForwardedCall, forwardedCaller, forwardedRequest } from './forward.ts'
import type { Freshness } from './freshness.ts'
import { globalContext } from './global-context.ts'
import type { Journal } from './journal.ts'
import type { Call, EventData, EventResource, Operation, Outcome } from './operation.ts'
import { runOperation } from './pipeline.ts'
import { type CallFacts, formatCallEvents } from './recording.ts'
import type { RefusalParts } from './refusal.ts'
import { isRevocation } from './revocations.ts'
import {
  isUnsigned,
  type Route,
  type Routing,
  routeOf,
  routeOfName,
  serviceOfHeaders,
  unknownRoute,
} from './routing.ts'
import { UNSIGNED_REGION, unsignedCaller } from './unsigned.ts'
import { findForm, type WireRequest, type WireResponse } from './wire.ts'
import { type WireFault, wireFaultError } from './wire-fault.ts'

/** What a dispatcher works with. */
export type DispatcherParts = AuthenticationParts & {
  readonly routing: Routing
  readonly freshness: Freshness
  readonly findPlace: FindPlace
  readonly journal: Journal
  readonly refusals: RefusalParts
  readonly quotas: Pick<Quotas, 'admit' | 'chargeAudit'>
  /** Bounds the calls that are answered at a time, of an account and of a principal. */
  readonly inFlight: Pick<CallsInFlight, 'enter' | 'leave'>
  /** Whether one more throttled call of this account is recorded by itself; it is counted otherwise. */
  readonly admitThrottled: (account: string) => boolean
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Is told of what is not as it was written. */
  readonly alarm?: (reason: string) => void
  /** Told of every call once its answer is known, for whoever counts; must not throw. */
  readonly answered?: ((call: AnsweredCall) => void) | undefined
}

/** A call whose answer is known. */
export type AnsweredCall = {
  readonly request: WireRequest
  readonly response: WireResponse
  readonly service: string
  /** The name of an operation that is implemented; nothing for whatever else was asked for. */
  readonly operation: string | undefined
  readonly arrivedAt: EpochMs
  readonly durationMs: number
}

/** Answers requests: every call goes through here. */
export type Dispatcher = {
  /** Never rejects: a failure is an answer too. */
  readonly handle: (request: WireRequest) => Promise<WireResponse>
  /** Answers a request that is refused for its form on the wire; its body has not been read. */
  readonly refuseUnread: (request: WireRequest, fault: WireFault) => Promise<WireResponse>
  /** What is said of requests whose bodies have not come. */
  readonly early: {
    readonly bodyMaxBytes: (head: WireRequest) => number
    /** Gives how a request is refused that can be refused without its body. */
    readonly judge: (head: WireRequest) => Promise<(() => Promise<WireResponse>) | undefined>
  }
  /**
   * Makes a call of KMS for a service of this process. It is admitted, decided and recorded like one that comes in.
   * Whoever calls disposes of the outcome.
   *
   * @throws KmsError, once that is recorded.
   */
  readonly forward: (call: ForwardedCall) => Promise<Outcome>
}

/** A dispatcher of these parts. */
export function createDispatcher(parts: DispatcherParts): Dispatcher {
  return {
    handle: (request) => handle(parts, request),
    refuseUnread: (request, fault) => {
      const error = wireFaultError(fault)
      const route = unknownRoute(serviceOfHeaders(request), 'Unknown', error)
      return refuse(parts, arrivalOf(parts, request, route), error)
    },
    early: {
      bodyMaxBytes: (head) => bodyMaxBytes(parts.routing, head),
      judge: (head) => judge(parts, head),
    },
    forward: (call) => forward(parts, call),
  }
}

function handle(parts: DispatcherParts, request: WireRequest): Promise<WireResponse> {
  const arrival = arrivalOf(parts, request, routeOf(parts.routing, request))
  return told(parts, arrival, () => answer(parts, arrival))
}

/** Makes an answer, and tells whoever counts. */
async function told(
  parts: DispatcherParts,
  { request, route, now }: Arrival,
  make: () => Promise<WireResponse>,
): Promise<WireResponse> {
  if (parts.answered === undefined) return make()
  const beganAtMs = parts.clock.monotonicMs()
  const response = await make()
  parts.answered({
    request,
    response,
    service: route.service.name,
    operation: route.type === 'operation' ? route.name : undefined,
    arrivedAt: now,
    durationMs: parts.clock.monotonicMs() - beganAtMs,
  })
  return response
}

async function answer(parts: DispatcherParts, arrival: Arrival): Promise<WireResponse> {
  const { route } = arrival
  let authenticated: Authenticated
  try {
    await parts.freshness.reached()
    authenticated = isUnsigned(route)
      ? { caller: unsignedCaller(parts.refusals.account), region: UNSIGNED_REGION }
      : await authenticateFresh(parts, arrival)
  } catch (error) {
    return refuse(parts, arrival, error)
  }
  return perform(parts, arrival, authenticated)
}

async function judge(
  parts: DispatcherParts,
  head: WireRequest,
): Promise<(() => Promise<WireResponse>) | undefined> {
  const refusal = await judgeHead(parts, head, parts.clock.now())
  if (refusal === undefined) return undefined
  const arrival = arrivalOf(parts, head, refusal.route)
  return () => told(parts, arrival, () => refuse(parts, arrival, refusal.error))
}

/** Who calls; asked once more when something had changed since memory was made true for the request. */
async function authenticateFresh(
  parts: DispatcherParts,
  { request, route, now }: Arrival,
): Promise<Authenticated> {
  const service = route.service.name
  try {
    return await authenticate(request, service, now, parts)
  } catch (error) {
    if (!(error instanceof KmsError) || !(await parts.freshness.renewed())) throw error
    return authenticate(request, service, now, parts)
  }
}

/** A call of a known caller: everything that its audit event will say of it. */
type Attempt = {
  facts: CallFacts
  readonly resources: EventResource[]
  parameters: EventData | null
  /** Whether nobody has proven who calls. */
  anonymous: boolean
  /** Whether the call carries no signature. Its token may be anybody's: many providers give tokens to everybody. */
  readonly unsigned: boolean
}

async function perform(
  parts: DispatcherParts,
  arrival: Arrival,
  authenticated: Authenticated,
): Promise<WireResponse> {
  const { route } = arrival
  const attempt = attemptOf(parts, arrival, authenticated)
  try {
    const outcome = await run(parts, arrival, authenticated, attempt)
    const response = renderOutput(readerOf(arrival), route.name, outcome.output)
    outcome.dispose?.()
    return response
  } catch (cause) {
    const response = renderError(readerOf(arrival), await fail(parts, attempt, cause))
    return attempt.anonymous ? { ...response, isCallerUnknown: true } : response
  }
}

async function forward(parts: DispatcherParts, call: ForwardedCall): Promise<Outcome> {
  const arrival: Arrival = {
    request: forwardedRequest(call),
    requestId: parts.random.uuid(),
    now: parts.clock.now(),
    route: routeOfName(parts.routing, SERVICES.kms, call.operation),
  }
  const authenticated = { caller: forwardedCaller(call), region: call.region }
  const attempt = attemptOf(parts, arrival, authenticated)
  try {
    await parts.freshness.reached()
    return await run(parts, arrival, authenticated, attempt)
  } catch (cause) {
    throw await fail(parts, attempt, cause)
  }
}

function attemptOf(parts: DispatcherParts, arrival: Arrival, { caller, region }: Authenticated): Attempt {
  const { request, requestId, route } = arrival
  return {
    facts: {
      requestId,
      eventId: eventIdFor(requestId, parts.random),
      service: route.service,
      eventName: route.name,
      readOnly: isReadOnly(route),
      request,
      region: route.service.eventRegion ?? region,
      account: caller.account,
      identityJson: caller.identityJson,
    },
    resources: [],
    parameters: null,
    anonymous: isUnsigned(route),
    unsigned: isUnsigned(route),
  }
}

function isReadOnly(route: Route): boolean {
  switch (route.type) {
    case 'operation':
      return route.operation.readOnly
    case 'unsupported':
      return route.readOnly
    case 'unknown':
      return true
  }
}

/** Runs the call and makes it durable. @throws whatever refused or failed; nothing has changed then. */
async function run(
  parts: DispatcherParts,
  arrival: Arrival,
  authenticated: Authenticated,
  attempt: Attempt,
): Promise<Outcome> {
  const { request, route } = arrival
  const { caller, region } = authenticated
  const asked = askedOf(route, request)
  const admitted = admit(parts, authenticated, route, asked)
  if (!(typeof admitted === 'boolean' ? admitted : await admitted)) throw tooFast(route.service.name)
  if (asked instanceof KmsError) throw asked
  const { operation, input } = asked
  attempt.parameters = operation.parameters(input)
  const call: Call = {
    requestId: arrival.requestId,
    caller,
    region,
    input,
    now: arrival.now,
    context: globalContext(caller, request, route.service.eventRegion ?? region, arrival.now),
    involve: (resource) => involve(attempt.resources, resource),
    conceal: () => conceal(attempt),
    identify: (who) => {
      attempt.facts = { ...attempt.facts, ...who }
      attempt.anonymous = false
    },
  }
  return runOperation(operation, call, {
    finish: (outcome) => record(parts, attempt, outcome),
    renewed: () => parts.freshness.renewed(),
    findPlace: parts.findPlace,
    inFlight: parts.inFlight,
  })
}

/** What a call asks for. */
type Asked = { readonly operation: Operation; readonly input: Input<Members> }

/** What a call asks for, or why that is nothing: a call that is not valid, or of no operation, is charged too. */
function askedOf(route: Route, request: WireRequest): Asked | KmsError {
  switch (route.type) {
    case 'operation':
      return parseCall(route.operation, request)
    case 'unsupported':
      return new KmsError('UnsupportedOperationException', `${route.name} is not supported.`)
    case 'unknown':
      return route.error
  }
}

function parseCall(operation: Operation, request: WireRequest): Asked | KmsError {
  const { service, members } = operation
  try {
    const { protocol } = SERVICES[service]
    const body =
      protocol.type === 'json'
        ? parseJsonBody(request.body)
        : parseForm(members, findForm(request) ?? request.body)
    return { operation, input: parseInput(members, body) }
  } catch (error) {
    if (error instanceof KmsError) return error
    throw error
  }
}

/** Whether the caller's account may make one more call like this. Nobody is charged for an unsigned one. */
function admit(
  parts: DispatcherParts,
  { caller: { account }, region }: Authenticated,
  route: Route,
  asked: Asked | KmsError,
): boolean | Promise<boolean> {
  if (isUnsigned(route)) return true
  const input = asked instanceof KmsError ? undefined : asked.input
  return parts.quotas.admit({ account, region, service: route.service.name, operation: route.name, input })
}

/** An operation that runs again after a conflict names its resources again. */
function involve(resources: EventResource[], resource: EventResource): void {
  if (!resources.some(({ arn }) => arn === resource.arn)) resources.push(resource)
}

/** The event of a refusal is in the caller's account: it says no more of others' resources than the answer does. */
function conceal({ resources, facts }: Attempt): void {
  const own = resources.filter(({ account }) => account === facts.account)
  resources.splice(0, resources.length, ...own)
}

function record(parts: DispatcherParts, attempt: Attempt, outcome: Outcome): Promise<void> {
  const { facts, resources, parameters } = attempt
  const { random, journal } = parts
  const at = parts.clock.now()
  const events = formatCallEvents(facts, { at, parameters, resources, outcome }, random)
  charge(parts, facts.account, events)
  const { changes = [] } = outcome
  const urgency =
    facts.readOnly || !isRevocation(facts.service.name, facts.eventName) ? 'usual' : 'revocation'
  if (changes.length === 0) return appendAll(journal, events, urgency)
  const also = (outcome.event?.also ?? []).map((more) => formatServiceEvent(more, { at, random }))
  return journal.commit(changes, [...events, ...also], urgency)
}

/** Who calls is charged with the copies for others too. */
function charge(parts: DispatcherParts, account: string, events: ReturnType<typeof formatCallEvents>): void {
  for (const { json } of events) parts.quotas.chargeAudit(account, json.length)
}

/** The events of one call are durable together; nearly always it is one. */
async function appendAll(
  journal: Journal,
  [first, ...copies]: ReturnType<typeof formatCallEvents>,
  urgency: Urgency,
): Promise<void> {
  if (copies.length === 0) return journal.append(first.json, urgency)
  await Promise.all([first, ...copies].map(({ json }) => journal.append(json, urgency)))
}

/**
 * The event of a failure has an id of its own: where a commit failed in an unknown state, its event
 * may be in the outbox, and must not be taken for this one. Gives what the caller is told.
 */
async function fail(parts: DispatcherParts, attempt: Attempt, cause: unknown): Promise<KmsError> {
  const { resources, parameters } = attempt
  const { requestId, request } = attempt.facts
  const facts = { ...attempt.facts, eventId: eventIdFor(requestId, parts.random) }
  const error = callerFacingError(cause, requestId, parts)
  if (attempt.unsigned && !parts.refusals.admit(request.connection.address)) return error
  if (error.code === 'ThrottlingException' && !parts.admitThrottled(facts.account)) return error
  const end = { at: parts.clock.now(), parameters, resources, error }
  try {
    const events = formatCallEvents(facts, end, parts.random)
    if (!attempt.unsigned) charge(parts, facts.account, events)
    await appendAll(parts.journal, events, 'usual')
  } catch (failure) {
    return callerFacingError(failure, requestId, parts)
  }
  return error
}
