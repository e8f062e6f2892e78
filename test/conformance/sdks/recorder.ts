/** A proxy between an SDK and a server: it passes every request on as it came, and keeps what was answered. */

import { once } from 'node:events'
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One exchange as it went over the wire. */
export type Exchange = {
  readonly status: number
  readonly contentType: string
  readonly requestId: string
  readonly body: string
}

export type Recorder = AsyncDisposable & {
  readonly endpoint: string
  /** The exchanges since it was asked last. */
  readonly take: () => readonly Exchange[]
}

/** Starts a recorder on a free port of the loopback address. @param endpoint of the server. */
export async function openRecorder(endpoint: string): Promise<Recorder> {
  const { hostname, port } = new URL(endpoint)
  const state = { exchanges: [] as Exchange[] }
  const server = createServer(async (incoming, response) => {
    const sent = await bytesOf(incoming)
    // The signature covers the host that the client has named: the header goes on as it came.
    const { method, url, rawHeaders } = incoming
    const outgoing = httpRequest({ hostname, port, method, path: url, headers: rawHeaders, setHost: false })
    outgoing.end(sent)
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]
    const body = await bytesOf(answer)
    state.exchanges.push({
      status: answer.statusCode ?? 0,
      contentType: textOf(answer.headers['content-type']) ?? '',
      requestId: textOf(answer.headers['x-amzn-requestid']) ?? '',
      body: body.toString(),
    })
    response.writeHead(answer.statusCode ?? 500, answer.rawHeaders)
    response.end(body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    take: () => state.exchanges.splice(0),
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

function textOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header
}

async function bytesOf(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
