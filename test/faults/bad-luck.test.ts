/** Tests damage to a log and its index other than crashes: a damaged older segment, a second server, a lost index. */

import assert from 'node:assert/strict'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { segmentName } from '../../src/audit/log/segment.ts'
import { callRaw, newKey, succeed } from '../support/calls.ts'
import { runHoldfast } from '../support/command.ts'
import { startServer, type TestServer, temporaryFolder } from '../support/server.ts'
import { until } from '../support/until.ts'
import { continueLog } from './small-segments.ts'

const LOOKUP = 'com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents'

/** The IDs of the events that a lookup finds. Retries while the server throttles it. */
async function lookup(server: TestServer, name: string): Promise<readonly string[]> {
  const question = { LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: name }] }
  const answer = await until('a lookup is admitted', async () => {
    const asked = await callRaw(server, LOOKUP, JSON.stringify(question), { service: 'cloudtrail' })
    return asked.status === 200 ? asked : undefined
  })
  const { Events } = answer.json as { readonly Events: readonly { readonly EventId: string }[] }
  return Events.map(({ EventId }) => EventId)
}

async function folderWithCalls(): Promise<string> {
  const data = await temporaryFolder()
  await using server = await startServer({ data })
  await newKey(server)
  await succeed(server, 'ListKeys', {})
  assert.equal(await server.stop(), 0)
  return data
}

test('a server with a damaged older segment serves, records, and tells the operator what to do', async () => {
  const data = await folderWithCalls()
  await continueLog(data, { segmentMaxBytes: 4000, events: 40 })
  const first = join(data, 'audit/node-0', segmentName(1))
  const bytes = await readFile(first)
  await writeFile(first, bytes.fill(0, 500, 600))
  await rm(join(data, 'index'), { recursive: true })
  await using server = await startServer({ data })
  const errors = (): string => server.output() + server.errors()
  await until('the damage is reported', async () =>
    errors().includes('cannot be followed: see holdfast audit verify') ? true : undefined,
  )
  await newKey(server)
  assert.equal(await server.stop(), 0)
  const last = (await readdir(join(data, 'audit/node-0')))
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
    .at(-1)
  assert.match(await readFile(join(data, 'audit/node-0', last ?? ''), 'utf8'), /"eventName":"CreateKey"/)
  const { status, errors: said } = await runHoldfast(data, 'audit', 'verify')
  assert.equal(status, 1)
  assert.match(said, /^DAMAGED: node-0\/0000000000000001\.jsonl, line \d+/m)
  await rm(data, { recursive: true })
})

test('two servers on one folder have separate logs, and each finds the events of both', async () => {
  const data = await folderWithCalls()
  {
    await using one = await startServer({ data })
    await using two = await startServer({ data })
    const key = await newKey(one)
    await succeed(two, 'DescribeKey', { KeyId: key })
    await succeed(one, 'DescribeKey', { KeyId: key })
    for (const server of [one, two]) assert.equal((await lookup(server, 'DescribeKey')).length, 2)
    assert.equal(await two.stop(), 0)
    await succeed(one, 'DescribeKey', { KeyId: key })
    assert.equal((await lookup(one, 'DescribeKey')).length, 3)
    assert.equal(await one.stop(), 0)
  }
  const { status, output } = await runHoldfast(data, 'audit', 'verify')
  assert.equal(status, 0)
  assert.match(output, /^intact: \d+ events in \d+ batches, 2 segments, 2 nodes$/m)
  await rm(data, { recursive: true })
})

test('a server whose index is lost or damaged answers from a new one', async () => {
  const data = await folderWithCalls()
  const index = join(data, 'index/index.db')
  let known: readonly string[] = []
  for (const spoil of [
    async () => {},
    () => rm(join(data, 'index'), { recursive: true }),
    () => writeFile(index, 'this is no index'),
    async () => writeFile(index, (await readFile(index)).subarray(0, 5000)),
  ]) {
    await spoil()
    await using server = await startServer({ data })
    const found = await lookup(server, 'CreateKey')
    assert.equal(found.length, 1)
    if (known.length > 0) assert.deepEqual(found, known)
    known = found
    assert.equal(await server.stop(), 0)
  }
  await rm(data, { recursive: true })
})
