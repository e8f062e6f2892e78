/** What a server sends to an OpenTelemetry collector, which is run here. */

import assert from 'node:assert/strict'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { base64, call, newKey } from '../support/calls.ts'
import { startServer } from '../support/server.ts'

type Attribute = { readonly key: string; readonly value: { readonly stringValue?: string } }
type Span = {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: readonly Attribute[]
  readonly status: { readonly code: number }
}

/** What was received, by path. */
const received = new Map<string, string[]>()
const collector = createServer((request, response) => {
  void readAll(request).then((body) => {
    const path = request.url ?? ''
    received.set(path, [...(received.get(path) ?? []), body])
    response.setHeader('content-type', 'application/json')
    response.end('{}')
  })
})

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

before(() => new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve)))
after(() => {
  collector.closeAllConnections()
  collector.close()
})

function endpoint(): string {
  return `http://127.0.0.1:${(collector.address() as AddressInfo).port}`
}

/** Starts a server, calls it, stops it, so that it has sent everything; gives its spans. */
async function spansOf(
  share: string,
  use: (server: Awaited<ReturnType<typeof startServer>>) => Promise<void>,
): Promise<readonly Span[]> {
  received.clear()
  const environment = { HOLDFAST_OTLP: endpoint(), HOLDFAST_TRACE_SHARE: share }
  await using server = await startServer({ environment })
  await use(server)
  assert.equal(await server.stop(), 0)
  return (received.get('/v1/traces') ?? [])
    .map((text) => JSON.parse(text))
    .flatMap(({ resourceSpans }) => resourceSpans)
    .flatMap(({ scopeSpans }) => scopeSpans)
    .flatMap(({ spans }) => spans)
}

function attribute({ attributes }: Span, name: string): unknown {
  const value = attributes.find(({ key }) => key === name)?.value
  return value === undefined ? undefined : Object.values(value)[0]
}

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const PARENT = 'b7ad6b7169203331'
const SECRET = base64('nobody else may read this')

test('a call whose caller traces it is a span of the caller, and shows nothing of the call but what it was', async () => {
  let keyId = ''
  let requestId = ''
  const spans = await spansOf('0', async (server) => {
    keyId = await newKey(server)
    const input = { KeyId: keyId, Plaintext: SECRET, EncryptionContext: { purpose: 'hidden' } }
    const traced = ['traceparent', `00-${TRACE}-${PARENT}-01`]
    requestId = (await call(server, 'Encrypt', input, { more: traced })).requestId
    await call(server, 'Encrypt', { KeyId: 'alias/none', Plaintext: SECRET }, { more: traced })
  })
  assert.deepEqual(
    spans.map(({ name, traceId, parentSpanId, kind }) => ({ name, traceId, parentSpanId, kind })),
    Array(2).fill({ name: 'kms/Encrypt', traceId: TRACE, parentSpanId: PARENT, kind: 2 }),
  )
  const [done, failed] = spans
  assert.ok(done !== undefined && failed !== undefined)
  assert.equal(attribute(done, 'aws.request_id'), requestId)
  assert.equal(attribute(done, 'rpc.method'), 'Encrypt')
  assert.equal(attribute(done, 'http.response.status_code'), 200)
  assert.equal(attribute(done, 'error.type'), undefined)
  assert.equal(attribute(failed, 'error.type'), 'NotFoundException')
  assert.ok(BigInt(done.endTimeUnixNano) > BigInt(done.startTimeUnixNano))
  const text = (received.get('/v1/traces') ?? []).join('')
  for (const hidden of [SECRET, keyId, 'hidden', 'AKIA', 'alias/none'])
    assert.ok(!text.includes(hidden), hidden)
})

test('a call that its caller does not trace is none, whatever the share', async () => {
  const spans = await spansOf('1', async (server) => {
    await call(server, 'ListKeys', {}, { more: ['traceparent', `00-${TRACE}-${PARENT}-00`] })
  })
  assert.deepEqual(spans, [])
})

test('a call without a trace, or with one that is malformed, begins its own', async () => {
  const spans = await spansOf('1', async (server) => {
    await call(server, 'ListKeys', {})
    for (const malformed of [
      '',
      `00-${TRACE}`,
      `00-${'0'.repeat(32)}-${PARENT}-01`,
      `ff-${TRACE}-${PARENT}-01`,
    ]) {
      await call(server, 'ListKeys', {}, { more: ['traceparent', malformed] })
    }
    await call(server, 'NoSuchOperation', {})
  })
  assert.equal(spans.length, 6)
  for (const { traceId, parentSpanId } of spans) {
    assert.notEqual(traceId, TRACE)
    assert.equal(parentSpanId, undefined)
  }
  assert.equal(spans.at(-1)?.name, 'kms/other')
})

test('metrics are sent too, with who sends them', async () => {
  await spansOf('0', async (server) => {
    await call(server, 'ListKeys', {})
  })
  const [first] = received.get('/v1/metrics') ?? []
  const { resourceMetrics } = JSON.parse(first ?? '')
  const names = resourceMetrics[0].resource.attributes.map(({ key }: Attribute) => key)
  for (const name of ['service.name', 'service.version', 'service.instance.id'])
    assert.ok(names.includes(name))
  const metrics = resourceMetrics[0].scopeMetrics.flatMap((scope: { metrics: unknown[] }) => scope.metrics)
  const calls = metrics.find(({ name }: { name: string }) => name === 'holdfast_calls')
  assert.equal(calls.sum.isMonotonic, true)
  assert.equal(calls.sum.dataPoints[0].asDouble, 1)
  assert.ok(metrics.some(({ name }: { name: string }) => name === 'holdfast_call_duration_seconds'))
})

test('a collector that is not there keeps nothing from being served or from stopping', async () => {
  const gone = createServer()
  await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve))
  const { port } = gone.address() as AddressInfo
  await new Promise((resolve) => gone.close(resolve))
  const environment = { HOLDFAST_OTLP: `http://127.0.0.1:${port}`, HOLDFAST_TRACE_SHARE: '1' }
  await using server = await startServer({ environment })
  assert.equal((await call(server, 'ListKeys', {})).status, 200)
  assert.equal(await server.stop(), 0)
})
