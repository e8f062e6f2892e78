import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { http } from '../base/http-module.ts'
import type { TlsPair } from '../base/network.ts'
import { systemAfterThisTurn, systemClock, systemTimers } from '../base/ports.ts'
import { REQUEST_HEADERS_MAX_BYTES } from '../base/request-limits.ts'
import { answerError, refuseAndEnd } from './client-error.ts'
import {
  type BoundName,
  endCall,
  type HttpDependencies,
  type Serving,
  type State,
  serve,
} from './exchange.ts'
import { Gate } from './gate.ts'
import { Incoming } from './incoming.ts'
import { listen, type Place } from './listen.ts'
import { MemoryBudget } from './memory-budget.ts'
import { type Bound, type Peer, Peers, RESERVED_CONNECTIONS } from './peers.ts'
import { Penalties } from './penalties.ts'
import { createSecureServer, replaceTls } from './tls.ts'
import { PIECES_PER_TURN, Turns } from './turns.ts'

/** The time that a client has to send its headers, and its whole request. */
const HEADERS_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 20_000
/** The time that an idle connection stays open: longer than the keep-alive of the SDKs' own pools. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000
/** Node passes on all header lines, so that the server refuses too many and does not cut them off. */
const NO_MAX_HEADERS = 0
/** The interval at which Node looks for connections beyond their timeouts. */
const TIMEOUT_CHECK_MS = 2_000
/** A client that sends a body in several pieces sends at least 4 KiB within two windows. */
const RECEIVING_WINDOW = { windowMs: 2_000, windowMinBytes: 4_096 }
/** A client reads at least one byte of its answer within two windows. */
const UNREAD_WINDOW = { windowMs: 5_000, windowMinBytes: 1 }

/** The bounds of one process: for all clients, and for those of one address. */
type HttpBounds = {
  readonly connections: Bound
  /** Requests in flight. */
  readonly requests: Bound
  /** Bytes of bodies that are arriving. */
  readonly receiving: Bound
  /** Bytes of answers that clients have not read. */
  readonly unread: Bound
}

/** Where and how to listen. */
export type Listener = Place & {
  /** PEM certificate chain and private key; plain HTTP without them. */
  readonly tls?: TlsPair | undefined
  readonly bounds: HttpBounds
}

/** A listening server. */
export type HttpServer = {
  readonly port: number
  /** Open connections. */
  readonly connections: () => number
  /** Uses another certificate for new connections. */
  readonly useTls: (pair: TlsPair) => void
  /** Accepts nothing new, finishes the requests in flight, then resolves. */
  readonly close: () => Promise<void>
}

/** Starts to listen. @throws as {@link listen}. */
export async function openHttpServer(
  dependencies: HttpDependencies,
  listener: Listener,
): Promise<HttpServer> {
  const serving = makeServing(dependencies, listener.bounds)
  const { peers, state } = serving
  const server = makeServer(listener)
  server.maxConnections = listener.bounds.connections.all + 2 * RESERVED_CONNECTIONS
  server.maxHeadersCount = NO_MAX_HEADERS
  attach(server, serving, listener.tls !== undefined)
  const port = await listen(server, listener)
  return {
    port,
    connections: () => peers.count,
    useTls: (pair) => replaceTls(server, pair),
    close: () => close(server, state),
  }
}

function makeServing(dependencies: HttpDependencies, bounds: HttpBounds): Serving {
  const ports = { clock: systemClock, timers: systemTimers }
  const reached = (bound: BoundName) => () => dependencies.reached?.(bound)
  const { connections, receiving, unread, requests } = bounds
  return {
    dependencies,
    peers: new Peers({ bound: connections, timers: systemTimers, reached: reached('connections') }),
    receiving: new MemoryBudget({
      bound: receiving,
      ...RECEIVING_WINDOW,
      ...ports,
      reached: reached('receiving'),
    }),
    unread: new MemoryBudget({ bound: unread, ...UNREAD_WINDOW, ...ports, reached: reached('unread') }),
    penalties: new Penalties(systemClock),
    timers: systemTimers,
    requests,
    state: { closing: false, requests: 0, delayed: new Set() },
  }
}

/** Puts a gate into every connection, and lets requests pass through it. */
function attach(server: Server, serving: Serving, isTls: boolean): void {
  const { peers } = serving
  const gates = new WeakMap<Socket, Gate>()
  const turns = new Turns(systemAfterThisTurn)
  const pieces = new Turns(systemAfterThisTurn, PIECES_PER_TURN)
  const open = (peer: Peer): void => {
    const gate: Gate = new Gate({
      socket: peer.socket,
      share: serving.receiving.openPatient(peer),
      later: (task) => turns.later(task),
      receiveLater: (task) => pieces.later(task),
      start: (exchange) => {
        peers.busy(peer)
        serve(serving, peer, gate, exchange)
      },
      finished: () => {
        if (peer.isCalling) endCall(serving, peer)
        peers.idle(peer)
      },
    })
    peer.closed = () => gate.close()
    gates.set(peer.socket, gate)
  }
  server.on('connection', (socket: Socket) => {
    const peer = peers.add(socket)
    if (!isTls) open(peer)
  })
  server.on('secureConnection', (socket: Socket) => {
    const peer = peers.secured(socket)
    if (peer === undefined) socket.destroy()
    else open(peer)
  })
  const arrive = (request: IncomingMessage, response: ServerResponse): void => {
    const gate = gates.get(request.socket)
    if (gate === undefined) response.destroy()
    else gate.arrive({ request, response })
  }
  server.on('request', arrive)
  // Node would answer an unknown expectation itself, past the gate. It then stops reading, and must get no
  // more bytes.
  server.on('checkExpectation', arrive)
  // Node closes the connection without an answer otherwise.
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    const gate = gates.get(socket)
    gate?.end()
    if (gate === undefined || gate.current !== undefined) socket.destroy()
    else refuseAndEnd(serving, socket, { request, fault: 'malformed' })
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    answerError(serving, { error, socket, exchange: gates.get(socket)?.current })
  })
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
    // Holdfast answers a request without one.
    requireHostHeader: false,
    IncomingMessage: Incoming,
  }
  return tls === undefined
    ? http.createServer(options)
    : createSecureServer({ ...options, handshakeTimeout: HEADERS_TIMEOUT_MS }, tls)
}

function close(server: Server, state: State): Promise<void> {
  state.closing = true
  for (const release of state.delayed) release()
  return new Promise((resolve) => {
    const impatient = setTimeout(() => server.closeAllConnections(), DRAIN_TIMEOUT_MS)
    server.close(() => {
      clearTimeout(impatient)
      resolve()
    })
    server.closeIdleConnections()
  })
}
