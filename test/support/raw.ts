/** For tests: HTTP requests and responses as bytes. */

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import type { Output } from '../../src/api/json.ts'
import { type CallOptions, signedHeaders } from './calls.ts'
import type { Reachable, TestServer } from './server.ts'

/** A parsed response. */
export type RawResponse = {
  readonly statusLine: string
  /** Headers with names as received. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

/** A connection to a server. */
export type RawConnection = AsyncDisposable & {
  readonly socket: Socket
  readonly send: (bytes: string | Uint8Array) => void
  /**
   * The next response on the connection.
   * @param bodyless set for responses to HEAD.
   */
  readonly response: (options?: { bodyless?: boolean }) => Promise<RawResponse>
  /** Resolves with the unread bytes after the server has closed the connection. */
  readonly closed: () => Promise<string>
}

/** Opens a connection. Uses TLS if it has TLS options. */
export async function openRaw(
  server: Pick<Reachable, 'endpoint'>,
  tls?: ConnectionOptions,
): Promise<RawConnection> {
  const { hostname, port } = new URL(server.endpoint)
  const place = { host: hostname, port: Number(port), allowHalfOpen: true }
  const socket = tls === undefined ? connect(place) : connectTls({ ...place, ...tls })
  await once(socket, tls === undefined ? 'connect' : 'secureConnect')
  const state = { received: Buffer.alloc(0), ended: false, wake: () => {} }
  const wake = (): void => state.wake()
  socket.on('data', (chunk: Buffer) => {
    state.received = Buffer.concat([state.received, chunk])
    wake()
  })
  const end = (): void => {
    state.ended = true
    wake()
  }
  socket.on('end', end)
  socket.on('close', end)
  socket.on('error', end)
  const until = async <T>(ready: () => T | undefined): Promise<T> => {
    for (;;) {
      const value = ready()
      if (value !== undefined) return value
      if (state.ended) throw new Error(`the server closed after: ${state.received.toString('latin1')}`)
      await new Promise<void>((resolve) => {
        state.wake = resolve
      })
    }
  }
  return {
    socket,
    send: (bytes) => void socket.write(bytes),
    response: ({ bodyless = false } = {}) =>
      until(() => {
        const parsed = parseResponse(state.received, bodyless)
        if (parsed === undefined) return undefined
        state.received = state.received.subarray(parsed.size)
        return parsed.response
      }),
    closed: () => until(() => (state.ended ? state.received.toString('latin1') : undefined)),
    [Symbol.asyncDispose]: async () => {
      socket.destroy()
    },
  }
}

/** Makes one signed call on a new connection. */
export async function callOnce(
  server: TestServer,
  operation: string,
  input: Output,
  tls?: ConnectionOptions,
): Promise<RawResponse> {
  await using connection = await openRaw(server, tls)
  const unsigned = ['Connection: close']
  connection.send(rawRequest(server, `TrentService.${operation}`, JSON.stringify(input), { unsigned }))
  return await connection.response()
}

/** Encodes a signed request with `Content-Length`. */
export function rawRequest(
  server: Reachable,
  target: string,
  body: string | Uint8Array,
  options: CallOptions & { readonly version?: string; readonly unsigned?: readonly string[] } = {},
): Uint8Array {
  const bytes = Buffer.from(body)
  const headers = signedHeaders(server, target, bytes, options)
  headers.set('content-length', String(bytes.length))
  return Buffer.concat([Buffer.from(headText(headers, options)), bytes])
}

/** Encodes the head of a signed request. The given lines replace `Content-Length`. */
export function rawHead(
  server: Reachable,
  target: string,
  body: string | Uint8Array,
  options: CallOptions & { readonly version?: string; readonly unsigned?: readonly string[] } = {},
): string {
  return headText(signedHeaders(server, target, Buffer.from(body), options), options)
}

function headText(
  headers: ReadonlyMap<string, string>,
  { version = '1.1', unsigned = [] }: { readonly version?: string; readonly unsigned?: readonly string[] },
): string {
  const lines = [...headers].map(([name, value]) => `${name}: ${value}`)
  return [`POST / HTTP/${version}`, ...lines, ...unsigned, '', ''].join('\r\n')
}

function parseResponse(
  received: Buffer,
  bodyless: boolean,
): { readonly response: RawResponse; readonly size: number } | undefined {
  const headEnd = received.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const [statusLine = '', ...lines] = received.subarray(0, headEnd).toString('latin1').split('\r\n')
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon), line.slice(colon + 1).trim()]
    }),
  )
  const length = bodyless ? 0 : Number(headers.get('Content-Length') ?? 0)
  const size = headEnd + 4 + length
  if (received.length < size) return undefined
  const body = received.subarray(headEnd + 4, size).toString('utf8')
  return { response: { statusLine, headers, body }, size }
}
