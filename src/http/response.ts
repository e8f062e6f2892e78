import type { ServerResponse } from 'node:http'
import { utf8 } from '../base/bytes.ts'
import { http } from '../base/http-module.ts'
import type { WireResponse } from '../dispatch/wire.ts'
import type { Share } from './memory-budget.ts'

/** The server hands over a longer answer in parts of this size, to see how fast the client reads. */
const PART_BYTES = 65_536

/** How an answer is sent. */
export type Sending = {
  readonly close: boolean
  /** Opens the share of the memory budget for what the client has not read yet. */
  readonly openShare: () => Share
}

/** Sends an answer. Node sets `Date`, by which clients correct their clocks. */
export function sendResponse(response: ServerResponse, wire: WireResponse, sending: Sending): void {
  const size = Buffer.byteLength(wire.body)
  const headers = [...headersOf(wire), 'Content-Length', String(size)]
  if (sending.close) headers.push('Connection', 'close')
  response.writeHead(wire.status, headers)
  if (size > PART_BYTES) {
    sendBytes(response, utf8(wire.body), sending.openShare)
    return
  }
  // Text of one byte per character needs no encoding.
  response.end(wire.body, size === wire.body.length ? 'latin1' : 'utf8')
  if ((response.socket?.writableLength ?? 0) === 0) return
  const share = sending.openShare()
  response.once('close', () => share.close())
  share.hold(size)
}

/**
 * The same as text, for a socket without a response object. It is the last answer. @param more headers, alternating names
 * and values.
 */
export function formatLastResponse(wire: WireResponse, date: string, more: readonly string[]): string {
  const size = ['Content-Length', String(Buffer.byteLength(wire.body))]
  const headers = [...more, ...headersOf(wire), ...size, 'Date', date, 'Connection', 'close']
  let text = `HTTP/1.1 ${wire.status} ${http.STATUS_CODES[wire.status]}\r\n`
  for (let at = 0; at < headers.length; at += 2) text += `${headers[at]}: ${headers[at + 1]}\r\n`
  return `${text}\r\n${wire.body}`
}

/** Sends a body after its head, in parts of it, and counts what its client does not take. */
export function sendBytes(response: ServerResponse, body: Uint8Array, openShare: () => Share): void {
  const share = openShare()
  let sent = 0
  const pump = (): void => {
    while (sent < body.length) {
      const part = body.subarray(sent, sent + PART_BYTES)
      sent += part.length
      share.moved(part.length)
      if (!response.write(part)) {
        response.once('drain', pump)
        return
      }
    }
    response.end()
  }
  response.once('close', () => share.close())
  if (share.hold(body.length)) pump()
}

/** Header names have AWS's capitals: some clients compare them by case. The length of the body is not among them. */
export function headersOf(wire: WireResponse): string[] {
  return [
    'x-amzn-RequestId',
    wire.requestId,
    'Cache-Control',
    'no-cache, no-store, must-revalidate, private',
    'Expires',
    '0',
    'Pragma',
    'no-cache',
    'Content-Type',
    wire.mediaType,
  ]
}
