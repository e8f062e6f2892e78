import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { http } from '../base/http-module.ts'
import type { TlsPair } from '../base/network.ts'
import { systemTimers, type Timer } from '../base/ports.ts'
import type { Connection } from '../dispatch/wire.ts'
import { listen, type Place } from './listen.ts'
import { type Bound, type Peer, Peers } from './peers.ts'
import { createSecureServer, replaceTls } from './tls.ts'

/** A request whose body arrives while it is handled. */
export type StreamedRequest = {
  readonly method: string
  /** Path and query, as received. */
  readonly target: string
  /** Names and values in turn, as received. */
  readonly rawHeaders: readonly string[]
  readonly connection: Connection
  /** The body, read once; a client that waits for 100 Continue gets it when this is read. */
  readonly body: AsyncIterable<Uint8Array>
}

/** An answer, whose body may be made while it is sent. */
export type StreamedResponse = {
  readonly status: number
  readonly headers: readonly (readonly [name: string, value: string])[]
  /**
   * A piece stays as it is until the next is asked for, which is when it has left the process. If the body fails, the
   * server closes the connection, so that the client notices a body that ends too early.
   */
  readonly body: Uint8Array | AsyncIterable<Uint8Array> | undefined
}

/** A listener for requests and answers of any length. */
export type StreamingListener = Place & {
  readonly tls?: TlsPair | undefined
  readonly bounds: { readonly connections: Bound; readonly requests: Bound }
  /** Never rejects. */
  readonly handle: (request: StreamedRequest) => Promise<StreamedResponse>
  /** A connection on which nothing moves for so long is closed; without it, {@link STALL_TIMEOUT_MS}. */
  readonly stallTimeoutMs?: number
  /** The answer to a request beyond the bound on requests in flight. */
  readonly busy: () => StreamedResponse
}

/** A listening streaming server. */
export type StreamingServer = {
  readonly port: number
  readonly useTls: (pair: TlsPair) => void
  /** Accepts nothing new, gives the requests in flight {@link DRAIN_TIMEOUT_MS}, then resolves. */
  readonly close: () => Promise<void>
}

/** Source: Amazon S3 User Guide, "Object key and metadata": 8 KB of headers of a PUT; keys and queries come on top. */
const HEADERS_MAX_BYTES = 32_768
const HEADERS_TIMEOUT_MS = 10_000
const KEEP_ALIVE_TIMEOUT_MS = 65_000
/** A connection on which nothing moves for so long is closed. */
const STALL_TIMEOUT_MS = 60_000
const DRAIN_TIMEOUT_MS = 10_000
/** Of a body that nobody reads, what the server takes so that the client can read the answer. */
const UNREAD_MAX_BYTES = 1_048_576
const UNREAD_TIMEOUT_MS = 5_000
const NO_MAX_HEADERS = 0

type State = { closing: boolean; requests: number }

/** Starts to listen. @throws as {@link listen}. */
export async function openStreamingServer(listener: StreamingListener): Promise<StreamingServer> {
  const server = makeServer(listener)
  server.maxHeadersCount = NO_MAX_HEADERS
  server.timeout = listener.stallTimeoutMs ?? STALL_TIMEOUT_MS
  const peers = new Peers({ bound: listener.bounds.connections, timers: systemTimers, reached: () => {} })
  const state: State = { closing: false, requests: 0 }
  server.on('connection', (socket: Socket) => peers.add(socket))
  server.on('secureConnection', (socket: Socket) => {
    if (peers.secured(socket) === undefined) socket.destroy()
  })
  const arrive = (awaitsContinue: boolean) => (request: IncomingMessage, response: ServerResponse) => {
    const peer = peers.of(request.socket)
    if (peer === undefined) response.destroy()
    else void serve({ listener, peers, state }, peer, { request, response, awaitsContinue, isReading: false })
  }
  server.on('request', arrive(false))
  server.on('checkContinue', arrive(true))
  server.on('clientError', (_error, socket: Socket) => socket.destroy())
  const port = await listen(server, listener)
  return { port, useTls: (pair) => replaceTls(server, pair), close: () => close(server, state) }
}

function makeServer({ tls }: StreamingListener): Server {
  const options = {
    maxHeaderSize: HEADERS_MAX_BYTES,
    headersTimeout: HEADERS_TIMEOUT_MS,
    // An upload may take hours; a stalled one is closed.
    requestTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    noDelay: true,
  }
  return tls === undefined
    ? http.createServer(options)
    : createSecureServer({ ...options, handshakeTimeout: HEADERS_TIMEOUT_MS }, tls)
}

function close(server: Server, state: State): Promise<void> {
  state.closing = true
  return new Promise((resolve) => {
    const impatient: Timer = systemTimers.after(DRAIN_TIMEOUT_MS, () => server.closeAllConnections())
    server.close(() => {
      impatient.cancel()
      resolve()
    })
    server.closeIdleConnections()
  })
}

type Serving = { readonly listener: StreamingListener; readonly peers: Peers; readonly state: State }

type Exchange = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Whether the client sends the body only after 100 Continue. */
  readonly awaitsContinue: boolean
  /** Whether the body is being read. */
  isReading: boolean
}

async function serve({ listener, peers, state }: Serving, peer: Peer, exchange: Exchange): Promise<void> {
  const { request, response } = exchange
  const { requests: bound } = listener.bounds
  const { network } = peer
  peers.busy(peer)
  state.requests += 1
  network.requests += 1
  // A socket that breaks is the end of the exchange, which its reader and its writer notice.
  request.on('error', () => {})
  response.on('error', () => {})
  try {
    const isBeyond = peer.isReserved || state.requests > bound.all || network.requests > bound.address
    const answer = isBeyond ? listener.busy() : await listener.handle(streamed(exchange))
    try {
      await send(exchange, answer, state.closing)
    } finally {
      await cancelBody(answer.body)
    }
  } catch {
    response.destroy()
  } finally {
    state.requests -= 1
    network.requests -= 1
    peers.idle(peer)
  }
}

function streamed(exchange: Exchange): StreamedRequest {
  const { request, response, awaitsContinue } = exchange
  return {
    method: request.method ?? '',
    target: request.url ?? '',
    rawHeaders: request.rawHeaders,
    connection: connectionOf(request.socket),
    body: {
      [Symbol.asyncIterator]: () => {
        if (awaitsContinue && !response.headersSent) response.writeContinue()
        exchange.isReading = true
        // A reader that refuses the body still answers, on the same connection.
        return request.iterator({ destroyOnReturn: false })
      },
    },
  }
}

function connectionOf(socket: Socket): Connection {
  const address = (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/i, '')
  if (!isTls(socket)) return { address, tls: undefined }
  const version = socket.getProtocol() ?? ''
  return { address, tls: { version, cipherSuite: socket.getCipher().standardName } }
}

function isTls(socket: Socket): socket is TLSSocket {
  return 'encrypted' in socket
}

async function send(exchange: Exchange, answer: StreamedResponse, isClosing: boolean): Promise<void> {
  const { request, response } = exchange
  const isUnread = !request.complete
  if (isClosing || isUnread) response.setHeader('Connection', 'close')
  for (const [name, value] of answer.headers) response.setHeader(name, value)
  response.writeHead(answer.status)
  await sendBody(response, answer.body)
  if (!isUnread) return
  if (exchange.awaitsContinue && !exchange.isReading) request.socket.destroySoon()
  else await discard(request)
}

async function sendBody(response: ServerResponse, body: StreamedResponse['body']): Promise<void> {
  if (body === undefined || body instanceof Uint8Array) {
    response.end(body)
    return
  }
  for await (const piece of body) {
    if (response.destroyed || !(await written(response, piece))) return
  }
  response.end()
}

/** Ends the reading of a body that was not read to its end. */
export async function cancelBody(body: StreamedResponse['body']): Promise<void> {
  if (body === undefined || body instanceof Uint8Array) return
  await body[Symbol.asyncIterator]().return?.()
}

/** Whether the system has taken a piece; false when the connection is closed before. */
function written(response: ServerResponse, piece: Uint8Array): Promise<boolean> {
  return new Promise((resolve) => {
    const closed = (): void => resolve(false)
    response.once('close', closed)
    response.write(piece, (error) => {
      response.removeListener('close', closed)
      resolve(error === undefined || error === null)
    })
  })
}

/** Reads a little of a body that nobody wants: a client that is still sending cannot read an answer. */
function discard(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let size = 0
    const timer = systemTimers.after(UNREAD_TIMEOUT_MS, () => end())
    const end = (): void => {
      timer.cancel()
      request.socket.destroySoon()
      resolve()
    }
    request.on('data', (bytes: Uint8Array) => {
      size += bytes.length
      if (size > UNREAD_MAX_BYTES) end()
    })
    request.once('end', end)
    request.once('close', end)
    request.resume()
  })
}
