/** Several workers on one data folder: no answer is stale, and none is missed. */

import assert from 'node:assert/strict'
import { readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Output } from '../../src/api/json.ts'
import { readEvents } from '../support/audit.ts'
import { base64 } from '../support/calls.ts'
import { callOnce, type RawResponse } from '../support/raw.ts'
import { holdfast, run } from '../support/run.ts'
import { policy } from '../support/samples.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const ACCOUNT = '000000000000'
const WORKERS = 3
/** Connections after each change: that all of them miss one of three workers is as good as impossible. */
const CONNECTIONS = 24
const ROUNDS = 6

let server: TestServer

before(async () => {
  server = await startServer({ environment: { HOLDFAST_WORKERS: String(WORKERS) } })
})

after(async () => {
  await server[Symbol.asyncDispose]()
})

/** A call that must succeed, on a connection of its own: the kernel gives it to any worker. */
async function succeed(operation: string, input: Output): Promise<Record<string, unknown>> {
  const { statusLine, body } = await callOnce(server, operation, input)
  assert.equal(statusLine, 'HTTP/1.1 200 OK', `${operation}: ${body}`)
  return body === '' ? {} : JSON.parse(body)
}

async function newKey(): Promise<string> {
  const { KeyMetadata } = await succeed('CreateKey', {})
  return (KeyMetadata as { KeyId: string }).KeyId
}

function everyWorker(operation: string, input: Output): Promise<readonly RawResponse[]> {
  return Promise.all(Array.from({ length: CONNECTIONS }, () => callOnce(server, operation, input)))
}

/** Every one of many connections gives this error code; a success when left out. */
async function assertEverywhere(operation: string, input: Output, code?: string): Promise<void> {
  for (const { statusLine, body } of await everyWorker(operation, input)) {
    const got = statusLine === 'HTTP/1.1 200 OK' ? undefined : JSON.parse(body).__type
    assert.equal(got, code, body)
  }
}

test('a key that one worker has made, disabled or enabled is so for all at once', async () => {
  const KeyId = await newKey()
  const input = { KeyId, Plaintext: base64('x') }
  await assertEverywhere('Encrypt', input)
  for (let round = 0; round < ROUNDS; round += 1) {
    await succeed('DisableKey', { KeyId })
    await assertEverywhere('Encrypt', input, 'DisabledException')
    await succeed('EnableKey', { KeyId })
    await assertEverywhere('Encrypt', input)
  }
})

test('a policy that one worker has put decides at all at once', async () => {
  const KeyId = await newKey()
  const input = { KeyId, KeySpec: 'AES_256' }
  for (let round = 0; round < ROUNDS; round += 1) {
    await succeed('PutKeyPolicy', { KeyId, Policy: policy(ACCOUNT, ['kms:GenerateDataKey']) })
    await assertEverywhere('GenerateDataKey', input, 'AccessDeniedException')
    await succeed('PutKeyPolicy', { KeyId, Policy: policy(ACCOUNT, []) })
    await assertEverywhere('GenerateDataKey', input)
  }
})

test('a deletion that one worker has scheduled or cancelled is so for all at once', async () => {
  const KeyId = await newKey()
  const input = { KeyId, Plaintext: base64('x') }
  for (let round = 0; round < ROUNDS; round += 1) {
    await succeed('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 })
    await assertEverywhere('Encrypt', input, 'KMSInvalidStateException')
    await succeed('CancelKeyDeletion', { KeyId })
    await assertEverywhere('Encrypt', input, 'DisabledException')
  }
})

test('an alias that one worker has made, moved or deleted is so for all at once', async () => {
  const keys = [await newKey(), await newKey()]
  const AliasName = 'alias/everywhere'
  for (let round = 0; round < ROUNDS; round += 1) {
    await assertEverywhere('DescribeKey', { KeyId: AliasName }, 'NotFoundException')
    await succeed('CreateAlias', { AliasName, TargetKeyId: keys[0] })
    await succeed('UpdateAlias', { AliasName, TargetKeyId: keys[1] })
    for (const { body } of await everyWorker('DescribeKey', { KeyId: AliasName })) {
      assert.equal(JSON.parse(body).KeyMetadata.KeyId, keys[1])
    }
    await succeed('DeleteAlias', { AliasName })
  }
})

test('a grant that one worker has made or ended is so for all at once', async () => {
  const root = `arn:aws:iam::${ACCOUNT}:root`
  const statement = {
    Effect: 'Allow',
    Principal: { AWS: root },
    Action: ['kms:CreateGrant', 'kms:RevokeGrant'],
    Resource: '*',
  }
  const { KeyMetadata } = await succeed('CreateKey', {
    BypassPolicyLockoutSafetyCheck: true,
    Policy: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }),
  })
  const { KeyId } = KeyMetadata as { KeyId: string }
  const input = { KeyId, Plaintext: base64('x') }
  const grant = { KeyId, GranteePrincipal: root, Operations: ['Encrypt'] }
  for (let round = 0; round < ROUNDS; round += 1) {
    await assertEverywhere('Encrypt', input, 'AccessDeniedException')
    const made = await succeed('CreateGrant', grant)
    await assertEverywhere('Encrypt', input)
    if (round % 2 === 0) await succeed('RevokeGrant', { KeyId, GrantId: String(made['GrantId']) })
    else await succeed('RetireGrant', { GrantToken: String(made['GrantToken']) })
  }
})

test('tags that many workers add to one key at once are all there', async () => {
  const KeyId = await newKey()
  const names = Array.from({ length: 12 }, (_, index) => `k${index}`)
  await Promise.all(
    names.map((TagKey) => succeed('TagResource', { KeyId, Tags: [{ TagKey, TagValue: '' }] })),
  )
  const { Tags } = await succeed('ListResourceTags', { KeyId })
  const found = (Tags as { TagKey: string }[]).map(({ TagKey }) => TagKey)
  assert.deepEqual(found.toSorted(), names.toSorted())
})

test('every worker has taken its share, and has a log of its own', async () => {
  const nodes = await readdir(join(server.data, 'audit'))
  assert.deepEqual(nodes.sort(), ['node-0', 'node-1', 'node-2'])
  for (const node of nodes) {
    const files = await readdir(join(server.data, 'audit', node))
    assert.ok(
      files.some((name) => name.endsWith('.jsonl')),
      `${node} has served nothing`,
    )
  }
})

/** The process ids of the workers: the kernel says so on Linux, a program elsewhere. */
async function workerIds({ process: { pid } } = server): Promise<readonly number[]> {
  const listed = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => undefined)
  const text = listed ?? (await run('pgrep', ['-P', String(pid)])).out
  return text.split(/\s+/).filter(Boolean).map(Number)
}

test('workers that are killed are replaced, and stopping is clean', async () => {
  const KeyId = await newKey()
  const first = await workerIds()
  assert.equal(first.length, WORKERS)
  for (const worker of first) {
    process.kill(worker, 'SIGKILL')
    await until('a killed worker was replaced', async () => {
      const now = await workerIds()
      return now.length === WORKERS && !now.includes(worker) ? now : undefined
    })
  }
  await until('the new workers serve', async () => {
    await succeed('DescribeKey', { KeyId })
    return true
  })
  await assertEverywhere('Encrypt', { KeyId, Plaintext: base64('x') })
  const errors = server
    .errors()
    .split('\n')
    .filter((line) => line.includes('"level":50'))
  assert.equal(errors.length, WORKERS)
  for (const line of errors) assert.match(line, /a worker ended and is started again/)
  const last = await workerIds()
  assert.equal(await server.stop(), 0)
  for (const worker of last) assert.throws(() => process.kill(worker, 0), { code: 'ESRCH' })
  const verified = await holdfast(['audit', 'verify', `--data=${server.data}`])
  assert.equal(verified.status, 0, verified.err)
  const events = await readEvents(server.data)
  assert.equal(new Set(events.map(({ eventID }) => eventID)).size, events.length)
})

/** Whether a process has opened the database, so that it has begun to start; known on Linux only. */
async function isStarting(pid: number): Promise<boolean> {
  const files = await readdir(`/proc/${pid}/fd`).catch(() => [])
  const names = await Promise.all(files.map((file) => readlink(`/proc/${pid}/fd/${file}`).catch(() => '')))
  return names.some((name) => name.endsWith('/holdfast.db'))
}

test('stopping is clean while a worker starts', { skip: process.platform !== 'linux' }, async () => {
  await using own = await startServer({ environment: { HOLDFAST_WORKERS: '2' } })
  const [first, second] = await workerIds(own)
  assert.ok(first !== undefined)
  process.kill(first, 'SIGKILL')
  await until('another worker starts', async () => {
    const fresh = (await workerIds(own)).find((pid) => pid !== first && pid !== second)
    return fresh !== undefined && (await isStarting(fresh)) ? fresh : undefined
  })
  assert.equal(await own.stop(), 0)
})
