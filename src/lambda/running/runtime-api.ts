import { utf8 } from '../../base/bytes.ts'
import {
  type LocalRequest,
  type LocalResponse,
  type LocalServer,
  openLocalServer,
} from '../../http/local-server.ts'

/** The payload of an invocation that waits for its answer, and of the answer. Source: AWS Lambda Developer Guide, "Lambda quotas". */
export const PAYLOAD_MAX_BYTES = 6_291_556
/** An error that a runtime reports: Holdfast's own bound. */
const ERROR_MAX_BYTES = 262_144

/** An event for a function. */
export type RuntimeEvent = {
  readonly requestId: string
  readonly payload: Uint8Array
  /** Milliseconds since 1970. */
  readonly deadline: number
  readonly functionArn: string
  readonly clientContext: string | undefined
}

/** What became of an event: the answer of the function, or the error that it or the runtime has reported. */
export type RuntimeResult = { readonly isError: boolean; readonly payload: Uint8Array }

/** An error in the form that runtimes report it. */
export function errorPayload(errorType: string, errorMessage: string): Uint8Array {
  return utf8(JSON.stringify({ errorType, errorMessage }))
}

type Current = { readonly requestId: string; readonly settle: (result: RuntimeResult) => void }

/**
 * The Runtime API for one process: it gives events one at a time and takes their results. Source: AWS Lambda Developer
 * Guide, "Using the Lambda runtime API for custom runtimes", version 2018-06-01.
 */
export class RuntimeApi {
  readonly #server: LocalServer
  readonly #initialized: (error: Uint8Array | undefined) => void
  /** The request for the next event that waits for one. */
  #asking: ((response: LocalResponse) => void) | undefined
  #waiting: RuntimeEvent | undefined
  #current: Current | undefined

  private constructor(server: LocalServer, initialized: (error: Uint8Array | undefined) => void) {
    this.#server = server
    this.#initialized = initialized
  }

  /**
   * Listens for one process.
   *
   * @param initialized called when the process asks for its first event, or with the error for which it cannot.
   */
  static async open(initialized: (error: Uint8Array | undefined) => void): Promise<RuntimeApi> {
    const opened: { api?: RuntimeApi } = {}
    const server = await openLocalServer({
      bodyMaxBytes: PAYLOAD_MAX_BYTES,
      handle: async (request) => opened.api?.handle(request) ?? NOT_FOUND,
    })
    opened.api = new RuntimeApi(server, initialized)
    return opened.api
  }

  /** `AWS_LAMBDA_RUNTIME_API` of the process. */
  get address(): string {
    return this.#server.address
  }

  /** Gives an event to the process. Returns its result, however long that takes. */
  deliver(event: RuntimeEvent): Promise<RuntimeResult> {
    return new Promise((resolve) => {
      this.#current = { requestId: event.requestId, settle: resolve }
      const asking = this.#asking
      this.#asking = undefined
      if (asking === undefined) this.#waiting = event
      else asking(eventResponse(event))
    })
  }

  /** Gives up the present event: what the process says of it later is refused. */
  forget(): void {
    this.#current = undefined
    this.#waiting = undefined
  }

  /** Ends all connections. */
  close(): void {
    this.forget()
    this.#server.close()
  }

  /** Answers a request of the process. */
  handle(request: LocalRequest): LocalResponse | Promise<LocalResponse> {
    const { method, target } = request
    if (!target.startsWith(PREFIX)) return NOT_FOUND
    const path = target.slice(PREFIX.length)
    if (path === 'invocation/next') return method === 'GET' ? this.#next(request) : NOT_ALLOWED
    if (method !== 'POST') return NOT_FOUND
    if (path === 'init/error') {
      this.#initialized(shortError(request.body))
      return ACCEPTED
    }
    const [, requestId, kind] = /^invocation\/([0-9a-f-]{36})\/(response|error)$/.exec(path) ?? []
    if (requestId === undefined) return NOT_FOUND
    return this.#result(requestId, kind === 'error', request.body)
  }

  #next(request: LocalRequest): LocalResponse | Promise<LocalResponse> {
    this.#initialized(undefined)
    const event = this.#waiting
    this.#waiting = undefined
    if (event !== undefined) return eventResponse(event)
    if (this.#asking !== undefined) return BUSY
    return new Promise((resolve) => {
      this.#asking = resolve
      request.whenGone(() => {
        if (this.#asking === resolve) this.#asking = undefined
      })
    })
  }

  #result(requestId: string, isError: boolean, body: Uint8Array | undefined): LocalResponse {
    const current = this.#current
    if (current?.requestId !== requestId) return WRONG_ID
    this.#current = undefined
    if (isError) {
      current.settle({ isError, payload: shortError(body) })
      return ACCEPTED
    }
    if (body === undefined) {
      current.settle({ isError: true, payload: TOO_LARGE_PAYLOAD })
      return TOO_LARGE
    }
    current.settle({ isError, payload: body })
    return ACCEPTED
  }
}

const PREFIX = '/2018-06-01/runtime/'

function shortError(body: Uint8Array | undefined): Uint8Array {
  return body === undefined || body.length > ERROR_MAX_BYTES
    ? errorPayload('Runtime.Unknown', 'The runtime has reported an error that is too long.')
    : body
}

function eventResponse(event: RuntimeEvent): LocalResponse {
  return {
    status: 200,
    headers: {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': event.requestId,
      'lambda-runtime-deadline-ms': String(event.deadline),
      'lambda-runtime-invoked-function-arn': event.functionArn,
      'lambda-runtime-trace-id': `Root=1-${traceId(event.requestId)};Sampled=0`,
      ...(event.clientContext !== undefined && { 'lambda-runtime-client-context': event.clientContext }),
    },
    body: event.payload,
  }
}

/** 8 and 24 hexadecimal digits, from the id of the request. */
function traceId(requestId: string): string {
  const digits = requestId.replaceAll('-', '')
  return `${digits.slice(0, 8)}-${digits.slice(8)}`
}

const JSON_TYPE = { 'content-type': 'application/json' }

function said(status: number, body: object): LocalResponse {
  return { status, headers: JSON_TYPE, body: utf8(JSON.stringify(body)) }
}

const ACCEPTED = said(202, { status: 'OK' })
const NOT_FOUND = said(404, { errorMessage: 'There is no such resource.', errorType: 'NotFound' })
const NOT_ALLOWED = said(405, { errorMessage: 'The method is not allowed.', errorType: 'MethodNotAllowed' })
const BUSY = said(403, {
  errorMessage: 'A request for the next event waits already.',
  errorType: 'InvalidStateTransition',
})
const WRONG_ID = said(400, { errorMessage: 'Invalid request ID', errorType: 'InvalidRequestID' })
const TOO_LARGE_TEXT = `Response payload size exceeded maximum allowed payload size (${PAYLOAD_MAX_BYTES} bytes).`
const TOO_LARGE = said(413, { errorMessage: TOO_LARGE_TEXT, errorType: 'RequestEntityTooLarge' })
const TOO_LARGE_PAYLOAD = errorPayload('Function.ResponseSizeTooLarge', TOO_LARGE_TEXT)
