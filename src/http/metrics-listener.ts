import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { http } from '../base/http-module.ts'
import type { TlsPair } from '../base/network.ts'
import { systemTimers } from '../base/ports.ts'
import { listen, type Place } from './listen.ts'
import { Peers } from './peers.ts'
import { createSecureServer, replaceTls } from './tls.ts'

/** The dependencies and the address of a listener for metrics. */
export type MetricsListenerDependencies = Omit<Place, 'sharedPort'> & {
  /** PEM certificate chain and private key; plain HTTP without them. */
  readonly tls?: TlsPair | undefined
  readonly mediaType: string
  readonly text: () => Promise<string>
}

/** Scrapers are few. A further connection replaces the one that has been idle for longest. */
const MAX_CONNECTIONS = 64
const MAX_HEADERS = 50
const HEADERS_MAX_BYTES = 8192
const REQUEST_TIMEOUT_MS = 10_000
const KEEP_ALIVE_TIMEOUT_MS = 65_000

/** A listener for metrics. */
export type MetricsListener = {
  readonly port: number
  /** Uses another certificate for new connections. */
  readonly useTls: (pair: TlsPair) => void
  readonly close: () => Promise<void>
}

/** Serves `GET /metrics` and nothing else. @throws as {@link listen}. */
export async function openMetricsListener(
  dependencies: MetricsListenerDependencies,
): Promise<MetricsListener> {
  const server = makeServer(dependencies)
  server.maxHeadersCount = MAX_HEADERS
  const room = { all: MAX_CONNECTIONS, address: MAX_CONNECTIONS }
  const peers = new Peers({ bound: room, timers: systemTimers, reached: () => {} })
  server.on('connection', (socket: Socket) => peers.add(socket))
  server.on('secureConnection', (socket: Socket) => peers.secured(socket))
  const text = together(dependencies.text)
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const peer = peers.of(request.socket)
    if (peer !== undefined) {
      peers.busy(peer)
      response.once('close', () => peers.idle(peer))
    }
    answer(request, response, () => text(), dependencies.mediaType)
  })
  const { host, port, setting } = dependencies
  const bound = await listen(server, { host, port, setting, sharedPort: false })
  return {
    port: bound,
    useTls: (pair) => replaceTls(server, pair),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function makeServer({ tls }: MetricsListenerDependencies): Server {
  const options = {
    maxHeaderSize: HEADERS_MAX_BYTES,
    headersTimeout: REQUEST_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
  }
  return tls === undefined
    ? http.createServer(options)
    : createSecureServer({ ...options, handshakeTimeout: REQUEST_TIMEOUT_MS }, tls)
}

/** Requests that arrive while an answer is being made get the same answer. */
function together(make: () => Promise<string>): () => Promise<string> {
  let pending: Promise<string> | undefined
  return () => {
    pending ??= make().finally(() => {
      pending = undefined
    })
    return pending
  }
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  text: () => Promise<string>,
  mediaType: string,
): void {
  request.resume()
  if (request.url !== '/metrics' || request.method !== 'GET') {
    end(response, request.url === '/metrics' ? 405 : 404)
    return
  }
  text().then(
    (body) => {
      response.writeHead(200, { 'Content-Type': mediaType, 'Cache-Control': 'no-store' })
      response.end(body)
    },
    () => end(response, 500),
  )
}

function end(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'Content-Type': 'text/plain' })
  response.end()
}
