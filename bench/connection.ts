import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Endpoint } from './endpoint.ts'

/** The parts of an HTTP response that the load process needs. */
export type Answer = {
  readonly status: number
  /** All bytes of the response, headers included. */
  readonly bytes: Buffer
  readonly bodyOffset: number
}

/** A keep-alive connection with at most one request in flight. */
export type Connection = {
  readonly send: (request: Uint8Array) => void
  readonly close: () => void
}

/** The callbacks of a connection. */
export type ConnectionEvents = {
  readonly answer: (answer: Answer) => void
  /** The connection has ended or failed. No callback follows. */
  readonly end: (why: string) => void
}

const CONNECT_TIMEOUT_MS = 10_000
const ANSWER_MAX_BYTES = 16_777_216

/** Opens a connection and waits until it is established. */
export function openConnection(endpoint: Endpoint, events: ConnectionEvents): Promise<Connection> {
  const { host, port } = endpoint
  const socket = endpoint.tls ? connectTls({ host, port, servername: host }) : connectTcp({ host, port })
  socket.setNoDelay(true)
  return new Promise((resolve, reject) => {
    const deadline = setTimeout(() => socket.destroy(new Error('connect timed out')), CONNECT_TIMEOUT_MS)
    socket.once('error', reject)
    socket.once(endpoint.tls ? 'secureConnect' : 'connect', () => {
      clearTimeout(deadline)
      socket.off('error', reject)
      listen(socket, events)
      resolve({ send: (request) => socket.write(request), close: () => socket.destroy() })
    })
    socket.once('close', () => clearTimeout(deadline))
  })
}

function listen(socket: Socket, events: ConnectionEvents): void {
  let held: Buffer | undefined
  let why = 'the server closed the connection'
  socket.on('data', (chunk: Buffer) => {
    const bytes = held === undefined ? chunk : Buffer.concat([held, chunk])
    const answer = parseAnswer(bytes)
    if (answer === 'partial') {
      held = bytes
    } else if (answer === 'malformed') {
      socket.destroy(new Error('an answer without a status line or Content-Length, or beyond the limit'))
    } else {
      held = undefined
      events.answer(answer)
    }
  })
  socket.on('error', (error) => {
    why = error.message
  })
  socket.on('close', () => events.end(why))
}

/**
 * Parses the response that fills `bytes`. Only one request is in flight, so bytes after the response violate the
 * protocol.
 */
export function parseAnswer(bytes: Buffer): Answer | 'partial' | 'malformed' {
  if (bytes.length > ANSWER_MAX_BYTES) return 'malformed'
  const headEnd = bytes.indexOf('\r\n\r\n')
  if (headEnd < 0) return 'partial'
  const head = bytes.toString('latin1', 0, headEnd)
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
  const status = Number(head.slice(9, 12))
  if (length === undefined || !head.startsWith('HTTP/1.1 ') || !(status >= 200)) return 'malformed'
  const bodyOffset = headEnd + 4
  const end = bodyOffset + Number(length)
  if (bytes.length < end) return 'partial'
  return bytes.length > end ? 'malformed' : { status, bytes, bodyOffset }
}
