/** Transcripts of the commands that answer from the index of the audit log. */

import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { newKey, succeed } from '../support/calls.ts'
import { runHoldfast } from '../support/command.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let keyId: string

before(async () => {
  server = await startServer()
  keyId = await newKey(server)
  for (let call = 0; call < 3; call += 1)
    await succeed(server, 'Encrypt', { KeyId: keyId, Plaintext: 'AAAA' })
})

after(async () => {
  await server[Symbol.asyncDispose]()
})

test('holdfast usage counts beside a running server, as CSV and JSON too', async () => {
  const { status, output } = await runHoldfast(server.data, 'usage', '--by', 'operation')
  assert.equal(status, 0)
  assert.match(output, /^operation +calls +failures\nCreateKey +1 +0\nEncrypt +3 +0\n$/)
  const csv = await runHoldfast(server.data, 'usage', '--format', 'csv', '--by', 'operation')
  assert.equal(csv.output, 'operation,calls,failures\nCreateKey,1,0\nEncrypt,3,0\n')
  const json = await runHoldfast(server.data, 'usage', '--format', 'json', '--by', 'operation')
  assert.deepEqual(JSON.parse(json.output)[1], { operation: 'Encrypt', calls: 3, failures: 0 })
})

test('holdfast usage shows costs by a price table', async () => {
  const prices = join(server.data, 'prices.json')
  await writeFile(
    prices,
    '{"currency":"EUR","keyMonth":0,"calls":[{"operations":["Enc*"],"per10000Calls":10000}]}',
  )
  const { output, errors } = await runHoldfast(server.data, 'usage', '--by', 'operation', '--prices', prices)
  assert.match(output, /^Encrypt +3 +0 +3\.0000$/m)
  assert.match(errors, /^cost in EUR: calls 3\.0000, keys 0\.0000, together 3\.0000$/m)
})

test('holdfast usage refuses columns, formats, times and keys that it does not know', async () => {
  for (const args of [
    ['--by', 'colour'],
    ['--format', 'xml'],
    ['--from', 'yesterday'],
    ['--from', '2026-13-01'],
    ['--key', keyId],
    ['--key', 'alias/first'],
  ]) {
    const { status, errors } = await runHoldfast(server.data, 'usage', ...args)
    assert.equal(status, 2, args.join(' '))
    assert.match(errors, new RegExp(`^holdfast: ${args[0]}`))
  }
  const { status, errors } = await runHoldfast(server.data, 'status', '--by', 'key')
  assert.equal(status, 2)
  assert.equal(errors, 'holdfast: --by is not a flag of status\n')
})

test('holdfast audit reindex asks a running server, and does it itself when there is none', async () => {
  const asked = await runHoldfast(server.data, 'audit', 'reindex')
  assert.equal(asked.output, 'a server is running: it makes the index again in the background\n')
  await server.stop()
  const done = await runHoldfast(server.data, 'audit', 'reindex')
  assert.match(done.output, /^indexed: \d+ events\n$/)
})
