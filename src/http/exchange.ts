import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Timers } from '../base/ports.ts'
import { REQUEST_BODY_MAX_BYTES, REQUEST_HEADER_LINES_MAX } from '../base/request-limits.ts'
import { findHeader, type WireRequest, type WireResponse } from '../dispatch/wire.ts'
import type { WireFault } from '../dispatch/wire-fault.ts'
import { announcedBytes, Receiving } from './body.ts'
import { connectionOf } from './connection.ts'
import type { Exchange, Gate } from './gate.ts'
import type { MemoryBudget } from './memory-budget.ts'
import type { Bound, Peer, Peers } from './peers.ts'
import type { Penalties } from './penalties.ts'
import { sendResponse } from './response.ts'
import { type Site, type SiteAnswer, sendSiteAnswer, siteRefusal } from './site.ts'
import { parseTarget } from './target.ts'

/** The handlers of requests. */
export type HttpDependencies = {
  readonly handle: (request: WireRequest) => Promise<WireResponse>
  /** Answers a request that is refused for its form on the wire, without its body. */
  readonly refuse: (request: WireRequest, fault: WireFault) => Promise<WireResponse>
  /**
   * Returns why the server cannot serve requests now, or nothing when it can: the answer of `/readyz`.
   * Anybody may read it.
   */
  readonly unready: () => Promise<string | undefined>
  /** Serves pages to browsers; absent when the console is off. */
  readonly site?: Site | undefined
  /** Checks requests with large bodies by their heads, before the bodies have arrived. */
  readonly headChecks?: HeadChecks
  /** Called each time that a bound is reached. */
  readonly reached?: ((bound: BoundName) => void) | undefined
}

/** Checks of a request by its head. */
type HeadChecks = {
  /** The largest body that the request's operation can have. */
  readonly bodyMaxBytes: (head: WireRequest) => number
  /**
   * Returns the refusal of a request that no body can change; nothing when the decision depends on the body.
   */
  readonly judge: (head: WireRequest) => Promise<(() => Promise<WireResponse>) | undefined>
}

/** The bounds of the server. */
export type BoundName = 'connections' | 'requests' | 'receiving' | 'unread' | 'refused'

/** What one listener answers requests with. */
export type Serving = {
  readonly dependencies: HttpDependencies
  readonly peers: Peers
  /** Memory for bodies that arrive in several pieces. */
  readonly receiving: MemoryBudget
  /** Memory for answers that clients have not read. */
  readonly unread: MemoryBudget
  readonly penalties: Penalties
  readonly timers: Timers
  /** The bound on requests in flight. */
  readonly requests: Bound
  readonly state: State
}

/** State that changes while a listener is open. */
export type State = {
  closing: boolean
  /** Requests in flight. */
  requests: number
  /** The tasks that send delayed answers. */
  readonly delayed: Set<() => void>
}

/** The server reads bodies up to this size without a check of the head: reading costs less than the check. */
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
      finish(serving, { peer, response, bodyBytes: 0 }, refuse(serving, head, fault), true)
    })
    return
  }
  const { site } = serving.dependencies
  if (site?.owns(target) === true) {
    serveSite(serving, { peer, gate, exchange, head }, site)
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

/** Answers a request for a page. The bounds of calls apply to it, and its body is small. */
function serveSite(serving: Serving, waiting: Waiting & { readonly head: WireRequest }, site: Site): void {
  const { peer, exchange, head } = waiting
  const { response } = exchange
  receive(serving, { ...waiting, maxBytes: site.bodyMaxBytes(head) }, (body) => {
    const bodyBytes = body?.length ?? 0
    if (body === undefined) {
      finish(serving, { peer, response, bodyBytes }, refuse(serving, head, 'large body'), true)
    } else if (begins(serving, peer)) {
      finish(serving, { peer, response, bodyBytes }, site.answer({ ...head, body }), false)
    } else {
      finish(serving, { peer, response, bodyBytes }, refuse(serving, head, 'busy'), false)
    }
  })
}

/** Answers a request that is refused for its form: for a target of the site, with its headers. */
function refuse(
  { dependencies }: Serving,
  head: WireRequest,
  fault: WireFault,
): Promise<WireResponse | SiteAnswer> {
  const { site } = dependencies
  const refusal = dependencies.refuse(head, fault)
  return site?.owns(head.target) === true ? refusal.then((wire) => siteRefusal(site, wire)) : refusal
}

type Waiting = { readonly peer: Peer; readonly gate: Gate; readonly exchange: Exchange }

/** Reads a large body only if the head passes its check. */
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
        // A body that has arrived meanwhile is checked with its head.
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

/** The longest wait of a large body from a source whose calls are refused repeatedly. */
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

/** Answers a request whose body has arrived, or was too large. */
function answerBody(
  serving: Serving,
  { peer, response, head }: Answering,
  body: Uint8Array | undefined,
): void {
  const { dependencies } = serving
  const to = { peer, response, bodyBytes: body?.length ?? REQUEST_BODY_MAX_BYTES }
  if (body === undefined) {
    finish(serving, to, dependencies.refuse(head, 'large body'), true)
    return
  }
  if (begins(serving, peer)) finish(serving, to, dependencies.handle({ ...head, body }), false)
  else finish(serving, to, dependencies.refuse(head, 'busy'), false)
}

/** Counts a call of a peer, unless a bound is reached. */
function begins({ dependencies, requests, state }: Serving, peer: Peer): boolean {
  const { network } = peer
  if (state.requests >= requests.all || network.requests >= requests.address) {
    dependencies.reached?.('requests')
    return false
  }
  state.requests += 1
  network.requests += 1
  peer.isCalling = true
  return true
}

/** Notes that a peer's call is answered, or cannot be. */
export function endCall({ state }: Serving, peer: Peer): void {
  peer.isCalling = false
  state.requests -= 1
  peer.network.requests -= 1
}

type Ending = { readonly peer: Peer; readonly response: ServerResponse; readonly bodyBytes: number }

/** Sends an answer. The answer to a caller that is not known waits when there are too many of them. */
function finish(
  serving: Serving,
  { peer, response, bodyBytes }: Ending,
  answer: Promise<WireResponse | SiteAnswer>,
  close: boolean,
): void {
  const { peers, penalties, timers, unread, state, dependencies } = serving
  const send = (wire: WireResponse | SiteAnswer): void => {
    if (response.destroyed) return
    const sending = {
      close: close || state.closing || peer.isReserved,
      openShare: () => unread.open(peer),
    }
    if ('headers' in wire) sendSiteAnswer(response, wire, sending)
    else sendResponse(response, wire, sending)
  }
  answer.then(
    (wire) => {
      if (wire.isCallerUnknown !== true) {
        // A request for a page authenticates nobody.
        if (!('headers' in wire)) peer.isProven = true
        send(wire)
        return
      }
      const delayMs = penalties.charge(peer.network.name, bodyBytes)
      if (delayMs === 0 || state.closing || response.destroyed) {
        send(wire)
        return
      }
      dependencies.reached?.('refused')
      // A peer that waits may lose its connection to one that does not.
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
      // Frees the memory of a client that goes away.
      response.once('close', forget)
      state.delayed.add(release)
    },
    () => response.destroy(),
  )
}

/** The fault of a request that its head shows. */
function faultOf(
  { rawHeaders, httpVersion }: IncomingMessage,
  authority: string | undefined,
): WireFault | undefined {
  if (rawHeaders.length > 2 * REQUEST_HEADER_LINES_MAX) return 'many headers'
  if (hasUnclearFraming(rawHeaders)) return 'malformed'
  if (authority === undefined && httpVersion !== '1.1') return undefined
  // Source: RFC 9112, section 3.2: every request has a Host, which is the authority of an absolute target.
  const host = findHeader(rawHeaders, 'host')
  if (host === undefined) return 'malformed'
  if (authority === undefined) return undefined
  return authority.toLowerCase() === host.toLowerCase() ? undefined : 'other host'
}

const HOST = 'host'
const TRANSFER_ENCODING = 'transfer-encoding'

/**
 * Whether a request has several Host headers, or a transfer coding other than chunked: a proxy in front may have read
 * another request. Source: RFC 9112, sections 3.2 and 6.1.
 */
function hasUnclearFraming(rawHeaders: readonly string[]): boolean {
  let hosts = 0
  let codings = 0
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? ''
    if (name.length === HOST.length && name.toLowerCase() === HOST) hosts += 1
    else if (name.length === TRANSFER_ENCODING.length && name.toLowerCase() === TRANSFER_ENCODING) {
      codings += 1
      if (rawHeaders[index + 1]?.toLowerCase() !== 'chunked') return true
    }
  }
  return hosts > 1 || codings > 1
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
