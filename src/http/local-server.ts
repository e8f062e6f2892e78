import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { http } from '../base/http-module.ts'
import { peerUser } from './peer-user.ts'

/** A request of a process of this machine. */
export type LocalRequest = {
  readonly method: string
  readonly target: string
  /** The value of a header, by its lower-case name. */
  readonly header: (name: string) => string | undefined
  /** The body; nothing when it is longer than the server takes. */
  readonly body: Uint8Array | undefined
  /** Called when the client is gone before it has an answer. */
  readonly whenGone: (task: () => void) => void
}

/** The answer to one. */
export type LocalResponse = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** A server for processes of this machine. */
export type LocalServer = {
  /** `127.0.0.1:PORT`. */
  readonly address: string
  /** Closes it with all its connections. */
  readonly close: () => void
}

const HOST = '127.0.0.1'
const HEADERS_MAX_BYTES = 16_384
/** Connections of one process: Holdfast's own bound. */
const CONNECTIONS_MAX = 64

/**
 * Listens on a free port of the loopback address, for processes of the same user where the system says who connects. An
 * answer may be waited for without a bound: a client asks for its next work and waits until there is some.
 */
export async function openLocalServer({
  bodyMaxBytes,
  handle,
}: {
  readonly bodyMaxBytes: number
  /** Never rejects. */
  readonly handle: (request: LocalRequest) => Promise<LocalResponse>
}): Promise<LocalServer> {
  const server = http.createServer({
    maxHeaderSize: HEADERS_MAX_BYTES,
    requestTimeout: 0,
    keepAliveTimeout: 0,
  })
  server.timeout = 0
  const owner = process.geteuid?.()
  const isOwn = new WeakMap<Socket, Promise<boolean>>()
  server.on('connection', (socket) => {
    const checked = peerUser(socket).then((user) => user === owner || user === 'unknown')
    isOwn.set(socket, checked)
    void checked.then((own) => own || socket.destroy())
  })
  server.maxConnections = CONNECTIONS_MAX
  server.on('clientError', (_error, socket) => socket.destroy())
  server.on('request', (request, response) => {
    void isOwn.get(request.socket)?.then((own) => {
      if (own && !request.socket.destroyed) void answer({ request, response }, bodyMaxBytes, handle)
    })
  })
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: HOST, port: 0 }, () => {
      server.removeListener('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })
  return {
    address: `${HOST}:${port}`,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

type Exchange = { readonly request: IncomingMessage; readonly response: ServerResponse }

async function answer(
  { request, response }: Exchange,
  bodyMaxBytes: number,
  handle: (request: LocalRequest) => Promise<LocalResponse>,
): Promise<void> {
  request.on('error', () => {})
  response.on('error', () => {})
  try {
    const body = await readBody(request, bodyMaxBytes)
    const answered = await handle({
      method: request.method ?? '',
      target: request.url ?? '',
      header: (name) => {
        const value = request.headers[name]
        return Array.isArray(value) ? value[0] : value
      },
      body,
      whenGone: (task) => void response.once('close', task),
    })
    response.writeHead(answered.status, {
      ...answered.headers,
      'content-length': String(answered.body.length),
    })
    response.end(answered.body)
  } catch {
    response.destroy()
  }
}

/** The rest of a body that is too long is read and forgotten, so that the client reads the answer. */
async function readBody(request: IncomingMessage, maxBytes: number): Promise<Uint8Array | undefined> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of request) {
    const bytes: Uint8Array = piece
    size += bytes.length
    if (size <= maxBytes) pieces.push(bytes)
    else pieces.length = 0
  }
  return size > maxBytes ? undefined : Buffer.concat(pieces)
}
