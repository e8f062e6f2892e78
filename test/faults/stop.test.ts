/** Tests a server that receives a stop signal under load. */

import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { signRequest } from '../../src/sigv4/sign.ts'
import { AuditTail } from '../support/audit-tail.ts'
import { newKey } from '../support/calls.ts'
import { runHoldfast } from '../support/command.ts'
import { REGION } from '../support/kms.ts'
import { seeded } from '../support/seeded.ts'
import { startServer, type TestServer, temporaryFolder } from '../support/server.ts'
import { checkModel } from './check.ts'
import { runLoad } from './load.ts'
import { Model } from './model.ts'
import { Session } from './session.ts'

const SEED = 7
const ROUNDS = 4
const ANSWERS_MAX = 200
const CONNECTIONS = 16

for (const workers of ['1', '2']) {
  test(`a server of ${workers} that is stopped under load loses nothing that it has acknowledged`, async () => {
    const data = await temporaryFolder()
    const environment = { HOLDFAST_WORKERS: workers }
    const random = seeded(SEED)
    const model = new Model()
    const acknowledged = new Set<string>()
    const tail = new AuditTail(data)
    for (let round = 0; round < ROUNDS; round += 1) {
      const server = await startServer({ data, environment })
      const session = new Session(server, acknowledged)
      await checkModel(session, model, model.keys.keys())
      const load = runLoad({ session, model, random, goesOn: () => true })
      await Promise.race([load, session.answered(session.answers + random.below(ANSWERS_MAX))])
      assert.equal(await server.stop(), 0)
      await load
      await tail.read()
      for (const id of acknowledged) assert.equal(tail.countOf(id), 1)
      assert.doesNotMatch(server.errors(), /"level":50/)
    }
    const { status, output } = await runHoldfast(data, 'audit', 'verify')
    assert.equal(status, 0)
    assert.match(output, new RegExp(`^intact: ${tail.events} events`))
    await rm(data, { recursive: true })
  })
}

test('every request that was sent before SIGTERM is answered, and the connections are closed', async () => {
  await using server = await startServer()
  const keyId = await newKey(server)
  const connections = await Promise.all(Array.from({ length: CONNECTIONS }, () => openConnection(server)))
  // The first response on each connection proves that the server accepted it.
  for (const connection of connections) {
    connection.send(request(server, keyId))
    await connection.answers(1)
  }
  for (const connection of connections) connection.send(request(server, keyId))
  const status = server.stop()
  for (const connection of connections) {
    const text = await connection.ended
    const answers = text.split('HTTP/1.1 ').slice(1)
    assert.equal(answers.length, 2, text)
    for (const answer of answers) assert.match(answer, /^200 OK\r\n/)
  }
  assert.equal(await status, 0)
})

type Connection = {
  readonly send: (bytes: string) => void
  /** Resolves after the given number of responses have started. */
  readonly answers: (count: number) => Promise<void>
  /** All received bytes, after the server has closed the connection. */
  readonly ended: Promise<string>
}

async function openConnection(server: TestServer): Promise<Connection> {
  const { hostname, port } = new URL(server.endpoint)
  const socket: Socket = connect(Number(port), hostname)
  let text = ''
  socket.on('data', (chunk) => {
    text += String(chunk)
  })
  const ended = new Promise<string>((resolve, reject) => {
    socket.once('end', () => resolve(text))
    socket.once('error', reject)
  })
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()))
  return {
    send: (bytes) => void socket.write(bytes),
    answers: async (count) => {
      while (text.split('HTTP/1.1 ').length <= count) {
        await new Promise<void>((resolve) => socket.once('data', () => resolve()))
      }
    },
    ended,
  }
}

/** A signed Encrypt request as bytes on the wire. */
function request(server: TestServer, keyId: string): string {
  const body = JSON.stringify({ KeyId: keyId, Plaintext: 'AAAA' })
  const rawHeaders = [
    ...['host', new URL(server.endpoint).host, 'content-type', 'application/x-amz-json-1.1'],
    ...['x-amz-target', 'TrentService.Encrypt', 'content-length', String(body.length)],
  ]
  const added = signRequest(
    { method: 'POST', target: '/', rawHeaders, body: Buffer.from(body) },
    { credentials: server.credentials, region: REGION, service: 'kms', now: Date.now() },
  )
  const all = [...rawHeaders, ...added]
  const lines = Array.from({ length: all.length / 2 }, (_, at) => `${all[2 * at]}: ${all[2 * at + 1]}\r\n`)
  return `POST / HTTP/1.1\r\n${lines.join('')}\r\n${body}`
}
