import type { ServerResponse } from 'node:http'
import { utf8 } from '../base/bytes.ts'
import type { WireRequest, WireResponse } from '../dispatch/wire.ts'
import { headersOf, type Sending, sendBytes } from './response.ts'

/** Pages for browsers. The server finds them by path, before it authenticates a caller. */
export type Site = {
  /** Headers of every answer, alternating names and values: also of a refusal by the HTTP layer. */
  readonly headers: readonly string[]
  /** Returns whether the site answers requests for this target. */
  readonly owns: (target: string) => boolean
  /** Returns the largest allowed body of a request. */
  readonly bodyMaxBytes: (head: WireRequest) => number
  readonly answer: (request: WireRequest) => Promise<SiteAnswer>
}

/** A response of a site. */
export type SiteAnswer = {
  readonly status: number
  /** Alternating names and values. */
  readonly headers: readonly string[]
  readonly body: Uint8Array
  /** Whether the request failed to authenticate. */
  readonly isCallerUnknown?: boolean
}

/** Returns a refusal by the HTTP layer, with the headers of the site. */
export function siteRefusal({ headers }: Site, wire: WireResponse): SiteAnswer {
  const { status, body, isCallerUnknown = false } = wire
  return { status, headers: [...headers, ...headersOf(wire)], body: utf8(body), isCallerUnknown }
}

/** Sends a response of a site; a `HEAD` request gets only the headers. */
export function sendSiteAnswer(
  response: ServerResponse,
  { status, headers, body }: SiteAnswer,
  sending: Sending,
): void {
  const all = [...headers, 'Content-Length', String(body.length)]
  if (sending.close) all.push('Connection', 'close')
  response.writeHead(status, all)
  if (response.req.method === 'HEAD') response.end()
  else sendBytes(response, body, sending.openShare)
}
