import { KmsError } from '../api/errors.ts'
import { utf8 } from '../base/bytes.ts'
import type { Log } from '../base/log.ts'
import type { EpochMs } from '../base/ports.ts'
import type { Journal } from '../dispatch/journal.ts'
import type { RefusalDependencies } from '../dispatch/refusal.ts'
import { cancelBody, type StreamedRequest, type StreamedResponse } from '../http/streaming-server.ts'
import type { Quotas } from '../quotas/quota-service.ts'
import { type Authenticated, authenticate, type Proof } from './authenticate.ts'
import { authenticateForm } from './authenticate-form.ts'
import type { AuthorizationDependencies } from './authorize.ts'
import type { OperationDependencies, S3Answer, S3Call, S3Operation } from './call.ts'
import { commitAnswer } from './commit.ts'
import { checkOwner, EXPECTED_OWNER } from './current-bucket.ts'
import { CUSTOMER, customerKeyOf } from './customer-key.ts'
import { INTERNAL } from './data-keys.ts'
import { authenticateFresh, decisionsOf } from './decisions.ts'
import { bucketArn, objectArn } from './encryption.ts'
import type { BucketEntry } from './entries.ts'
import { openForm } from './form-request.ts'
import type { Release } from './locks.ts'
import { postObject } from './operations/post-object.ts'
import { answerPreflight, headersForPage } from './preflight.ts'
import { type Attempt, type RecordingDependencies, recordEnd, recordUnauthenticated } from './recording.ts'
import { parseS3Request, type S3Request } from './request.ts'
import { routeOf } from './routes.ts'
import { formatS3Error, noSuchBucket, S3Error } from './s3-error.ts'

/** The dependencies of the gateway. */
export type GatewayDependencies = OperationDependencies &
  AuthorizationDependencies &
  RecordingDependencies & {
    readonly quotas: Pick<Quotas, 'admit' | 'chargeAudit'>
    readonly journal: Journal
    /** Whether one more throttled call of the account is recorded. */
    readonly admitThrottled: (account: string) => boolean
    readonly refusals: RefusalDependencies
    readonly log: Log
    /** Called for data that is not as it was written. */
    readonly alarm: (reason: string) => void
    /** Why the gateway cannot serve calls, in words for the public; nothing when it can. */
    readonly unready: () => Promise<string | undefined>
    /** The domain below which a host names a bucket. */
    readonly domain: string | undefined
  }

/** Answers a request to S3. Never rejects: a failure is an answer too. */
export async function handleS3(
  dependencies: GatewayDependencies,
  wire: StreamedRequest,
): Promise<StreamedResponse> {
  const probe = probeOf(wire)
  if (probe !== undefined) return answerProbe(dependencies, probe)
  const requestId = dependencies.random.uuid()
  const now = dependencies.clock.now()
  const arrival: Arrival = { wire, requestId, now, name: 'Unknown' }
  let request: S3Request
  try {
    request = parseS3Request(wire, dependencies.domain)
    if (wire.method === 'OPTIONS') return preflight(dependencies, arrival, request)
  } catch (cause) {
    return refuseUnauthenticated(dependencies, arrival, cause)
  }
  const answer = await answerRequest(dependencies, arrival, request)
  const forPage = attempt(() => headersForPage(dependencies.catalogue, request)) ?? []
  return forPage.length === 0 ? answer : { ...answer, headers: [...answer.headers, ...forPage] }
}

/** A page does not read an answer whose bucket cannot be read; the call itself has been refused. */
function attempt<T>(find: () => T): T | undefined {
  try {
    return find()
  } catch {
    return undefined
  }
}

function preflight(
  dependencies: GatewayDependencies,
  arrival: Arrival,
  request: S3Request,
): StreamedResponse {
  try {
    return response(arrival, answerPreflight(dependencies.catalogue, request))
  } catch (cause) {
    return errorResponse(arrival, callerFacing(dependencies, arrival, cause))
  }
}

async function answerRequest(
  dependencies: GatewayDependencies,
  arrival: Arrival,
  request: S3Request,
): Promise<StreamedResponse> {
  let asked = request
  let authenticated: Authenticated
  let prove: Proof
  let operation: S3Operation
  try {
    const route = routeOf(request)
    arrival.name = route.name
    operation = route.operation ?? refusing(route)
    if (operation === postObject) asked = await openForm(request, dependencies.timers)
    prove = proofOf(dependencies, arrival, asked)
    await dependencies.freshness.reached()
    authenticated = await authenticateFresh(dependencies, prove)
  } catch (cause) {
    asked.form?.cancel()
    return refuseUnauthenticated(dependencies, arrival, cause)
  }
  return perform(dependencies, { ...arrival, request: asked, authenticated, prove, operation })
}

/** A form has its signature in its fields, every other request in its head. */
function proofOf(dependencies: GatewayDependencies, { wire, now }: Arrival, { form }: S3Request): Proof {
  return form === undefined
    ? () => authenticate(wire, now, dependencies)
    : () => authenticateForm(form.fields, now, dependencies)
}

async function refuseUnauthenticated(
  dependencies: GatewayDependencies,
  arrival: Arrival,
  cause: unknown,
): Promise<StreamedResponse> {
  const error = callerFacing(dependencies, arrival, cause)
  const failure = await attemptToRecord(() => recordUnauthenticated(dependencies, arrival, error))
  return errorResponse(arrival, failure === undefined ? error : callerFacing(dependencies, arrival, failure))
}

/** The path that says whether the gateway answers at all. It needs no signature: no bucket has such a name. */
export const HEALTHY = '/.holdfast/healthz'
/** The path that says whether it can serve. */
export const READY = '/.holdfast/readyz'

function probeOf({ method, target }: StreamedRequest): string | undefined {
  return method === 'GET' && (target === HEALTHY || target === READY) ? target : undefined
}

async function answerProbe({ unready }: GatewayDependencies, target: string): Promise<StreamedResponse> {
  const reason = target === READY ? await unready() : undefined
  const body = utf8(reason === undefined ? 'ok\n' : `not ready: ${reason}\n`)
  const headers = [
    ['Content-Type', 'text/plain'],
    ['Cache-Control', 'no-store'],
    ['Content-Length', String(body.length)],
  ] as const
  return { status: reason === undefined ? 200 : 503, headers, body }
}

/** What the gateway does not offer, as an operation: its event names the caller. */
function refusing({ name, error }: { readonly name: string; readonly error: S3Error }): S3Operation {
  return { name, readOnly: false, on: 'service', run: () => Promise.reject(error) }
}

/** A request whose caller is not known yet. */
type Arrival = {
  readonly wire: StreamedRequest
  readonly requestId: string
  readonly now: EpochMs
  /** The operation's name in audit events. */
  name: string
}

type Known = Arrival & {
  readonly request: S3Request
  readonly authenticated: Authenticated
  readonly prove: Proof
  readonly operation: S3Operation
}

async function perform(dependencies: GatewayDependencies, known: Known): Promise<StreamedResponse> {
  const { form } = known.request
  const releases: Release[] = form === undefined ? [] : [form.cancel]
  const attempt = attemptOf(known)
  try {
    const { caller, region } = known.authenticated
    const { name } = known
    const rate = {
      account: caller.account,
      region,
      service: 's3',
      operation: name,
      input: undefined,
    } as const
    if (!(await dependencies.quotas.admit(rate))) throw tooMany()
    const call = callOf(dependencies, known, attempt, releases)
    const answer = await run(known.operation, call)
    try {
      await commitAnswer(dependencies, attempt, answer)
    } catch (error) {
      if (typeof answer.body === 'object') await cancelBody(answer.body)
      throw error
    }
    return response(known, watched(dependencies, known, answer))
  } catch (cause) {
    const error = callerFacing(dependencies, known, cause)
    const { account } = known.authenticated.caller
    if (error.code === 'SlowDown' && !dependencies.admitThrottled(account)) return errorResponse(known, error)
    const failure = await attemptToRecord(() => recordEnd(dependencies, attempt, { error, changes: [] }))
    return errorResponse(known, failure === undefined ? error : callerFacing(dependencies, known, failure))
  } finally {
    for (const release of releases.toReversed()) release()
  }
}

/** The answer, with an alarm if its bytes turn out to be damaged while they are sent. */
function watched(dependencies: GatewayDependencies, known: Known, answer: S3Answer): S3Answer {
  const { body } = answer
  if (typeof body !== 'object') return answer
  const pieces = body[Symbol.asyncIterator]()
  const next = async (): Promise<IteratorResult<Uint8Array>> => {
    try {
      return await pieces.next()
    } catch (error) {
      throw callerFacing(dependencies, known, error)
    }
  }
  const iterator: AsyncIterator<Uint8Array> = {
    next,
    return: async () => {
      await pieces.return?.()
      return { done: true, value: undefined }
    },
  }
  return { ...answer, body: { [Symbol.asyncIterator]: () => iterator } }
}

function tooMany(): S3Error {
  return new S3Error('SlowDown', 'Please reduce your request rate.')
}

const COPY_SOURCE = 'x-amz-copy-source'

function attemptOf({ wire, requestId, name, request, authenticated, operation }: Known): Attempt {
  const { bucket, key } = request
  const source = request.headers.get(COPY_SOURCE)
  return {
    requestId,
    name,
    readOnly: operation.readOnly,
    wire,
    caller: authenticated.caller,
    region: authenticated.region,
    isOnObject: operation.on === 'object',
    parameters: {
      ...(bucket !== undefined && { bucketName: bucket }),
      ...(key !== undefined && { key }),
      ...(source !== undefined && { [COPY_SOURCE]: source }),
    },
    resources: [],
    authenticated,
  }
}

function callOf(
  dependencies: GatewayDependencies,
  known: Known,
  attempt: Attempt,
  releases: Release[],
): S3Call {
  const { request, authenticated, prove, wire, requestId, now, name } = known
  const { caller, region } = authenticated
  return {
    request,
    authenticated,
    caller,
    region,
    requestId,
    now,
    dependencies,
    ...decisionsOf(dependencies, { wire, requestId, now, name, authenticated, prove }),
    involve: (resource) => {
      if (!attempt.resources.some(({ arn }) => arn === resource.arn)) attempt.resources.push(resource)
    },
    defer: (release) => void releases.push(release),
  }
}

async function run(operation: S3Operation, call: S3Call): Promise<S3Answer> {
  const { bucket: name, key } = call.request
  if (operation.on === 'service') return operation.run(call)
  if (operation.on === 'new-bucket') return operation.run({ ...call, name: name ?? '' })
  const bucket = name === undefined ? undefined : call.dependencies.catalogue.bucket(name)
  if (bucket === undefined) throw noSuchBucket(name ?? '')
  call.involve({ account: bucket.account, arn: bucketArn(bucket.name), type: 'AWS::S3::Bucket' })
  checkOwner(call.request.headers, EXPECTED_OWNER, bucket)
  if (operation.on === 'bucket') {
    if (operation.anyRegion !== true) checkRegion(call, bucket)
    return operation.run({ ...call, bucket })
  }
  checkRegion(call, bucket)
  const object = { account: bucket.account, arn: objectArn(bucket.name, key ?? ''), type: 'AWS::S3::Object' }
  call.involve(object)
  const versionId = call.request.query.get('versionId')
  const customerKey = customerKeyOf(call, CUSTOMER)
  return operation.run({ ...call, bucket, key: key ?? '', versionId, customerKey })
}

/** Source: Amazon S3 API Reference, "Error responses", AuthorizationHeaderMalformed: the region is wrong. */
function checkRegion({ region }: S3Call, bucket: BucketEntry): void {
  if (region === bucket.region) return
  throw new S3Error(
    'AuthorizationHeaderMalformed',
    `The authorization header is malformed; the region '${region}' is wrong; expecting '${bucket.region}'`,
    { elements: { Region: bucket.region }, headers: [['x-amz-bucket-region', bucket.region]] },
  )
}

/** The error for the caller: one of the contract itself, or one code without detail. */
function callerFacing(dependencies: GatewayDependencies, { requestId }: Arrival, cause: unknown): S3Error {
  if (cause instanceof S3Error) return cause
  if (cause instanceof KmsError && cause.code === 'ThrottlingException') return tooMany()
  const error = cause instanceof Error ? cause : new Error(String(cause))
  const isDamage = error.name === 'IntegrityError' || error.name === 'KeyringError'
  dependencies.log.error(
    `${isDamage ? 'INTEGRITY ALARM' : 'a call of S3 failed'}: ${error.name}: ${error.message}`,
    {
      requestId,
    },
  )
  if (isDamage) dependencies.alarm(error.message)
  return new S3Error('InternalError', INTERNAL, { cause })
}

/** Returns the failure of recording, if it fails. */
async function attemptToRecord(record: () => Promise<void>): Promise<unknown> {
  try {
    await record()
    return undefined
  } catch (error) {
    return error
  }
}

const XML = 'application/xml'

function response({ requestId, wire }: Arrival, answer: S3Answer): StreamedResponse {
  const { status = 200, headers = [], body } = answer
  const common = commonHeaders(requestId)
  if (typeof body !== 'string') {
    const isLengthKnown = body !== undefined || wire.method === 'HEAD' || status === 204 || status === 304
    const length = isLengthKnown ? [] : ([['Content-Length', '0']] as const)
    return { status, headers: [...common, ...headers, ...length], body }
  }
  const bytes = utf8(body)
  const isTyped = headers.some(([name]) => name === 'Content-Type')
  const document = [
    ...(isTyped ? [] : [['Content-Type', XML] as const]),
    ['Content-Length', String(bytes.length)] as const,
  ]
  return { status, headers: [...common, ...headers, ...document], body: bytes }
}

function errorResponse({ requestId, wire }: Arrival, error: S3Error): StreamedResponse {
  const headers = [...commonHeaders(requestId), ...(error.details.headers ?? [])]
  if (wire.method === 'HEAD') return { status: error.status, headers, body: undefined }
  const question = wire.target.indexOf('?')
  const resource = question < 0 ? wire.target : wire.target.slice(0, question)
  const bytes = utf8(formatS3Error(error, resource, requestId))
  const document = [
    ['Content-Type', XML],
    ['Content-Length', String(bytes.length)],
  ] as const
  return { status: error.status, headers: [...headers, ...document], body: bytes }
}

function commonHeaders(requestId: string): readonly (readonly [string, string])[] {
  return [
    ['x-amz-request-id', requestId],
    ['Server', 'Holdfast'],
  ]
}

/** The answer to a request beyond the bounds of the listener. */
export function busyS3(): StreamedResponse {
  const error = tooMany()
  const bytes = utf8(formatS3Error(error, '/', ''))
  return {
    status: error.status,
    headers: [
      ['Content-Type', XML],
      ['Content-Length', String(bytes.length)],
    ],
    body: bytes,
  }
}
