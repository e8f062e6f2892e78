import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { postWebhook, type WebhookPost } from './webhook.ts'

async function withServer(answer: RequestListener, use: (url: string) => Promise<void>): Promise<void> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  try {
    await use(`http://127.0.0.1:${port}/path?query`)
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

function post(url: string, more: Partial<WebhookPost> = {}): Promise<number> {
  const { signal } = new AbortController()
  const body = Buffer.from('{"a":1}')
  return postWebhook({ url, ca: undefined, headers: ['x-a', 'b'], body, timeoutMs: 20_000, signal, ...more })
}

test('postWebhook sends headers and body as they are, and gives the status', async () => {
  const seen: unknown[] = []
  await withServer(
    async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk)
      const { method, url, headers } = request
      seen.push(method, url, headers['x-a'], headers.host, Buffer.concat(chunks).toString())
      response.writeHead(202).end()
    },
    async (url) => {
      assert.equal(await post(url), 202)
      assert.deepEqual(seen, ['POST', '/path?query', 'b', new URL(url).host, '{"a":1}'])
    },
  )
})

test('postWebhook gives the status of a redirect, and does not follow it', async () => {
  let requests = 0
  await withServer(
    (_, response) => {
      requests += 1
      response.writeHead(307, { location: '/path' }).end()
    },
    async (url) => {
      assert.equal(await post(url), 307)
      assert.equal(requests, 1)
    },
  )
})

test('postWebhook does not read an answer to its end that has none', async () => {
  await withServer(
    (_, response) => {
      response.writeHead(200)
      const more = (): void => {
        while (response.writable && response.write('x'.repeat(16_384)));
        if (response.writable) response.once('drain', more)
      }
      more()
    },
    async (url) => assert.equal(await post(url), 200),
  )
})

test('postWebhook fails when there is no answer in time', async () => {
  await withServer(
    () => {},
    async (url) => {
      await assert.rejects(
        post(url, { timeoutMs: 50 }),
        /^Error: no answer from 127\.0\.0\.1:\d+ within 50 ms$/,
      )
    },
  )
})

test('postWebhook ends when the server stops, before it begins and in between', async () => {
  const stopping = new AbortController()
  await withServer(
    () => stopping.abort(),
    async (url) => {
      await assert.rejects(post(url, { signal: stopping.signal }), /the server stops/)
      await assert.rejects(post(url, { signal: stopping.signal }), /the server stops/)
    },
  )
})

test('postWebhook fails where nobody listens', async () => {
  let closed = ''
  await withServer(
    () => {},
    async (url) => {
      closed = url
    },
  )
  await assert.rejects(post(closed), /ECONNREFUSED/)
})
