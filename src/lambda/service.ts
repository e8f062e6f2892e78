import { KmsError } from '../api/errors.ts'
import { SERVICE_LAMBDA } from '../api/services.ts'
import { parseInput } from '../api/validate.ts'
import { utf8 } from '../base/bytes.ts'
import type { Log } from '../base/log.ts'
import type { EpochMs } from '../base/ports.ts'
import type { GiveWay } from '../base/slices.ts'
import {
  type Authenticated,
  type AuthenticationDependencies,
  authenticate,
  authenticateHead,
} from '../dispatch/authenticate.ts'
import type { Caller, FindPlace } from '../dispatch/caller.ts'
import type { CallsInFlight } from '../dispatch/calls-in-flight.ts'
import type { Freshness } from '../dispatch/freshness.ts'
import { globalContext } from '../dispatch/global-context.ts'
import type { Call } from '../dispatch/operation.ts'
import { shownParameters } from '../dispatch/parameters.ts'
import { runOperation } from '../dispatch/pipeline.ts'
import type { RecordQueues } from '../dispatch/record-queues.ts'
import { type RefusalDependencies, recordRefusal } from '../dispatch/refusal.ts'
import { findHeader, type WireRequest } from '../dispatch/wire.ts'
import type { StreamedRequest, StreamedResponse } from '../http/streaming-server.ts'
import type { Quotas } from '../quotas/quota-service.ts'
import type { Bodies } from './body.ts'
import type { LambdaAnswer, LambdaCall, LambdaOutcome, OperationDependencies } from './call.ts'
import { fromPipeline, LambdaError, tooManyRequests } from './lambda-error.ts'
import { type Attempt, type RecordingDependencies, recordEnd } from './recording.ts'
import { inputOf, parseBody, parseTarget } from './request.ts'
import { type LambdaRoute, routeOf } from './routes.ts'

/** The dependencies of the Lambda API. */
export type LambdaDependencies = OperationDependencies &
  AuthenticationDependencies &
  RecordingDependencies & {
    readonly freshness: Freshness
    readonly findPlace: FindPlace
    readonly inFlight: Pick<CallsInFlight, 'enter' | 'leave'>
    readonly queues: RecordQueues
    readonly giveWay: GiveWay
    readonly quotas: Pick<Quotas, 'admit' | 'chargeAudit'>
    readonly admitThrottled: (account: string) => boolean
    readonly refusals: RefusalDependencies
    readonly bodies: Bodies
    readonly log: Log
    readonly alarm: (reason: string) => void
    readonly unready: () => Promise<string | undefined>
  }

const SERVICE = 'lambda'
const NO_BODY = new Uint8Array(0)

/** A request whose caller is not known yet. */
type Arrival = {
  readonly request: WireRequest
  readonly requestId: string
  readonly now: EpochMs
  /** The operation's name in audit events. */
  eventName: string
}

/** Answers a request to Lambda. Never rejects: a failure is an answer too. */
export async function handleLambda(
  dependencies: LambdaDependencies,
  wire: StreamedRequest,
): Promise<StreamedResponse> {
  const probe = await answerProbe(dependencies, wire)
  if (probe !== undefined) return probe
  const { random, clock, bodies } = dependencies
  const head: Arrival = {
    request: { ...wire, body: NO_BODY },
    requestId: random.uuid(),
    now: clock.now(),
    eventName: 'Unknown',
  }
  try {
    const route = routeOf(wire.method, parseTarget(wire.target))
    head.eventName = route.operation.eventName
    await dependencies.freshness.reached()
    await afresh(dependencies, () => authenticateHead(head.request, SERVICE, head.now, dependencies))
    return await bodies.read(wire.body, route.bodyMaxBytes, async (body) => {
      const arrival = { ...head, request: { ...head.request, body } }
      await dependencies.freshness.reached()
      const authenticated = await afresh(dependencies, () =>
        authenticate(arrival.request, SERVICE, arrival.now, dependencies),
      )
      return perform(dependencies, { ...arrival, route, authenticated })
    })
  } catch (cause) {
    return refuse(dependencies, head, cause)
  }
}

/** Tries again if a record has changed since the cache was validated for the request. */
async function afresh<T>({ freshness }: LambdaDependencies, attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt()
  } catch (error) {
    if (!(error instanceof KmsError) || !(await freshness.renewed())) throw error
    return attempt()
  }
}

async function refuse(
  dependencies: LambdaDependencies,
  arrival: Arrival,
  cause: unknown,
): Promise<StreamedResponse> {
  const { request, requestId, eventName } = arrival
  const error = callerFacing(dependencies, arrival, cause)
  try {
    await recordRefusal(dependencies.refusals, {
      request,
      requestId,
      service: SERVICE_LAMBDA,
      eventName,
      reason: error,
      at: dependencies.clock.now(),
    })
  } catch (failure) {
    return errorResponse(arrival, callerFacing(dependencies, arrival, failure))
  }
  return errorResponse(arrival, error)
}

/** Paths of health checks, which need no signature. */
const HEALTHY = '/healthz'
const READY = '/readyz'

async function answerProbe(
  { unready }: LambdaDependencies,
  { method, target }: StreamedRequest,
): Promise<StreamedResponse | undefined> {
  if (method !== 'GET' || (target !== HEALTHY && target !== READY)) return undefined
  const reason = target === READY ? await unready() : undefined
  const body = utf8(reason === undefined ? 'ok\n' : `not ready: ${reason}\n`)
  const headers = [
    ['Content-Type', 'text/plain'],
    ['Cache-Control', 'no-store'],
    ['Content-Length', String(body.length)],
  ] as const
  return { status: reason === undefined ? 200 : 503, headers, body }
}

type Known = Arrival & { readonly route: LambdaRoute; readonly authenticated: Authenticated }

async function perform(dependencies: LambdaDependencies, known: Known): Promise<StreamedResponse> {
  const { route, authenticated } = known
  const { caller, region } = authenticated
  const { operation } = route
  const attempt: Attempt = {
    requestId: known.requestId,
    eventName: operation.eventName,
    readOnly: operation.readOnly,
    isData: operation.isData === true,
    request: { ...known.request, body: NO_BODY },
    caller,
    region,
    parameters: null,
    resources: [],
  }
  try {
    const rated = {
      account: caller.account,
      region,
      service: SERVICE,
      operation: operation.name,
      input: undefined,
    } as const
    if (!(await dependencies.quotas.admit(rated))) throw tooManyRequests()
    const outcome = await run(dependencies, known, attempt)
    const answer = outcome.perform === undefined ? outcome.answer : await outcome.perform()
    return response(known, answer)
  } catch (cause) {
    const error = callerFacing(dependencies, known, cause)
    if (error.code === 'TooManyRequestsException' && !dependencies.admitThrottled(caller.account)) {
      return errorResponse(known, error)
    }
    try {
      await recordEnd(dependencies, attempt, { error })
    } catch (failure) {
      return errorResponse(known, callerFacing(dependencies, known, failure))
    }
    return errorResponse(known, error)
  }
}

/** Runs a call until it is durable. The pipeline decides; after a conflict it runs the operation again. */
async function run(dependencies: LambdaDependencies, known: Known, attempt: Attempt): Promise<LambdaOutcome> {
  const { route, authenticated, request } = known
  const { operation } = route
  const body = operation.body === 'json' ? parseBody(request.body) : {}
  operation.checkBody?.(body)
  const header = (name: string): string | undefined => findHeader(request.rawHeaders, name)
  const { path, query } = route
  const input = parseInput(operation.members, inputOf(operation.members, { path, query, header, body }))
  const shown = { ...input, ...Object.fromEntries((operation.hidden ?? []).map((name) => [name, undefined])) }
  attempt.parameters = shownParameters(operation.members, shown)
  const call = lambdaCall(dependencies, known, attempt)
  const made: { outcome?: LambdaOutcome } = {}
  const runnable = {
    service: SERVICE,
    name: operation.name,
    members: {},
    begin: async ({ caller }: Call) => {
      const work = await operation.begin({ ...call, caller }, input)
      return {
        permissions: work.permissions,
        check: () => {},
        run: async () => {
          const outcome = await work.run()
          made.outcome = outcome
          return { changes: outcome.changes ?? [], dispose: () => outcome.abandon?.() }
        },
      }
    },
  } as const
  await runOperation(runnable, pipelineCall(known, authenticated.caller, call), {
    ...dependencies,
    finish: () => finish(dependencies, attempt, made.outcome),
    renewed: () => dependencies.freshness.renewed(),
    authenticatedAgain: async () => {
      const again = await authenticate(request, SERVICE, known.now, dependencies)
      return pipelineCall(known, again.caller, call)
    },
  })
  const { outcome } = made
  if (outcome === undefined) throw new Error('an operation has ended without an outcome')
  outcome.committed?.()
  return outcome
}

async function finish(
  dependencies: LambdaDependencies,
  attempt: Attempt,
  outcome: LambdaOutcome | undefined,
): Promise<void> {
  try {
    await recordEnd(dependencies, attempt, { changes: outcome?.changes ?? [], event: outcome?.event })
  } catch (error) {
    outcome?.abandon?.()
    throw error
  }
}

function lambdaCall(dependencies: LambdaDependencies, known: Known, attempt: Attempt): LambdaCall {
  const { request, authenticated, requestId, now, route } = known
  return {
    caller: authenticated.caller,
    region: authenticated.region,
    requestId,
    now,
    dependencies,
    payload: route.operation.body === 'payload' ? request.body : NO_BODY,
    header: (name) => findHeader(request.rawHeaders, name),
    involve: (resource) => {
      if (!attempt.resources.some(({ arn }) => arn === resource.arn)) attempt.resources.push(resource)
    },
    redact: () => {
      const own = attempt.resources.filter(({ account }) => account === attempt.caller.account)
      attempt.resources.splice(0, attempt.resources.length, ...own)
    },
  }
}

function pipelineCall(known: Known, caller: Caller, { involve, redact }: LambdaCall): Call {
  const { request, requestId, now, authenticated } = known
  const { region } = authenticated
  return {
    requestId,
    caller,
    region,
    input: {},
    now,
    context: globalContext(caller, request, region, now),
    involve,
    redact,
    identify: () => {},
  }
}

/** The error for the caller: one of the contract itself, or one code without detail. */
function callerFacing(dependencies: LambdaDependencies, { requestId }: Arrival, cause: unknown): LambdaError {
  if (cause instanceof LambdaError) return cause
  const known = cause instanceof KmsError ? fromPipeline(cause) : undefined
  if (known !== undefined) return known
  const error = cause instanceof Error ? cause : new Error(String(cause))
  const isDamage = error.name === 'IntegrityError' || error.name === 'KeyringError'
  dependencies.log.error(
    `${isDamage ? 'INTEGRITY ALARM' : 'a call of Lambda failed'}: ${error.name}: ${error.message}`,
    { requestId },
  )
  if (isDamage) dependencies.alarm(error.message)
  return new LambdaError(
    'ServiceException',
    'The request failed because of an internal error. It can be retried.',
    { cause },
  )
}

const JSON_TYPE = ['Content-Type', 'application/json'] as const

function response(
  { requestId }: Pick<Arrival, 'requestId'>,
  { status = 200, headers = [], body }: LambdaAnswer,
): StreamedResponse {
  const bytes = body instanceof Uint8Array ? body : body === undefined ? NO_BODY : utf8(JSON.stringify(body))
  const length = status === 204 ? [] : [JSON_TYPE, ['Content-Length', String(bytes.length)] as const]
  return {
    status,
    headers: [['x-amzn-RequestId', requestId], ['Server', 'Holdfast'], ...length, ...headers],
    body: status === 204 ? undefined : bytes,
  }
}

function errorResponse(arrival: Pick<Arrival, 'requestId'>, error: LambdaError): StreamedResponse {
  const { code, message, status, details } = error
  const type = status >= 500 ? 'Service' : 'User'
  // Which of the two names a client reads depends on the error and the client.
  const body = {
    Type: type,
    message,
    Message: message,
    ...(details.limit !== undefined && { Reason: details.limit }),
  }
  const retry = code === 'TooManyRequestsException' ? [['Retry-After', '1'] as const] : []
  return response(arrival, { status, headers: [['x-amzn-ErrorType', code], ...retry], body })
}

/** The answer to a request beyond the bounds of the listener. */
export function busyLambda(): StreamedResponse {
  return errorResponse({ requestId: '' }, tooManyRequests())
}
