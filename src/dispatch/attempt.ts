import { KmsError } from '../api/errors.ts'
import { isLongOutput, renderError, renderOutput, renderOutputSteps } from '../api/render.ts'
import { type GiveWay, inSlices, neverGiveWay } from '../base/slices.ts'
import type { ContextLookup } from '../policy/context.ts'
import type { Quotas } from '../quotas/quota-service.ts'
import { type Arrival, readerOf } from './arrival.ts'
import {
  type Attempt,
  type AttemptRecordDependencies,
  recordFailure,
  recordOutcome,
} from './attempt-record.ts'
import { type Authenticated, type AuthenticationDependencies, authenticate } from './authenticate.ts'
import type { Caller, FindPlace } from './caller.ts'
import type { CallsInFlight } from './calls-in-flight.ts'
import { eventIdFor } from './event-id.ts'
import { tooFast } from './failures.ts'
import type { Freshness } from './freshness.ts'
import { globalContext } from './global-context.ts'
import type { Call, EventResource, Outcome } from './operation.ts'
import { isLarge, type ParsedCall, parseCall, parseCallInSlices } from './parse-call.ts'
import { runOperation } from './pipeline.ts'
import type { RecordQueues } from './record-queues.ts'
import { isUnsigned, type Route } from './routing.ts'
import type { WireResponse } from './wire.ts'

/** The dependencies of an attempt. */
export type AttemptDependencies = AttemptRecordDependencies &
  AuthenticationDependencies & {
    readonly freshness: Freshness
    readonly findPlace: FindPlace
    readonly quotas: Pick<Quotas, 'admit'>
    /** Bounds the calls in flight of an account and of a principal. */
    readonly inFlight: Pick<CallsInFlight, 'enter' | 'leave'>
    /** Gives way to other requests between the steps of a large call. */
    readonly giveWay: GiveWay
    /** Calls that change the same record wait here for each other. */
    readonly queues: RecordQueues
  }

/** Answers a call of a known caller. Never rejects: a failure is an answer too. */
export async function performCall(
  dependencies: AttemptDependencies,
  arrival: Arrival,
  authenticated: Authenticated,
): Promise<WireResponse> {
  const { route } = arrival
  const attempt = attemptOf(dependencies, arrival, authenticated)
  try {
    const outcome = await runAttempt(dependencies, arrival, authenticated, attempt)
    const reader = readerOf(arrival)
    const response = isLongOutput(outcome.output)
      ? await inSlices(renderOutputSteps(reader, route.name, outcome.output), dependencies.giveWay)
      : renderOutput(reader, route.name, outcome.output)
    outcome.dispose?.()
    return response
  } catch (cause) {
    const response = renderError(readerOf(arrival), await recordFailure(dependencies, attempt, cause))
    return attempt.anonymous ? { ...response, isCallerUnknown: true } : response
  }
}

/** The attempt of a call that has arrived. */
export function attemptOf(
  dependencies: AttemptDependencies,
  arrival: Arrival,
  { caller, region }: Authenticated,
): Attempt {
  const { request, requestId, route } = arrival
  return {
    facts: {
      requestId,
      eventId: eventIdFor(requestId, dependencies.random),
      service: route.service,
      eventName: route.name,
      readOnly: isReadOnly(route),
      request,
      region: route.service.eventRegion ?? region,
      account: caller.account,
      identityJson: caller.identityJson,
      isConsole: caller.isConsole,
    },
    resources: [],
    parameters: null,
    anonymous: isUnsigned(route),
    charged: 0,
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

/**
 * Runs the call and makes its outcome durable. @throws whatever refused or failed; then nothing has changed.
 */
export async function runAttempt(
  dependencies: AttemptDependencies,
  arrival: Arrival,
  authenticated: Authenticated,
  attempt: Attempt,
): Promise<Outcome> {
  const { request, route } = arrival
  const { caller, region } = authenticated
  const large = isLarge(request)
  const parsed = large
    ? await parseCallInSlices(route, request, dependencies.giveWay)
    : parseCall(route, request)
  const admitted = admit(dependencies, authenticated, route, parsed)
  if (!(typeof admitted === 'boolean' ? admitted : await admitted)) throw tooFast(route.service.name)
  if (parsed instanceof KmsError) throw parsed
  const { operation, input } = parsed
  if (large) await dependencies.giveWay()
  attempt.parameters = operation.parameters(input)
  if (large) await dependencies.giveWay()
  const call: Call = {
    requestId: arrival.requestId,
    caller,
    region,
    input,
    now: arrival.now,
    context: contextOf(arrival, authenticated, caller),
    involve: (resource) => involve(attempt.resources, resource),
    redact: () => redact(attempt),
    identify: (who) => {
      attempt.facts = { ...attempt.facts, ...who }
      attempt.anonymous = false
    },
  }
  return runOperation(operation, call, {
    finish: (outcome) => {
      const waiting = large ? dependencies.giveWay() : undefined
      if (waiting === undefined) return recordOutcome(dependencies, attempt, call, outcome)
      return waiting.then(() => recordOutcome(dependencies, attempt, call, outcome))
    },
    renewed: () => dependencies.freshness.renewed(),
    authenticatedAgain: async () => {
      const now = await callerNow(dependencies, arrival, authenticated)
      return { ...call, caller: now, context: contextOf(arrival, authenticated, now) }
    },
    findPlace: dependencies.findPlace,
    inFlight: dependencies.inFlight,
    queues: dependencies.queues,
    giveWay: large ? dependencies.giveWay : neverGiveWay,
  })
}

/**
 * The caller as it is now. Nothing is known to have changed about a caller whom no signature has authenticated: its
 * service has.
 *
 * @throws KmsError when the access key is no longer valid.
 */
async function callerNow(
  dependencies: AuthenticationDependencies,
  { request, route, now }: Arrival,
  { caller, isSigned }: Authenticated,
): Promise<Caller> {
  return isSigned ? (await authenticate(request, route.service.name, now, dependencies)).caller : caller
}

function contextOf(
  { request, route, now }: Arrival,
  { region }: Authenticated,
  caller: Caller,
): ContextLookup {
  return globalContext(caller, request, route.service.eventRegion ?? region, now)
}

/** Whether the quotas of the caller's account admit one more call. An unsigned call is not charged. */
function admit(
  dependencies: AttemptDependencies,
  { caller: { account }, region }: Authenticated,
  route: Route,
  parsed: ParsedCall | KmsError,
): boolean | Promise<boolean> {
  if (isUnsigned(route)) return true
  const input = parsed instanceof KmsError ? undefined : parsed.input
  return dependencies.quotas.admit({
    account,
    region,
    service: route.service.name,
    operation: route.name,
    input,
  })
}

/** Adds a resource once: an operation that runs again after a conflict adds its resources again. */
function involve(resources: EventResource[], resource: EventResource): void {
  if (!resources.some(({ arn }) => arn === resource.arn)) resources.push(resource)
}

/**
 * The event of a denied call goes to the caller's account: it says no more of others' resources than the
 * answer does.
 */
function redact({ resources, facts }: Attempt): void {
  const own = resources.filter(({ account }) => account === facts.account)
  resources.splice(0, resources.length, ...own)
}
