import type { IncomingMessage } from 'node:http'
import { Agent, type RequestOptions, request as sendRequest } from 'node:https'
import { getCACertificates, type TLSSocket } from 'node:tls'
import { assert } from '../../base/assert.ts'
import { concatBytes } from '../../base/bytes.ts'
import type { Timers } from '../../base/ports.ts'
import { isClosedAddress, lookupOpen } from './addresses.ts'
import { malformed, XksFailure } from './failure.ts'
import type { XksAnswer } from './responses.ts'

/** The size limit of an answer: above the largest valid one, 4,300 bytes in base64 with their members. */
export const XKS_ANSWER_MAX_BYTES = 16_384
/** The size limit of an answer's headers. */
const ANSWER_HEADERS_MAX_BYTES = 16_384
/** The maximum number of connections to one proxy; further calls wait, within their time limit. */
const CONNECTIONS_MAX = 64
const IDLE_CONNECTIONS_MAX = 16
const HTTPS_PORT = 443

/** Source: AWS KMS Developer Guide, "External key store proxy requirements". */
const CIPHERS = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
].join(':')

/** The addresses of endpoints that are not at port 443 of their name. */
export type XksRoutes = ReadonlyMap<string, { readonly host: string; readonly port: number }>

/** The transport of calls. */
export type XksTransport = {
  readonly agent: Agent
  readonly routes: XksRoutes
  readonly timers: Timers
  /** The time limit of a call, connection included. */
  readonly timeoutMs: number
}

/** Opens a transport with persistent connections. @param ca PEM certificates to trust in addition to the system's. */
export function openTransport(
  options: Omit<XksTransport, 'agent'> & { readonly ca: string | undefined },
): XksTransport {
  const { ca, ...rest } = options
  const agent = new Agent({
    keepAlive: true,
    maxSockets: CONNECTIONS_MAX,
    maxFreeSockets: IDLE_CONNECTIONS_MAX,
    minVersion: 'TLSv1.2',
    ciphers: CIPHERS,
    ...(ca === undefined ? {} : { ca: [...getCACertificates('default'), ca] }),
  })
  return { ...rest, agent }
}

/** A request to a proxy. */
export type XksRequest = {
  /** The endpoint's host name; certificate and signature are for this name, whatever the route. */
  readonly host: string
  readonly target: string
  /** Alternating names and values. */
  readonly headers: readonly string[]
  readonly body: Uint8Array
}

/**
 * Sends a request and returns the complete answer. When a persistent connection turns out to be closed, it tries
 * once more with a new one: the calls of this API may be repeated.
 *
 * @throws XksFailure.
 */
export async function exchange(transport: XksTransport, request: XksRequest): Promise<XksAnswer> {
  const attempt = { expired: false }
  const deadline = transport.timers.after(transport.timeoutMs, () => {
    attempt.expired = true
    current.abort()
  })
  let current = new AbortController()
  try {
    return await exchangeOnce(transport, request, current.signal)
  } catch (error) {
    if (attempt.expired || !(error instanceof StaleConnection)) throw asFailure(error)
    current = new AbortController()
    return await exchangeOnce(transport, request, current.signal).catch((second) => {
      throw asFailure(second)
    })
  } finally {
    deadline.cancel()
  }
}

/** The error of a persistent connection that the proxy had closed. */
class StaleConnection extends Error {
  override readonly name = 'StaleConnection'
}

function asFailure(error: unknown): XksFailure {
  if (error instanceof XksFailure) return error
  return new XksFailure('Unreachable', 'the proxy has closed the connection', { cause: error })
}

/** The stage that a connection has reached. */
type Stage = { reached: 'nothing' | 'connection' | 'tls' | 'answer' }

function exchangeOnce(
  transport: XksTransport,
  { host, target, headers, body }: XksRequest,
  signal: AbortSignal,
): Promise<XksAnswer> {
  return new Promise((resolve, reject) => {
    const stage: Stage = { reached: 'nothing' }
    const outgoing = sendRequest({
      ...placeOf(transport.routes, host),
      servername: host,
      method: 'POST',
      path: target,
      agent: transport.agent,
      headers,
      maxHeaderSize: ANSWER_HEADERS_MAX_BYTES,
    })
    signal.addEventListener('abort', () => outgoing.destroy(timedOut(stage, transport.timeoutMs)))
    outgoing.on('socket', (socket) => watch(socket as TLSSocket, stage))
    outgoing.on('error', (error) => {
      const stale = outgoing.reusedSocket && stage.reached === 'tls' && !(error instanceof XksFailure)
      reject(stale ? new StaleConnection('closed', { cause: error }) : failureAt(stage, error))
    })
    outgoing.on('response', (response) => {
      stage.reached = 'answer'
      readAnswer(response).then(resolve, (error) => {
        reject(failureAt(stage, error))
        outgoing.destroy()
      })
    })
    outgoing.end(body)
  })
}

/** @throws XksFailure when the endpoint is an address that needs a route. */
function placeOf(routes: XksRoutes, host: string): RequestOptions {
  const route = routes.get(host.toLowerCase())
  if (route !== undefined) return { host: route.host, port: route.port }
  if (isClosedAddress(host)) throw new XksFailure('Unreachable', `${host} is no address that may be called`)
  return { host, port: HTTPS_PORT, lookup: lookupOpen }
}

function watch(socket: TLSSocket, stage: Stage): void {
  if (!socket.connecting) {
    stage.reached = 'tls'
    return
  }
  socket.once('connect', () => {
    stage.reached = 'connection'
  })
  socket.once('secureConnect', () => {
    stage.reached = 'tls'
  })
}

function timedOut({ reached }: Stage, timeoutMs: number): XksFailure {
  return reached === 'nothing'
    ? new XksFailure('Unreachable', `no connection to the proxy within ${timeoutMs} ms`)
    : new XksFailure('TimedOut', `no answer of the proxy within ${timeoutMs} ms`)
}

function failureAt({ reached }: Stage, error: Error): XksFailure {
  if (error instanceof XksFailure) return error
  const cause = { cause: error }
  switch (reached) {
    case 'nothing':
      return new XksFailure('Unreachable', 'no connection to the proxy', cause)
    case 'connection':
      return new XksFailure('TlsFailed', 'no TLS connection to the proxy', cause)
    case 'tls':
      return isHttpError(error)
        ? malformed('it is not HTTP', error)
        : new XksFailure('Unreachable', 'the proxy has closed the connection', cause)
    case 'answer':
      return malformed('it ends too early', error)
  }
}

/** An error of Node's HTTP parser. */
function isHttpError(error: Error): boolean {
  return 'code' in error && String(error.code).startsWith('HPE_')
}

async function readAnswer(response: IncomingMessage): Promise<XksAnswer> {
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  for await (const chunk of response) {
    assert(chunk instanceof Uint8Array, 'a response without encoding gives bytes')
    sizeBytes += chunk.length
    if (sizeBytes > XKS_ANSWER_MAX_BYTES) throw malformed(`it is longer than ${XKS_ANSWER_MAX_BYTES} bytes`)
    chunks.push(chunk)
  }
  return { status: response.statusCode ?? 0, body: concatBytes(...chunks) }
}
