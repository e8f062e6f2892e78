import type { IncomingMessage, ServerResponse } from 'node:http'
import { REQUEST_BODY_MAX_BYTES, REQUEST_HEADER_LINES_MAX } from '../base/limits.ts'
import type { Timers } from '../base/ports.ts'
import { findHeader, type WireRequest, type WireResponse } from '../dispatch/wire.ts'
import type { WireFault } from '../dispatch/wire-fault.ts'
import { announcedBytes, Receiving } from './body.ts'
import { connectionOf } from './connection.ts'
import type { Exchange, Gate } from './gate.ts'
import type { MemoryBudget } from './memory-budget.ts'
import type { Bound, Peer, Peers } from './peers.ts'
import type { Penalties } from './penalties.ts'
import { sendResponse } from './response.ts'
import { parseTarget } from './target.ts'

/** What the HTTP server hands requests to. */
export type HttpDependencies = {
  readonly handle: (request: WireRequest) => Promise<WireResponse>
  /** The answer to a request that is refused for its form on the wire, without its body. */
  readonly refuse: (request: WireRequest, fault: WireFault) => Promise<WireResponse>
  /** Why requests cannot be served now, nothing when they can: the answer of `/readyz`. Anybody may read it. */
  readonly unready: () => Promise<string | undefined>
  /** Checks requests with large bodies by their heads, before the bodies have arrived. */
  readonly headChecks?: HeadChecks
  /** Told each time that a bound is reached. */
  readonly reached?: ((bound: BoundName) => void) | undefined
}

/** Checks of a request by its head. */
type HeadChecks = {
  /** The largest body that what is asked for can have. */
  readonly bodyMaxBytes: (head: WireRequest) => number
  /** Gives what refuses a request that is refused whatever its body is; nothing when that depends on it. */
  readonly judge: (head: WireRequest) => Promise<(() => Promise<WireResponse>) | undefined>
}

/** What is bounded. */
export type BoundName = 'connections' | 'requests' | 'receiving' | 'unread' | 'refused'

/** What requests of one listener are answered with. */
export type Serving = {
  readonly dependencies: HttpDependencies
  readonly peers: Peers
  /** Memory for bodies that come in several pieces. */
  readonly receiving: MemoryBudget
  /** Memory for answers that their clients have not taken. */
  readonly unread: MemoryBudget
  readonly penalties: Penalties
  readonly timers: Timers
  /** How many requests may be answered at a time. */
  readonly requests: Bound
  readonly state: State
}

/** What changes while a listener is open. */
export type State = {
  closing: boolean
  /** Requests that are being answered. */
  requests: number
  /** What sends answers that are held back. */
  readonly delayed: Set<() => void>
}

/** Bodies up to this size are read before anything is asked about them: that costs less than asking. */
const SMALL_BODY_BYTES = 16_384

const NO_BODY = new Uint8Array(0)
const NOTHING = 0

/** Answers a request of a peer. */
export function serve(serving: Serving, peer: Peer, gate: Gate, exchange: Exchange): void {
  const { request, response } = exchange
  const { target, authority } = parseTarget(request.url ?? '')
  if (request.method === 'GET' && isProbe(target)) {
    answerProbe(serving, peer, target, response)
    return
  }
  const head: WireRequest = {
    method: request.method ?? '',
    target,
    rawHeaders: request.rawHeaders,
    body: NO_BODY,
    connection: connectionOf(peer.socket),
  }
  const fault = peer.isReserved ? 'no room' : faultOf(request, authority)
  if (fault !== undefined) {
    receive(serving, { peer, gate, exchange, maxBytes: NOTHING }, () => {
      finish(serving, { peer, response, bodyBytes: 0 }, serving.dependencies.refuse(head, fault), true)
    })
    return
  }
  const announced = announcedBytes(request)
  if (announced !== undefined && announced <= SMALL_BODY_BYTES) {
    receive(serving, { peer, gate, exchange, maxBytes: REQUEST_BODY_MAX_BYTES }, (body) => {
      answerBody(serving, { peer, response, head }, body)
    })
    return
  }
  serveLarge(serving, { peer, gate, exchange, head })
}

type Waiting = { readonly peer: Peer; readonly gate: Gate; readonly exchange: Exchange }

/** Reads a large body only of whoever may send it, as far as that can be told without it. */
function serveLarge(serving: Serving, waiting: Waiting & { readonly head: WireRequest }): void {
  const { peer, exchange, head } = waiting
  const { response } = exchange
  const { headChecks } = serving.dependencies
  const maxBytes = headChecks?.bodyMaxBytes(head) ?? REQUEST_BODY_MAX_BYTES
  const begin = (): void => {
    let refusal: Promise<WireResponse> | undefined
    const receiving = receive(serving, { ...waiting, maxBytes }, (body) => {
      if (refusal === undefined) answerBody(serving, { peer, response, head }, body)
      else {
        const bodyBytes = announcedBytes(exchange.request) ?? maxBytes
        finish(serving, { peer, response, bodyBytes }, refusal, false)
      }
    })
    headChecks?.judge(head).then(
      (refuse) => {
        // A body that is there meanwhile is judged with its head.
        if (refuse === undefined || exchange.request.complete) return
        refusal = refuse()
        receiving.discard()
      },
      () => response.destroy(),
    )
  }
  const debtMs = peer.isProven ? 0 : serving.penalties.debtMs(peer.network.name)
  if (debtMs === 0) begin()
  else {
    serving.dependencies.reached?.('refused')
    const timer = serving.timers.after(Math.min(debtMs, LARGE_BODY_WAIT_MAX_MS), begin)
    response.once('close', () => timer.cancel())
  }
}

/** Large bodies from a source whose calls are refused again and again wait so long at most. */
const LARGE_BODY_WAIT_MAX_MS = 5_000

function receive(
  serving: Serving,
  { peer, gate, exchange, maxBytes }: Waiting & { readonly maxBytes: number },
  done: (body: Uint8Array | undefined) => void,
): Receiving {
  const receiving = new Receiving(exchange.request, {
    maxBytes,
    openShare: () => serving.receiving.open(peer),
    done,
  })
  gate.expect(() => receiving.bytesLeft())
  return receiving
}

type Answering = { readonly peer: Peer; readonly response: ServerResponse; readonly head: WireRequest }

/** Answers a request whose body has come, or was too large. */
function answerBody(
  serving: Serving,
  { peer, response, head }: Answering,
  body: Uint8Array | undefined,
): void {
  const { dependencies, requests, state } = serving
  const { network } = peer
  const to = { peer, response, bodyBytes: body?.length ?? REQUEST_BODY_MAX_BYTES }
  if (body === undefined) {
    finish(serving, to, dependencies.refuse(head, 'large body'), true)
    return
  }
  if (state.requests >= requests.all || network.requests >= requests.address) {
    dependencies.reached?.('requests')
    finish(serving, to, dependencies.refuse(head, 'busy'), false)
    return
  }
  state.requests += 1
  network.requests += 1
  peer.isCalling = true
  finish(serving, to, dependencies.handle({ ...head, body }), false)
}

/** Notes that a peer's call is answered, or that it cannot be any more. */
export function endCall({ state }: Serving, peer: Peer): void {
  peer.isCalling = false
  state.requests -= 1
  peer.network.requests -= 1
}

type Ending = { readonly peer: Peer; readonly response: ServerResponse; readonly bodyBytes: number }

/** Sends an answer once it is there; one to a caller who is not known waits when there are too many of them. */
function finish(
  serving: Serving,
  { peer, response, bodyBytes }: Ending,
  answer: Promise<WireResponse>,
  close: boolean,
): void {
  const { peers, penalties, timers, unread, state, dependencies } = serving
  const send = (wire: WireResponse): void => {
    if (response.destroyed) return
    sendResponse(response, wire, {
      close: close || state.closing || peer.isReserved,
      openShare: () => unread.open(peer),
    })
  }
  answer.then(
    (wire) => {
      if (wire.isCallerUnknown !== true) {
        peer.isProven = true
        send(wire)
        return
      }
      const delayMs = penalties.charge(peer.network.name, bodyBytes)
      if (delayMs === 0 || state.closing || response.destroyed) {
        send(wire)
        return
      }
      dependencies.reached?.('refused')
      // Whoever is kept waiting may lose the connection to somebody who is not.
      peers.idle(peer)
      const forget = (): void => {
        timer.cancel()
        state.delayed.delete(release)
      }
      const release = (): void => {
        forget()
        send(wire)
      }
      const timer = timers.after(delayMs, release)
      // A client that goes away is not kept in memory.
      response.once('close', forget)
      state.delayed.add(release)
    },
    () => response.destroy(),
  )
}

/** What is wrong with a request as its head shows it. */
function faultOf(
  { rawHeaders, httpVersion }: IncomingMessage,
  authority: string | undefined,
): WireFault | undefined {
  if (rawHeaders.length > 2 * REQUEST_HEADER_LINES_MAX) return 'many headers'
  if (authority === undefined && httpVersion !== '1.1') return undefined
  // Source: RFC 9112, section 3.2: every request has a Host, which is the authority of an absolute target.
  const host = findHeader(rawHeaders, 'host')
  if (host === undefined) return 'malformed'
  if (authority === undefined) return undefined
  return authority.toLowerCase() === host.toLowerCase() ? undefined : 'other host'
}

const HEALTHY = '/healthz'
const READY = '/readyz'

function isProbe(target: string): boolean {
  return target === HEALTHY || target === READY
}

function answerProbe({ dependencies }: Serving, peer: Peer, target: string, response: ServerResponse): void {
  const unready = target === READY ? dependencies.unready() : Promise.resolve(undefined)
  unready.then(
    (reason) => {
      const headers = { 'Content-Type': 'text/plain', 'Cache-Control': 'no-store' }
      response.writeHead(reason === undefined ? 200 : 503, {
        ...headers,
        ...(peer.isReserved && { Connection: 'close' }),
      })
      response.end(reason === undefined ? 'ok\n' : `not ready: ${reason}\n`)
    },
    () => response.destroy(),
  )
}
