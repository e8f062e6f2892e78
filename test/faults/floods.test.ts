/** Tests floods by callers without credentials, and the service that other callers get during them. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { base64, newKey, succeed } from '../support/calls.ts'
import {
  endFlood,
  FLOODER,
  type Flooder,
  openCount,
  openFlood,
  openHonest,
  peakMemoryMib,
} from '../support/flood.ts'
import { scrape } from '../support/metrics.ts'
import { rawHead, rawRequest } from '../support/raw.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const HEALTHZ = 'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n'
const PLAINTEXT = base64('x')

async function started(environment: Readonly<Record<string, string>> = {}): Promise<TestServer> {
  return await startServer({ environment: { HOLDFAST_METRICS: '127.0.0.1:0', ...environment } })
}

async function reached(server: TestServer, bound: string): Promise<number> {
  return (await scrape(server)).sum('holdfast_bounds_reached_total', { bound })
}

/** Makes calls of an honest client, and returns the number of responses that a flood received meanwhile. */
async function answersDuring(server: TestServer, calls: number, flood: readonly Flooder[]): Promise<number> {
  const keyId = await newKey(server)
  const honest = await openHonest(server)
  const count = (): number => flood.reduce((sum, { answers }) => sum + answers(), 0)
  const beforeCount = count()
  for (let made = 0; made < calls; made += 1) {
    await honest.succeed('Encrypt', { KeyId: keyId, Plaintext: PLAINTEXT })
  }
  return count() - beforeCount
}

async function probe(server: TestServer, path: string): Promise<number> {
  return (await fetch(server.endpoint + path)).status
}

test('pipelined requests of one client do not delay other clients', async () => {
  await using server = await started()
  const flood = await openFlood(server, 20)
  for (const { send } of flood) send(HEALTHZ.repeat(5_000))
  const answers = await answersDuring(server, 20, flood)
  // The server answers one pipelined request per connection and turn, and a call takes a few turns. Without that limit,
  // all 100,000 would have a response.
  assert.ok(answers < 20_000, `${answers} answers`)
  assert.equal(await openCount(flood), 20)
  endFlood(flood)
})

test('a server answers all pipelined requests in order', async () => {
  await using server = await started()
  const [client] = await openFlood(server, 1)
  assert.ok(client !== undefined)
  client.send(`${HEALTHZ.repeat(500)}GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
  await client.closed
  assert.equal(client.answers(), 501)
  assert.deepEqual([...new Set(client.statuses())], ['HTTP/1.1 200', 'HTTP/1.1 400'])
  assert.equal(client.statuses().at(-1), 'HTTP/1.1 400')
})

test('pipelined requests take no memory while their client reads nothing', async () => {
  await using server = await started()
  const peak = await peakMemoryMib(server)
  const flood = await openFlood(server, 20)
  for (const { socket, send } of flood) {
    socket.pause()
    send(HEALTHZ.repeat(20_000))
  }
  await answersDuring(server, 50, flood)
  const grown = (await peakMemoryMib(server)) - peak
  assert.ok(grown < 150, `${grown} MiB`)
  endFlood(flood)
})

/** Sends the beginning of a body whose request has a well-formed but wrong signature. */
function beginBody(server: TestServer, { send }: Flooder): void {
  const unsigned = ['Content-Length: 1000000']
  send(rawHead(server, 'TrentService.CreateKey', '', { secretAccessKey: 'wrong', unsigned }))
  send(Buffer.alloc(900_000, 0x20))
}

test('incomplete bodies end only their own connections', async () => {
  await using server = await started()
  const flood = await openFlood(server, 64)
  for (const flooder of flood) beginBody(server, flooder)
  const tags = Array.from({ length: 40 }, (_, at) => ({ TagKey: `k${at}`, TagValue: 'v'.repeat(200) }))
  const description = 'd'.repeat(8_000)
  for (const address of ['127.0.0.1', '127.0.0.3', FLOODER]) {
    const honest = await openHonest(server, address)
    for (let made = 0; made < 20; made += 1) {
      await honest.succeed('CreateKey', { Description: description, Tags: tags }, 8)
    }
  }
  await until('all of them are ended', async () => ((await openCount(flood)) === 0 ? true : undefined))
  assert.ok((await reached(server, 'receiving')) > 0)
})

test('idle connections from one address exclude no other client: the server closes the longest idle ones', async () => {
  await using server = await started({ HOLDFAST_CONNECTIONS: '200/100' })
  const flood = await openFlood(server, 100)
  assert.equal(await openCount(flood), 100)
  const more: Flooder[] = []
  for (let opened = 0; opened < 150; opened += 1) more.push(...(await openFlood(server, 1)))
  await until('the first are closed', async () => ((await openCount(flood)) === 0 ? true : undefined))
  await until('100 are left', async () => ((await openCount(more)) === 100 ? true : undefined))
  assert.deepEqual(
    more.map(({ isOpen }) => isOpen()),
    more.map((_, at) => at >= 50),
  )
  for (const { send, isOpen } of more) if (isOpen()) send(HEALTHZ)
  await answersDuring(server, 10, more)
  assert.equal(await probe(server, '/readyz'), 200)
  assert.ok((await reached(server, 'connections')) >= 150)
  endFlood(more)
})

test('at the limit of all connections, the server closes connections of the address with the most', async () => {
  await using server = await started({ HOLDFAST_CONNECTIONS: '60/50' })
  const few = await openFlood(server, 5, '127.0.0.3')
  const many = await openFlood(server, 50)
  const others = await openFlood(server, 15, '127.0.0.4')
  await until('some are closed', async () => ((await openCount(many)) <= 40 ? true : undefined))
  assert.equal(await openCount(few), 5)
  assert.equal(await openCount(others), 15)
  for (const flood of [few, many, others]) endFlood(flood)
})

test('10,000 idle connections from one address leave room for other clients', async () => {
  await using server = await started()
  const flood: Flooder[] = []
  for (let opened = 0; opened < 10_000; opened += 500) flood.push(...(await openFlood(server, 500)))
  await answersDuring(server, 10, flood)
  for (const { send, isOpen } of flood) if (isOpen()) send(HEALTHZ)
  await answersDuring(server, 10, flood)
  assert.equal(await probe(server, '/healthz'), 200)
  const open = (await scrape(server)).sum('holdfast_connections')
  assert.ok(open > 4_000 && open < 4_100, String(open))
  endFlood(flood)
})

test('a server without free connections answers health probes and nothing else', async () => {
  await using server = await started({ HOLDFAST_CONNECTIONS: '10/10' })
  const flood = await openFlood(server, 10, '127.0.0.1')
  // These connections are not idle: each has sent part of a request and received 100 Continue.
  const head = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n'
  for (const { send } of flood) send(head)
  await until('they are busy', async () => (flood.every(({ answers }) => answers() === 1) ? true : undefined))
  const [late] = await openFlood(server, 1, '127.0.0.1')
  late?.send(rawRequest(server, 'TrentService.ListKeys', '{}'))
  await late?.closed
  assert.deepEqual(late?.statuses(), ['HTTP/1.1 503'])
  for (const path of ['/healthz', '/readyz']) assert.equal(await probe(server, path), 200)
  assert.equal(await openCount(flood), 10)
  endFlood(flood)
})

/** Creates a key with a policy of the maximum size, so that GetKeyPolicy has a large response. */
async function newLargePolicy(server: TestServer): Promise<string> {
  const keyId = await newKey(server)
  const { Policy } = await succeed(server, 'GetKeyPolicy', { KeyId: keyId })
  await succeed(server, 'PutKeyPolicy', { KeyId: keyId, Policy: String(Policy).padEnd(32_000) })
  return keyId
}

async function openUnread(server: TestServer, count: number): Promise<readonly Flooder[]> {
  const input = JSON.stringify({ KeyId: await newLargePolicy(server) })
  const request = Buffer.from(rawRequest(server, 'TrentService.GetKeyPolicy', input))
  const flood = await openFlood(server, count)
  for (const { socket, send } of flood) {
    socket.pause()
    send(Buffer.concat(Array.from({ length: 500 }, () => request)))
  }
  return flood
}

test('a server disconnects a client that does not read its responses', async () => {
  await using server = await started()
  const [client] = await openUnread(server, 1)
  assert.ok(client !== undefined)
  await until('it is cut off', async () => ((await reached(server, 'unread')) > 0 ? true : undefined))
  client.socket.resume()
  await client.closed
  assert.ok(client.answers() < 500)
})

test('responses to clients that do not read stay within the memory budget', async () => {
  await using server = await started({ HOLDFAST_UNREAD: '2/1' })
  const flood = await openUnread(server, 60)
  await until('some are cut off', async () => ((await reached(server, 'unread')) > 20 ? true : undefined))
  await answersDuring(server, 10, [])
  endFlood(flood)
})

test('a server throttles repeatedly refused calls, and not other callers at the same address', async () => {
  await using server = await started()
  const body = '{}'.padEnd(1_000_000)
  const wrong = { secretAccessKey: 'wrong' }
  const request = rawRequest(server, 'TrentService.CreateKey', body, wrong)
  const flood = await openFlood(server, 8)
  for (const { socket, send } of flood) {
    send(request)
    socket.on('data', () => send(request))
  }
  const keyId = await newKey(server)
  for (const address of ['127.0.0.1', FLOODER, FLOODER]) {
    const honest = await openHonest(server, address)
    for (let made = 0; made < 40; made += 1) {
      await honest.succeed('Encrypt', { KeyId: keyId, Plaintext: PLAINTEXT })
    }
  }
  const refused = flood.reduce((sum, { answers }) => sum + answers(), 0)
  assert.ok(refused < 40, `${refused} were refused meanwhile`)
  await until('they are slowed down', async () => ((await reached(server, 'refused')) > 0 ? true : undefined))
  endFlood(flood)
})
