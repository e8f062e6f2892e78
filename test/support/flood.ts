/** For tests: many simultaneous clients with different addresses. */

import { readFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import type { Output } from '../../src/api/json.ts'
import { rawRequest } from './raw.ts'
import type { TestServer } from './server.ts'

/** The address of floods. Honest clients use 127.0.0.1 unless a test says otherwise. */
export const FLOODER = '127.0.0.2'

/** A client that counts the responses it reads and keeps nothing else. */
export type Flooder = {
  readonly socket: Socket
  /** The number of responses that it has read. */
  readonly answers: () => number
  /** The status lines that it has read, in order. */
  readonly statuses: () => readonly string[]
  readonly isOpen: () => boolean
  readonly send: (bytes: string | Uint8Array) => void
  /** Resolves when the connection has closed. */
  readonly closed: Promise<void>
}

/** Opens connections from an address. Closing one does not fail the test. */
export function openFlood(
  server: Pick<TestServer, 'endpoint'>,
  count: number,
  localAddress = FLOODER,
): Promise<Flooder[]> {
  return Promise.all(Array.from({ length: count }, () => openFlooder(server, localAddress)))
}

async function openFlooder(server: Pick<TestServer, 'endpoint'>, localAddress: string): Promise<Flooder> {
  const { hostname, port } = new URL(server.endpoint)
  const socket = connect({ host: hostname, port: Number(port), localAddress, allowHalfOpen: false })
  const state = { isOpen: true, statuses: [] as string[] }
  socket.on('error', () => {})
  // Does not use `once` of node:events, which rejects on an error: a reset connection counts as closed too.
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      state.isOpen = false
      resolve()
    })
  })
  socket.on('data', (chunk: Buffer) => {
    for (const [status] of chunk.toString('latin1').matchAll(/HTTP\/1\.1 \d{3}/g)) state.statuses.push(status)
  })
  await Promise.race([new Promise((resolve) => socket.once('connect', resolve)), closed])
  return {
    socket,
    answers: () => state.statuses.length,
    statuses: () => state.statuses,
    isOpen: () => state.isOpen,
    send: (bytes) => void socket.write(bytes),
    closed,
  }
}

/** Closes connections that are still open. */
export function endFlood(flood: readonly Flooder[]): void {
  for (const { socket } of flood) socket.destroy()
}

/** The number of open connections, after all pending events have been processed. */
export async function openCount(flood: readonly Flooder[]): Promise<number> {
  await new Promise((resolve) => setImmediate(resolve))
  return flood.filter(({ isOpen }) => isOpen()).length
}

/** A client that makes calls one after another on one connection. */
export class HonestClient {
  readonly #server: TestServer
  readonly #flooder: Flooder

  constructor(server: TestServer, flooder: Flooder) {
    this.#server = server
    this.#flooder = flooder
  }

  /** Makes a call that must succeed. Sends its request in the given number of pieces. */
  async succeed(operation: string, input: Output, pieces = 1): Promise<void> {
    const { socket, statuses, closed } = this.#flooder
    const before = statuses().length
    const bytes = rawRequest(this.#server, `TrentService.${operation}`, JSON.stringify(input))
    const size = Math.ceil(bytes.length / pieces)
    for (let at = 0; at < bytes.length; at += size) {
      socket.write(bytes.subarray(at, at + size))
      await new Promise((resolve) => setImmediate(resolve))
    }
    while (statuses().length === before) {
      const read = new Promise<false>((resolve) => socket.once('data', () => resolve(false)))
      const isClosed = await Promise.race([read, closed.then(() => true)])
      if (isClosed) throw new Error(`the connection of an honest client was closed in ${operation}`)
    }
    if (statuses()[before] !== 'HTTP/1.1 200') throw new Error(`${operation}: ${statuses()[before]}`)
  }
}

/** Opens an honest client with its own connection. */
export async function openHonest(server: TestServer, localAddress = '127.0.0.1'): Promise<HonestClient> {
  const [flooder] = await openFlood(server, 1, localAddress)
  if (flooder === undefined) throw new Error('no connection')
  return new HonestClient(server, flooder)
}

/** The peak memory of a server, in MiB. */
export async function peakMemoryMib(server: TestServer): Promise<number> {
  const status = await readFile(`/proc/${server.process.pid}/status`, 'utf8')
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024
}
