/** For tests: the part of S3 that trail delivery and `aws cloudtrail validate-logs` need. It checks no signatures. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type StoredObject = { readonly bytes: Buffer; readonly metadata: Readonly<Record<string, string>> }

export type TestS3 = AsyncDisposable & {
  readonly endpoint: string
  /** Objects by `bucket/key`. */
  readonly objects: Map<string, StoredObject>
  /** All puts so far, by `bucket/key`. */
  readonly puts: string[]
  /** The number of next puts that fail with status 503. */
  failing: number
  /** Runs before the service stores an object, and again before it responds to the put. */
  onPut: (when: 'before' | 'after', path: string) => Promise<void>
}

/** Starts a service that holds objects in memory. */
export async function startS3(): Promise<TestS3> {
  const state: State = { objects: new Map(), puts: [], failing: 0, onPut: async () => {} }
  const server = createServer((request, response) => {
    answer(state, request, response).catch((error: unknown) => {
      response.statusCode = 500
      response.end(String(error))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return Object.assign(state, {
    endpoint: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  })
}

type State = Pick<TestS3, 'objects' | 'puts' | 'failing' | 'onPut'>

async function answer(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const path = decodeURIComponent(url.pathname).slice(1).replace(/\/$/, '')
  if (request.method === 'PUT') return put(state, path, request, response)
  if (url.searchParams.has('location'))
    return xml(response, '<LocationConstraint>eu-west-1</LocationConstraint>')
  if (!path.includes('/')) return xml(response, list(state, path, url.searchParams))
  const object = state.objects.get(path)
  if (object === undefined) {
    response.statusCode = 404
    return xml(response, '<Error><Code>NoSuchKey</Code></Error>')
  }
  for (const [name, value] of Object.entries(object.metadata)) response.setHeader(`x-amz-meta-${name}`, value)
  response.end(object.bytes)
}

async function put(
  state: State,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  if (state.failing > 0) {
    state.failing -= 1
    response.statusCode = 503
    return xml(response, '<Error><Code>SlowDown</Code></Error>')
  }
  await state.onPut('before', path)
  const metadata: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers)) {
    if (name.startsWith('x-amz-meta-')) metadata[name.slice('x-amz-meta-'.length)] = String(value)
  }
  state.puts.push(path)
  state.objects.set(path, { bytes: Buffer.concat(chunks), metadata })
  await state.onPut('after', path)
  response.end()
}

function list({ objects }: State, bucket: string, query: URLSearchParams): string {
  const [prefix, marker] = [query.get('prefix') ?? '', query.get('marker') ?? '']
  const keys = [...objects.keys()]
    .filter((path) => path.startsWith(`${bucket}/${prefix}`))
    .map((path) => path.slice(bucket.length + 1))
    .filter((key) => key > marker)
    .sort()
  const contents = keys.map((key) => `<Contents><Key>${key}</Key><Size>1</Size></Contents>`).join('')
  return `<ListBucketResult><Name>${bucket}</Name><IsTruncated>false</IsTruncated>${contents}</ListBucketResult>`
}

function xml(response: ServerResponse, text: string): void {
  response.setHeader('content-type', 'application/xml')
  response.end(`<?xml version="1.0" encoding="UTF-8"?>${text}`)
}
