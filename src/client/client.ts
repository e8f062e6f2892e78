import type { Agent, IncomingMessage, request } from 'node:http'
import https from 'node:https'
import { formatOutput, JSON_MEDIA_TYPE, type Output } from '../api/json.ts'
import { assert } from '../base/assert.ts'
import { concatBytes, fromUtf8, utf8 } from '../base/bytes.ts'
import { http } from '../base/http-module.ts'
import { parseJsonText } from '../base/json-text.ts'
import { type Clock, systemClock, systemTimers, type Timers } from '../base/ports.ts'
import { type Credentials, signRequest } from '../sigv4/sign.ts'
import { SigningKeys } from '../sigv4/signing-key.ts'
import type { CredentialProvider } from './aws-credentials.ts'
import { ServiceError } from './service-error.ts'

/** The time limit of a call without another one, from the first byte sent to the last byte received. */
export const CALL_TIMEOUT_MS = 30_000

/** The maximum number of connections of a client; further calls wait for a free one. */
const CONNECTIONS_MAX = 256

/** The size limit of an answer: above the largest, a list of 1,000 entries with long policies. */
export const ANSWER_MAX_BYTES = 16_777_216

const TARGET_PREFIX = 'TrentService.'
const SERVICE = 'kms'

/** The endpoint and credentials of a client. */
export type ClientOptions = {
  /** `http://` or `https://`, host and port, without a path. */
  readonly endpoint: string
  readonly region: string
  readonly credentials: Credentials | CredentialProvider
  /** PEM certificates to trust instead of the system's. */
  readonly ca?: string | undefined
  /** The time limit of a call; {@link CALL_TIMEOUT_MS} by default. */
  readonly timeoutMs?: number | undefined
  readonly clock?: Clock | undefined
  readonly timers?: Timers | undefined
}

/** A client of one KMS endpoint. Disposing of it closes its connections. */
export type Client = Disposable & {
  /**
   * Makes one call and returns its output. Bytes in the input are sent as base64; bytes in the output are base64.
   * A call is never repeated.
   *
   * @throws ServiceError when the service returns an error.
   * @throws Error when there is no answer, or an unreadable one.
   */
  readonly call: (operation: string, input: Output) => Promise<unknown>
}

/** Opens a signing client that keeps its connections open. @throws AssertionError for an endpoint with a path. */
export function openClient(options: ClientOptions): Client {
  const url = new URL(options.endpoint)
  const secure = url.protocol === 'https:'
  assert(secure || url.protocol === 'http:', `endpoint: http:// or https:// required, got ${url.protocol}`)
  assert(url.pathname === '/' && url.search === '', 'endpoint: no path or query allowed')
  const settings = { keepAlive: true, maxSockets: CONNECTIONS_MAX }
  const agent = secure ? new https.Agent({ ...settings, ca: options.ca }) : new http.Agent(settings)
  const transport: Transport = {
    url,
    agent,
    send: secure ? https.request : http.request,
    timers: options.timers ?? systemTimers,
    timeoutMs: options.timeoutMs ?? CALL_TIMEOUT_MS,
  }
  const clock = options.clock ?? systemClock
  const keys = new SigningKeys()
  return {
    call: async (operation, input) => {
      const body = utf8(formatOutput(input))
      const rawHeaders = [
        ...['host', url.host, 'content-type', JSON_MEDIA_TYPE, 'content-length', String(body.length)],
        ...['x-amz-target', `${TARGET_PREFIX}${operation}`],
      ]
      const request = { method: 'POST', target: '/', rawHeaders, body }
      const { region } = options
      const credentials =
        typeof options.credentials === 'function' ? await options.credentials() : options.credentials
      const signature = signRequest(request, {
        credentials,
        region,
        service: SERVICE,
        now: clock.now(),
        keys,
      })
      return parseAnswer(await exchange(transport, [...rawHeaders, ...signature], body))
    },
    [Symbol.dispose]: () => agent.destroy(),
  }
}

type Transport = {
  readonly url: URL
  readonly agent: Agent
  readonly send: typeof request
  readonly timers: Timers
  readonly timeoutMs: number
}

type Answer = {
  readonly status: number
  readonly requestId: string | undefined
  readonly body: Uint8Array
}

function exchange(transport: Transport, headers: readonly string[], body: Uint8Array): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = transport.send(transport.url, { method: 'POST', agent: transport.agent, headers })
    const { timeoutMs } = transport
    const deadline = transport.timers.after(timeoutMs, () => {
      request.destroy(new Error(`no answer from ${transport.url.host} within ${timeoutMs} ms`))
    })
    const fail = (error: Error) => {
      deadline.cancel()
      reject(error)
    }
    request.on('error', fail)
    request.on('response', (response) => {
      readAnswer(response).then((answer) => {
        deadline.cancel()
        resolve(answer)
      }, fail)
    })
    request.end(body)
  })
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  for await (const chunk of response) {
    const bytes = parseChunk(chunk)
    sizeBytes += bytes.length
    if (sizeBytes > ANSWER_MAX_BYTES) throw new Error(`answer: at most ${ANSWER_MAX_BYTES} bytes allowed`)
    chunks.push(bytes)
  }
  const requestId = response.headers['x-amzn-requestid']
  return {
    status: response.statusCode ?? 0,
    requestId: typeof requestId === 'string' ? requestId : undefined,
    body: concatBytes(...chunks),
  }
}

function parseChunk(chunk: unknown): Uint8Array {
  assert(chunk instanceof Uint8Array, 'a response without encoding gives bytes')
  return chunk
}

function parseAnswer(answer: Answer): unknown {
  const { status, requestId } = answer
  const value = parseJson(answer)
  if (status === 200) return value
  const members: { readonly [name: string]: unknown } =
    typeof value === 'object' && value !== null ? { ...value } : {}
  const type = members['__type']
  const message = members['message'] ?? members['Message']
  throw new ServiceError({
    // Some services put a namespace before the code: `com.example#Code`.
    code: typeof type === 'string' ? type.slice(type.indexOf('#') + 1) : 'UnknownError',
    message: typeof message === 'string' ? message : '',
    status,
    requestId,
  })
}

/** Parses a body; nothing when it is no JSON, since a proxy may have written it. */
function parseJson(answer: Answer): unknown {
  if (answer.body.length === 0) return {}
  try {
    return parseJsonText(fromUtf8(answer.body))
  } catch (cause) {
    if (answer.status !== 200) return undefined
    throw new Error('the answer is not JSON', { cause })
  }
}
