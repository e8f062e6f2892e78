/** For tests: a webhook endpoint that receives events, and its server settings. */

import { createHmac, randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttps } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { TestCertificate } from './certificate.ts'

/** An event as received. */
export type ReceivedEvent = {
  readonly version: string
  readonly id: string
  readonly 'detail-type': string
  readonly source: string
  readonly account: string
  readonly time: string
  readonly region: string
  readonly resources: readonly string[]
  readonly detail: Readonly<Record<string, unknown>>
}

/** A request as received, and its response. */
export type Received = {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
  readonly event: ReceivedEvent
  readonly status: number | 'nothing'
}

export type Receiver = AsyncDisposable & {
  readonly url: string
  readonly port: number
  /** All received requests, in order. */
  readonly received: Received[]
  /** Chooses the response: a status, or no response. */
  answer: (event: ReceivedEvent) => number | 'nothing'
}

/**
 * Starts an endpoint that responds with 204 by default.
 * @param port by default, any free port.
 */
export async function startReceiver(
  options: { readonly certificate?: TestCertificate; readonly port?: number } = {},
): Promise<Receiver> {
  const { certificate, port = 0 } = options
  const state: Pick<Receiver, 'received' | 'answer'> = { received: [], answer: () => 204 }
  const take = (request: IncomingMessage, response: ServerResponse): void =>
    void receive(state, request, response)
  const server =
    certificate === undefined
      ? createHttp(take)
      : createHttps({ cert: certificate.cert, key: await readFile(certificate.keyFile) }, take)
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const address = server.address() as AddressInfo
  const scheme = certificate === undefined ? 'http' : 'https'
  return Object.assign(state, {
    url: `${scheme}://127.0.0.1:${address.port}/events`,
    port: address.port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  })
}

async function receive(
  state: Pick<Receiver, 'received' | 'answer'>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const body = Buffer.concat(chunks).toString()
  const event = JSON.parse(body) as ReceivedEvent
  const status = state.answer(event)
  state.received.push({ path: request.url ?? '', headers: request.headers, body, event, status })
  if (status === 'nothing') return
  response.statusCode = status
  if (status >= 300 && status < 400) response.setHeader('location', '/elsewhere')
  response.end('an answer that nobody reads')
}

/** A secret in the form of the secrets file. */
export function newSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`
}

/** The expected signature of a message, computed only with Node. */
export function expectedSignature(secret: string, { headers, body }: Received): string {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
  return `v1,${createHmac('sha256', key).update(signed).digest('base64')}`
}

/** Writes the endpoints file beside the data folder. Returns the environment that names it. */
export async function writeWebhooks(
  folder: string,
  secret: string,
  endpoints: readonly object[],
): Promise<Record<string, string>> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'secret'), `${secret}\n`, { mode: 0o600 })
  const file = join(folder, 'webhooks.json')
  const all = endpoints.map((endpoint) => ({ secretFile: 'secret', ...endpoint }))
  await writeFile(file, JSON.stringify({ endpoints: all }))
  return { HOLDFAST_WEBHOOKS: file }
}
