import assert from 'node:assert/strict'
import http from 'node:http'
import { type TestContext, test } from 'node:test'
import type { Timers } from '../base/ports.ts'
import { type Claims, parseClaims } from '../sigv4/claims.ts'
import type { SignedRequest } from '../sigv4/request.ts'
import { deriveSigningKey } from '../sigv4/signing-key.ts'
import { verifySignature } from '../sigv4/verify.ts'
import { ANSWER_MAX_BYTES, CALL_TIMEOUT_MS, openClient } from './client.ts'
import { ServiceError } from './service-error.ts'

const credentials = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
}
const region = 'eu-west-1'

type Reply = (request: SignedRequest, response: http.ServerResponse) => void

/** A server that gives every whole request to `reply`, until the test ends. */
async function serve(
  context: TestContext,
  reply: Reply,
): Promise<{ endpoint: string; sockets: Set<unknown> }> {
  const sockets = new Set<unknown>()
  const server = http.createServer((incoming, response) => {
    const chunks: Uint8Array[] = []
    incoming.on('data', (chunk: Uint8Array) => chunks.push(chunk))
    incoming.on('end', () => {
      const { method = '', url = '', rawHeaders } = incoming
      reply({ method, target: url, rawHeaders, body: Buffer.concat(chunks) }, response)
    })
  })
  server.on('connection', (socket) => sockets.add(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  context.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return { endpoint: `http://127.0.0.1:${address.port}`, sockets }
}

function answer(status: number, body: string, headers: http.OutgoingHttpHeaders = {}): Reply {
  return (_request, response) => {
    response.writeHead(status, headers)
    response.end(body)
  }
}

async function refusal(context: TestContext, reply: Reply): Promise<ServiceError> {
  const { endpoint } = await serve(context, reply)
  using client = openClient({ endpoint, region, credentials })
  const error: unknown = await client.call('DescribeKey', {}).catch((reason) => reason)
  assert.ok(error instanceof ServiceError)
  return error
}

test('a client sends a call that verifies and gives the parsed output', async (context) => {
  const seen: { request: SignedRequest; claims: Claims }[] = []
  const { endpoint } = await serve(context, (request, response) => {
    seen.push({ request, claims: parseClaims(request) })
    response.end('{"CiphertextBlob":"AQI="}')
  })
  using client = openClient({ endpoint, region, credentials })
  const output = await client.call('Encrypt', { KeyId: 'alias/ü', Plaintext: Uint8Array.of(1, 2) })
  assert.deepEqual(output, { CiphertextBlob: 'AQI=' })
  const [first] = seen
  assert.ok(first !== undefined)
  assert.equal(Buffer.from(first.request.body).toString(), '{"KeyId":"alias/ü","Plaintext":"AQI="}')
  assert.equal(first.claims.securityToken, undefined)
  assert.ok(first.request.rawHeaders.includes('TrentService.Encrypt'))
  assert.ok(first.request.rawHeaders.includes('application/x-amz-json-1.1'))
  const key = deriveSigningKey(credentials.secretAccessKey, first.claims.scope)
  assert.equal(first.claims.scope.region, region)
  assert.ok(verifySignature(first.request, first.claims, key))
})

test('a client sends its session token', async (context) => {
  const { endpoint } = await serve(context, (request, response) => {
    response.end(JSON.stringify({ token: parseClaims(request).securityToken }))
  })
  using client = openClient({ endpoint, region, credentials: { ...credentials, sessionToken: 'session' } })
  assert.deepEqual(await client.call('ListKeys', {}), { token: 'session' })
})

test('a client signs with the time of its clock', async (context) => {
  const { endpoint } = await serve(context, (request, response) => {
    response.end(JSON.stringify({ at: parseClaims(request).signedAt }))
  })
  const clock = { now: () => 1_440_938_160_000, monotonicMs: () => 0 }
  using client = openClient({ endpoint, region, credentials, clock })
  assert.deepEqual(await client.call('ListKeys', {}), { at: 1_440_938_160_000 })
})

test('a client uses one connection for calls that follow each other', async (context) => {
  const { endpoint, sockets } = await serve(context, answer(200, '{}'))
  using client = openClient({ endpoint, region, credentials })
  for (let call = 0; call < 5; call += 1) await client.call('ListKeys', {})
  assert.equal(sockets.size, 1)
})

test('a client gives an empty output for an empty body', async (context) => {
  const { endpoint } = await serve(context, answer(200, ''))
  using client = openClient({ endpoint, region, credentials })
  assert.deepEqual(await client.call('EnableKey', {}), {})
})

test('a client throws the code, message, status and request id of a refusal', async (context) => {
  const body = '{"__type":"NotFoundException","message":"no such key"}'
  const error = await refusal(context, answer(400, body, { 'x-amzn-RequestId': 'r-1' }))
  assert.equal(error.code, 'NotFoundException')
  assert.equal(error.message, 'no such key')
  assert.equal(error.status, 400)
  assert.equal(error.requestId, 'r-1')
})

test('a client reads a code with a namespace and a capital Message', async (context) => {
  const error = await refusal(context, answer(400, '{"__type":"kms#AccessDeniedException","Message":"no"}'))
  assert.equal(error.code, 'AccessDeniedException')
  assert.equal(error.message, 'no')
})

test('a client reads a refusal without a message', async (context) => {
  const error = await refusal(context, answer(400, '{"__type":"InvalidCiphertextException"}'))
  assert.equal(error.code, 'InvalidCiphertextException')
  assert.equal(error.message, '')
  assert.equal(error.requestId, undefined)
})

test('a client throws UnknownError for a refusal that is not of the service', async (context) => {
  const bodies = ['<html>bad gateway</html>', '', 'null', '7', '{"__type":7,"message":7}']
  for (const body of bodies) {
    const error = await refusal(context, answer(502, body))
    assert.deepEqual([error.code, error.message, error.status], ['UnknownError', '', 502])
  }
})

test('a client refuses an output that is not JSON', async (context) => {
  const { endpoint } = await serve(context, answer(200, '<html>'))
  using client = openClient({ endpoint, region, credentials })
  await assert.rejects(client.call('ListKeys', {}), { name: 'Error', message: 'the answer is not JSON' })
})

test('a client refuses an answer above the limit and reads one at it', async (context) => {
  let sizeBytes = ANSWER_MAX_BYTES
  const { endpoint } = await serve(context, (_request, response) => {
    response.end(`"${'a'.repeat(sizeBytes - 2)}"`)
  })
  using client = openClient({ endpoint, region, credentials })
  assert.equal(String(await client.call('ListKeys', {})).length, ANSWER_MAX_BYTES - 2)
  sizeBytes += 1
  await assert.rejects(client.call('ListKeys', {}), {
    message: `answer: at most ${ANSWER_MAX_BYTES} bytes allowed`,
  })
})

test('a client gives up when the deadline passes without an answer', async (context) => {
  const waiting: (() => void)[] = []
  const timers: Timers = {
    after: (delayMs, task) => {
      assert.equal(delayMs, CALL_TIMEOUT_MS)
      waiting.push(task)
      return { cancel: () => {} }
    },
  }
  const { endpoint } = await serve(context, () => {
    for (const task of waiting) task()
  })
  using client = openClient({ endpoint, region, credentials, timers })
  await assert.rejects(client.call('ListKeys', {}), {
    message: /^no answer from 127\.0\.0\.1:\d+ within 30000 ms$/,
  })
})

test('a client gives up when the deadline passes within an answer', async (context) => {
  const waiting: (() => void)[] = []
  const timers: Timers = {
    after: (_delayMs, task) => {
      waiting.push(task)
      return { cancel: () => {} }
    },
  }
  const { endpoint } = await serve(context, (_request, response) => {
    response.writeHead(200, { 'content-length': 10 })
    response.write('{', () => {
      for (const task of waiting) task()
    })
  })
  using client = openClient({ endpoint, region, credentials, timers })
  await assert.rejects(client.call('ListKeys', {}))
})

test('a client cancels its deadline once it has an answer', async (context) => {
  let cancelled = 0
  const timers: Timers = { after: () => ({ cancel: () => (cancelled += 1) }) }
  const { endpoint } = await serve(context, answer(200, '{}'))
  using client = openClient({ endpoint, region, credentials, timers })
  await client.call('ListKeys', {})
  assert.equal(cancelled, 1)
})

test('a client throws when nobody listens', async (context) => {
  const { endpoint } = await serve(context, answer(200, '{}'))
  const port = new URL(endpoint).port
  using client = openClient({ endpoint: `http://127.0.0.2:${port}`, region, credentials })
  await assert.rejects(client.call('ListKeys', {}), { code: 'ECONNREFUSED' })
})

test('openClient refuses an endpoint that is not HTTP, or has a path', () => {
  assert.throws(
    () => openClient({ endpoint: 'ftp://localhost', region, credentials }),
    /endpoint: http:\/\/ or/,
  )
  assert.throws(
    () => openClient({ endpoint: 'http://localhost/kms', region, credentials }),
    /endpoint: no path/,
  )
})
