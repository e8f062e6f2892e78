/** Transcripts of the commands that answer from the index of the audit log. */

import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { newKey, succeed } from '../support/calls.ts'
import { runHoldfast } from '../support/command.ts'
import { REGION } from '../support/kms.ts'
import { startServer, type TestServer } from '../support/server.ts'

/** Ids and alias names are those of a region. */
const HOME = ['--region', REGION]

const OTHER_KEYS = 4

let server: TestServer
let keyId: string

before(async () => {
  server = await startServer()
  keyId = await newKey(server)
  for (let other = 0; other < OTHER_KEYS; other += 1) await newKey(server)
  for (let call = 0; call < 3; call += 1)
    await succeed(server, 'Encrypt', { KeyId: keyId, Plaintext: 'AAAA' })
})

after(async () => {
  await server[Symbol.asyncDispose]()
})

test('holdfast usage counts beside a running server, as CSV and JSON too', async () => {
  const { status, output } = await runHoldfast(server.data, 'usage', '--by', 'operation')
  assert.equal(status, 0)
  assert.match(output, /^operation +calls +failures\nCreateKey +5 +0\nEncrypt +3 +0\n$/)
  const csv = await runHoldfast(server.data, 'usage', '--format', 'csv', '--by', 'operation')
  assert.equal(csv.output, 'operation,calls,failures\nCreateKey,5,0\nEncrypt,3,0\n')
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
  assert.match(output, /^Encrypt +3 +0 +3\.000000$/m)
  assert.match(errors, /^cost in EUR: calls 3\.000000, keys 0\.000000, total 3\.000000$/m)
})

test('holdfast usage of one key counts the cost of that key alone, up to now', async () => {
  await succeed(server, 'CreateAlias', { AliasName: 'alias/used', TargetKeyId: keyId })
  const prices = join(server.data, 'key-prices.json')
  // A thousand for an hour: whatever an hour of tests costs is below it, and a day to come far above.
  await writeFile(prices, JSON.stringify({ currency: 'EUR', keyMonth: 730_000, calls: [] }))
  const costs = async (
    ...args: readonly string[]
  ): Promise<{ readonly keys: number; readonly errors: string }> => {
    const { status, errors } = await runHoldfast(server.data, 'usage', ...HOME, '--prices', prices, ...args)
    assert.equal(status, 0, errors)
    return { keys: Number(/keys? (\d+\.\d+)/.exec(errors)?.[1]), errors }
  }
  const { arn } = await describe()
  let one = 0
  for (const key of [arn, keyId, 'alias/used', arn.replace(/key\/.*/, 'alias/used')]) {
    one = (await costs('--key', key)).keys
    assert.ok(one > 0)
  }
  const all = await costs()
  assert.ok(all.keys > 2 * one, `${one} of ${all.keys}`)
  const tomorrow = new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10)
  const future = await costs('--to', tomorrow)
  assert.ok(future.keys < 4000, String(future.keys))
  assert.match(future.errors, /^warning: --to is in the future; calls and keys are counted up to now$/m)
})

async function describe(): Promise<{ readonly arn: string }> {
  const { KeyMetadata } = await succeed(server, 'DescribeKey', { KeyId: keyId })
  return { arn: (KeyMetadata as { readonly Arn: string }).Arn }
}

test('holdfast usage says that a key is gone', async () => {
  const { arn } = await describe()
  const gone = arn.replace(keyId, '00000000-0000-4000-8000-000000000000')
  const { status, output, errors } = await runHoldfast(server.data, 'usage', '--key', gone)
  assert.equal(status, 0)
  assert.equal(output, 'key  operation  calls  failures\n')
  assert.equal(errors, `warning: the key ${gone} no longer exists; its recorded calls are counted\n`)
})

test('holdfast usage refuses columns, formats, times and keys that it does not know', async () => {
  for (const args of [
    ['--by', 'colour'],
    ['--format', 'xml'],
    ['--from', 'yesterday'],
    ['--from', '2026-13-01'],
    ['--from', '2026-11-02', '--to', '2026-11-01'],
    ['--from', '2199-11-02'],
    ['--from', '2199-11-02', '--to', '2199-11-03'],
    ['--key', ''],
    ['--key', 'alias/first'],
    ['--key', '00000000-0000-4000-8000-000000000000'],
    ['--key', 'arn:aws:s3:::bucket'],
  ]) {
    const { status, errors } = await runHoldfast(server.data, 'usage', ...args)
    assert.equal(status, 2, args.join(' '))
    assert.match(errors, new RegExp(`^holdfast: ${args[0]}`))
  }
  const { status, errors } = await runHoldfast(server.data, 'status', '--by', 'key')
  assert.equal(status, 2)
  assert.equal(errors, "holdfast: unknown option '--by'. See holdfast status --help\n")
})

test('holdfast audit reindex asks a running server, and does it itself when there is none', async () => {
  const asked = await runHoldfast(server.data, 'audit', 'reindex')
  assert.equal(asked.output, 'the running server rebuilds the index in the background\n')
  await server.stop()
  const done = await runHoldfast(server.data, 'audit', 'reindex')
  assert.match(done.output, /^indexed \d+ events\n$/)
})
