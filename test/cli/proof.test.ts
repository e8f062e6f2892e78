/** Transcripts: one event is shown to somebody who has a verifier key and nothing else. */

import assert from 'node:assert/strict'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { eventOf } from '../support/audit.ts'
import { call, newKey, succeed } from '../support/calls.ts'
import { runHoldfast } from '../support/command.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let eventId: string

before(async () => {
  server = await startServer()
  const keyId = await newKey(server)
  const answer = await call(server, 'Encrypt', { KeyId: keyId, Plaintext: 'AAAA' })
  eventId = (await eventOf(server, answer.requestId)).eventID
  for (let index = 0; index < 5; index += 1) await succeed(server, 'DescribeKey', { KeyId: keyId })
  // The head is saved at the end.
  await server.stop()
})

after(async () => {
  await server[Symbol.asyncDispose]()
})

test('an event is proven to somebody who has the verifier key and no data', async () => {
  const { output: note, errors } = await runHoldfast(server.data, 'audit', 'checkpoint')
  const key = /^node-0: (\S+)$/m.exec(errors)?.[1] ?? ''
  assert.match(note, /^holdfast\/[0-9a-f]{16}\/node-0\n\d+\n/)
  const kept = await readdir(join(server.data, 'audit', 'checkpoints', 'node-0'))
  const [last = ''] = kept.filter((name) => name.endsWith('.checkpoint')).slice(-1)
  assert.equal(await readFile(join(server.data, 'audit', 'checkpoints', 'node-0', last), 'utf8'), note)

  const proof = await runHoldfast(server.data, 'audit', 'prove', eventId)
  assert.equal(proof.status, 0, proof.errors)
  const file = join(server.data, 'event.tlog-proof')
  await writeFile(file, proof.output)
  const checked = await runHoldfast('/nowhere', 'audit', 'check-proof', file, '--verifier-key', key)
  assert.equal(checked.status, 0, checked.errors)
  assert.equal(JSON.parse(checked.output).eventID, eventId)
  assert.match(checked.errors, /^proven: event 2 of the \d+ that holdfast\/[0-9a-f]{16}\/node-0 signed$/m)

  await writeFile(file, proof.output.replace('index 1', 'index 2'))
  const refused = await runHoldfast('/nowhere', 'audit', 'check-proof', file, '--verifier-key', key)
  assert.equal(refused.status, 1)
  assert.equal(refused.output, '')
  assert.match(refused.errors, /^NOT PROVEN: the event is not the one at this place of the log$/m)
})

test('an older checkpoint is proven to be the beginning of the log', async () => {
  const { output: older, errors } = await runHoldfast(server.data, 'audit', 'checkpoint')
  const key = /^node-0: (\S+)$/m.exec(errors)?.[1] ?? ''
  await using again = await startServer({ data: server.data })
  for (let index = 0; index < 5; index += 1) await succeed(again, 'ListKeys', {})
  await again.stop()
  const file = join(server.data, 'older.checkpoint')
  await writeFile(file, older)
  const proof = await runHoldfast(server.data, 'audit', 'prove-consistency', file)
  assert.equal(proof.status, 0, proof.errors)
  await writeFile(file, proof.output)
  const checked = await runHoldfast('/nowhere', 'audit', 'check-proof', file, '--verifier-key', key)
  assert.match(checked.output, /^proven: the first \d+ of \d+ events are unchanged$/m)
})

test('of a file with checkpoints of several nodes, one is chosen by its node', async () => {
  await using again = await startServer({ data: server.data })
  await runHoldfast(server.data, 'quota', 'set', '--name', 'kms.keys', '--value', '500')
  await again.stop()
  const { output, errors } = await runHoldfast(server.data, 'audit', 'checkpoint')
  assert.match(errors, /^node-1: /m)
  const file = join(server.data, 'several.checkpoint')
  await writeFile(file, output)
  const unsaid = await runHoldfast(server.data, 'audit', 'prove-consistency', file)
  assert.equal(unsaid.status, 2)
  assert.match(
    unsaid.errors,
    /^holdfast: --node: expected one of node-0, node-1, whose checkpoints are in .*; got nothing$/m,
  )
  for (const node of ['node-0', 'node-1']) {
    const proof = await runHoldfast(server.data, 'audit', 'prove-consistency', file, '--node', node)
    assert.equal(proof.status, 0, proof.errors)
    const one = join(server.data, `${node}.proof`)
    await writeFile(one, proof.output)
    const key = new RegExp(`^${node}: (.+)$`, 'm').exec(errors)?.[1] ?? ''
    const checked = await runHoldfast('/nowhere', 'audit', 'check-proof', one, '--verifier-key', key)
    assert.equal(checked.status, 0, checked.errors)
  }
  const other = await runHoldfast(server.data, 'audit', 'prove-consistency', file, '--node', 'node-7')
  assert.equal(other.status, 1)
})

test('what is not there is not proven', async () => {
  const unknown = await runHoldfast(server.data, 'audit', 'prove', '00000000-0000-4000-8000-000000000000')
  assert.equal(unknown.status, 2)
  assert.match(unknown.errors, /^holdfast: the audit log has no event /)
  const file = join(server.data, 'not.checkpoint')
  await writeFile(file, 'holdfast/0123456789abcdef/node-0\n1\nAAAA\n')
  const foreign = await runHoldfast(server.data, 'audit', 'prove-consistency', file)
  assert.match(foreign.errors, /is not a checkpoint that this log signed$/m)
  const keyless = await runHoldfast(server.data, 'audit', 'check-proof', file)
  assert.equal(keyless.status, 2)
})
