import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import {
  REQUEST_BODY_MAX_BYTES,
  REQUEST_HEADER_LINES_MAX,
  REQUEST_HEADERS_MAX_BYTES,
} from '../base/limits.ts'
import type { TlsPair } from '../base/tls-pair.ts'
import { type Connection, findHeader, type WireRequest, type WireResponse } from '../dispatch/wire.ts'
import type { WireFault } from '../dispatch/wire-fault.ts'
import { readBody } from './body.ts'
import { listen, type Place } from './listen.ts'
import { sendResponse } from './response.ts'
import { parseTarget } from './target.ts'
import { replaceTls, tlsOptions } from './tls.ts'

/** A client gets this long to send its headers, and its whole request. */
const HEADERS_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 20_000
/** An idle connection is kept this long: above the keep-alive of the SDKs' own pools. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000
/** Node gives all header lines, so that what is beyond the limit is refused and not cut off. */
const NO_MAX_HEADERS = 0
const MAX_CONNECTIONS = 10_000
/** How often Node looks for connections that are past their time. */
const TIMEOUT_CHECK_MS = 2_000

/** What the HTTP server hands requests to. */
export type HttpParts = {
  readonly handle: (request: WireRequest) => Promise<WireResponse>
  /** The answer to a request that is refused for its form on the wire, without its body. */
  readonly refuse: (request: WireRequest, fault: WireFault) => Promise<WireResponse>
  /** Why requests cannot be served now, nothing when they can: the answer of `/readyz`. Anybody may read it. */
  readonly unready: () => Promise<string | undefined>
}

/** Where and how to listen. */
export type Listener = Place & {
  /** PEM certificate chain and private key; plain HTTP without them. */
  readonly tls?: TlsPair | undefined
}

/** A listening server. */
export type HttpServer = {
  readonly port: number
  /** Connections that are open now. */
  readonly connections: () => number
  /** Gives new connections another certificate. */
  readonly useTls: (pair: TlsPair) => void
  /** Accepts nothing new, lets what is in flight finish, then resolves. */
  readonly close: () => Promise<void>
}

/** Starts to listen. @throws as {@link listen}. */
export async function openHttpServer(parts: HttpParts, listener: Listener): Promise<HttpServer> {
  const state = { closing: false, sockets: new Set<Socket>() }
  const server = makeServer(listener)
  server.maxConnections = MAX_CONNECTIONS
  server.maxHeadersCount = NO_MAX_HEADERS
  server.on('connection', (socket: Socket) => {
    state.sockets.add(socket)
    socket.on('close', () => state.sockets.delete(socket))
  })
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    serve(parts, request, response, state)
  })
  const port = await listen(server, listener)
  return {
    port,
    connections: () => state.sockets.size,
    useTls: (pair) => replaceTls(server, pair),
    close: () => close(server, state),
  }
}

const DRAIN_TIMEOUT_MS = 10_000

function makeServer({ tls }: Listener): Server {
  const options = {
    maxHeaderSize: REQUEST_HEADERS_MAX_BYTES,
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    connectionsCheckingInterval: TIMEOUT_CHECK_MS,
    noDelay: true,
  }
  return tls === undefined
    ? createServer(options)
    : createTlsServer({ ...options, ...tlsOptions(tls), handshakeTimeout: HEADERS_TIMEOUT_MS })
}

type State = { closing: boolean; readonly sockets: Set<Socket> }

function close(server: Server, state: State): Promise<void> {
  state.closing = true
  return new Promise((resolve) => {
    const impatient = setTimeout(() => server.closeAllConnections(), DRAIN_TIMEOUT_MS)
    server.close(() => {
      clearTimeout(impatient)
      resolve()
    })
    server.closeIdleConnections()
  })
}

const NO_BODY = new Uint8Array(0)

function serve(parts: HttpParts, request: IncomingMessage, response: ServerResponse, state: State): void {
  const { target, authority } = parseTarget(request.url ?? '')
  if (request.method === 'GET' && isProbe(target)) {
    const unready = target === READY ? parts.unready() : Promise.resolve(undefined)
    unready.then(
      (reason) => answerProbe(response, reason),
      () => response.destroy(),
    )
    return
  }
  const fault = faultOf(request, authority)
  readBody(request, fault === undefined ? REQUEST_BODY_MAX_BYTES : NOTHING, (body) => {
    const wire: WireRequest = {
      method: request.method ?? '',
      target,
      rawHeaders: request.rawHeaders,
      body: body ?? NO_BODY,
      connection: connectionOf(request.socket),
    }
    const refused = fault ?? (body === undefined ? 'large body' : undefined)
    const answer = refused === undefined ? parts.handle(wire) : parts.refuse(wire, refused)
    answer.then(
      (wire) => sendResponse(response, wire, { close: state.closing || refused !== undefined }),
      () => response.destroy(),
    )
  })
}

const NOTHING = 0

/** What is wrong with a request as its head shows it. */
function faultOf({ rawHeaders }: IncomingMessage, authority: string | undefined): WireFault | undefined {
  if (rawHeaders.length > 2 * REQUEST_HEADER_LINES_MAX) return 'many headers'
  if (authority === undefined) return undefined
  // Source: RFC 9112, section 3.2: a client sends the authority of an absolute target as its Host.
  return authority.toLowerCase() === findHeader(rawHeaders, 'host')?.toLowerCase() ? undefined : 'other host'
}

const HEALTHY = '/healthz'
const READY = '/readyz'

function isProbe(target: string | undefined): boolean {
  return target === HEALTHY || target === READY
}

function answerProbe(response: ServerResponse, unready: string | undefined): void {
  const status = unready === undefined ? 200 : 503
  response.writeHead(status, { 'Content-Type': 'text/plain', 'Cache-Control': 'no-store' })
  response.end(unready === undefined ? 'ok\n' : `not ready: ${unready}\n`)
}

/** Facts of connections, made once for each: a connection carries many requests. */
const CONNECTIONS = new WeakMap<Socket, Connection>()

function connectionOf(socket: Socket): Connection {
  const known = CONNECTIONS.get(socket)
  if (known !== undefined) return known
  const connection = { address: plainAddress(socket.remoteAddress ?? ''), tls: tlsFacts(socket) }
  CONNECTIONS.set(socket, connection)
  return connection
}

function tlsFacts(socket: Socket): Connection['tls'] {
  if (!isTls(socket)) return undefined
  return { version: socket.getProtocol() ?? '', cipherSuite: socket.getCipher().standardName }
}

function isTls(socket: Socket): socket is TLSSocket {
  return 'encrypted' in socket && socket.encrypted === true
}

const MAPPED_IPV4 = '::ffff:'

/** An IPv4 client of a dual-stack listener shows as a mapped IPv6 address. */
function plainAddress(address: string): string {
  return address.startsWith(MAPPED_IPV4) ? address.slice(MAPPED_IPV4.length) : address
}
