/** Archives the audit log of a data folder by command and by server, and kills them during the work. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { watch } from 'node:fs'
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { callRaw, newKey } from '../support/calls.ts'
import { runHoldfast } from '../support/command.ts'
import { startServer, type TestServer, temporaryFolder } from '../support/server.ts'
import { until } from '../support/until.ts'
import { continueLog } from './small-segments.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const LOOKUP = 'com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents'
const DAY_MS = 86_400_000
const EVENTS = 60

let whole = ''
let ids: readonly string[] = []

before(async () => {
  whole = await temporaryFolder()
  {
    await using server = await startServer({ data: whole })
    await newKey(server)
    assert.equal(await server.stop(), 0)
  }
  ids = await continueLog(whole, { segmentMaxBytes: 6000, events: EVENTS, ageMs: 40 * DAY_MS })
  await makeEvents(whole)
  assert.equal((await runHoldfast(whole, 'audit', 'checkpoint')).status, 0)
})

/** Starts and stops a server. It looks for events in the log before it ends. */
async function makeEvents(data: string): Promise<void> {
  await using server = await startServer({ data })
  assert.equal(await server.stop(), 0)
}

after(() => rm(whole, { recursive: true, force: true }))

async function copyOfWhole(): Promise<string> {
  const data = await temporaryFolder()
  await cp(whole, data, { recursive: true })
  return data
}

const folderOf = (data: string): string => join(data, 'audit/node-0')

async function namesIn(folder: string, suffix: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => [])
  return names.filter((name) => name.endsWith(suffix)).sort()
}

async function assertWhole(data: string, ...flags: readonly string[]): Promise<void> {
  const { status, output, errors } = await runHoldfast(data, 'audit', 'verify', ...flags)
  assert.equal(status, 0, errors)
  assert.match(output, /^intact: /m)
  assert.doesNotMatch(errors, /kept elsewhere/)
}

/** Whether a lookup finds the oldest event, which is in the first archive. */
async function findsOldest(server: TestServer): Promise<boolean> {
  const question = { LookupAttributes: [{ AttributeKey: 'EventId', AttributeValue: ids[0] }] }
  const answer = await until('a lookup is admitted', async () => {
    const asked = await callRaw(server, LOOKUP, JSON.stringify(question), { service: 'cloudtrail' })
    return asked.status === 200 ? asked : undefined
  })
  return answer.text.includes(ids[0] ?? 'none')
}

test('audit archive compresses old segments; verify, lookups and proofs go on over them', async () => {
  const data = await copyOfWhole()
  const before = await namesIn(folderOf(data), '.jsonl')
  const refused = await runHoldfast(data, 'audit', 'archive')
  assert.equal(refused.status, 2)
  assert.match(refused.errors, /--audit-live-days or --audit-live-mib: expected at least one of them/)
  const young = await runHoldfast(data, 'audit', 'archive', '--audit-live-days=41')
  assert.match(young.output, /^archived 0 segments$/m)
  const done = await runHoldfast(data, 'audit', 'archive', '--audit-live-days=39')
  assert.match(done.output, /^archived \d+ segments$/m, done.errors)
  const archives = await namesIn(join(folderOf(data), 'archive'), '.jsonl.gz')
  assert.ok(archives.length >= 3)
  const after = await namesIn(folderOf(data), '.jsonl')
  assert.deepEqual([...archives.map((name) => name.replace(/\.gz$/, '')), ...after], before)
  await assertWhole(data)
  const proof = await runHoldfast(data, 'audit', 'prove', ids[0] ?? '')
  assert.equal(proof.status, 0, proof.errors)
  assert.equal((await runHoldfast(data, 'audit', 'reindex')).status, 0)
  await using server = await startServer({ data })
  assert.equal(await findsOldest(server), true)
  await rm(data, { recursive: true })
})

test('audit archive keeps segments that no server has processed', async () => {
  const data = await copyOfWhole()
  await continueLog(data, { segmentMaxBytes: 6000, events: EVENTS, ageMs: 40 * DAY_MS })
  assert.equal((await runHoldfast(data, 'audit', 'checkpoint')).status, 0)
  for (let round = 1; round <= 2; round += 1) {
    const { output, errors } = await runHoldfast(data, 'audit', 'archive', '--audit-live-days=39')
    assert.match(output, /^archived [1-9]\d* segments$/m, errors)
    await makeEvents(data)
  }
  await rm(data, { recursive: true })
})

test('audit verify names archives that were moved away, and verifies them when they are given', async () => {
  const data = await copyOfWhole()
  await runHoldfast(data, 'audit', 'archive', '--audit-live-days=39')
  const elsewhere = await temporaryFolder()
  await mkdir(join(elsewhere, 'node-0'))
  await cp(join(folderOf(data), 'archive'), join(elsewhere, 'node-0/archive'), { recursive: true })
  await rm(join(folderOf(data), 'archive'), { recursive: true })
  const without = await runHoldfast(data, 'audit', 'verify')
  assert.equal(without.status, 0)
  assert.match(
    without.errors,
    /events 1 to \d+ are in archives that are kept elsewhere, and were not verified/,
  )
  await assertWhole(data, `--archive=${elsewhere}`)
  const [name = ''] = await namesIn(join(elsewhere, 'node-0/archive'), '.jsonl.gz')
  const path = join(elsewhere, 'node-0/archive', name)
  const bytes = await readFile(path)
  await writeFile(path, bytes.with(bytes.length >> 1, (bytes[bytes.length >> 1] ?? 0) ^ 1))
  const damaged = await runHoldfast(data, 'audit', 'verify', `--archive=${elsewhere}`)
  assert.equal(damaged.status, 1)
  assert.match(damaged.errors, /^DAMAGED: node-0\/0000000000000001\.jsonl/m)
  {
    await using server = await startServer({ data })
    assert.equal(await findsOldest(server), false)
    await newKey(server)
  }
  for (const folder of [data, elsewhere]) await rm(folder, { recursive: true })
})

test('audit archive that is killed after any change of its folder leaves either segments or archives', async () => {
  const data = await copyOfWhole()
  const archive = join(folderOf(data), 'archive')
  await mkdir(archive)
  let kills = 0
  for (let changes = 1; changes <= 12; changes += 1) {
    const { PATH, NODE_COMPILE_CACHE } = process.env
    const child = spawn(process.execPath, [MAIN, 'audit', 'archive', '--audit-live-days=39'], {
      env: { PATH, NODE_COMPILE_CACHE, HOLDFAST_DATA: data },
      stdio: 'ignore',
    })
    let left = changes
    const watcher = watch(archive, () => {
      left -= 1
      if (left === 0) child.kill('SIGKILL')
    })
    const [, signal] = await once(child, 'exit')
    watcher.close()
    if (signal === 'SIGKILL') kills += 1
    await assertWhole(data)
  }
  assert.ok(kills >= 2, `${kills} kills`)
  const last = await runHoldfast(data, 'audit', 'archive', '--audit-live-days=39')
  assert.equal(last.status, 0, last.errors)
  await assertWhole(data)
  assert.equal((await namesIn(archive, '.new')).length, 0)
  await rm(data, { recursive: true })
})

test('a server archives without a command', async () => {
  const data = await copyOfWhole()
  await using server = await startServer({ data, environment: { HOLDFAST_AUDIT_LIVE_DAYS: '39' } })
  await until('a segment is archived', async () =>
    (server.output() + server.errors()).includes('a segment of the audit log was archived')
      ? true
      : undefined,
  )
  await newKey(server)
  assert.equal(await server.stop(), 0)
  await assertWhole(data)
  await rm(data, { recursive: true })
})
