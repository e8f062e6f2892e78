/** Tests trails: the delivery is killed, the service is unavailable, or the clock is set back. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { readEvents } from '../support/audit.ts'
import { callRaw, newKey, succeed } from '../support/calls.ts'
import { withRecords } from '../support/deliver.ts'
import { REGION } from '../support/kms.ts'
import { startS3, type TestS3 } from '../support/s3.ts'
import { startServer, type TestServer, temporaryFolder } from '../support/server.ts'
import { checkRegion, deliveredIds } from '../support/trail-check.ts'
import { until } from '../support/until.ts'

const CHILD = join(import.meta.dirname, '../support/deliver.ts')
const TARGET = 'com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.'
const OTHER_REGION = 'ap-southeast-2'
const REGIONS = [REGION, OTHER_REGION]
/** More puts than any delivery of these tests makes. */
const KILLS_MAX = 40

let data: string
let s3: TestS3

before(async () => {
  data = await temporaryFolder()
  s3 = await startS3()
})

after(async () => {
  await s3[Symbol.asyncDispose]()
  await rm(data, { recursive: true, force: true })
})

async function cloudtrail(server: TestServer, operation: string, input: object): Promise<object> {
  const answer = await callRaw(server, TARGET + operation, JSON.stringify(input), { service: 'cloudtrail' })
  assert.equal(answer.status, 200, answer.text)
  return answer.json
}

/** Runs a server that delivers elsewhere, and stops it. */
async function serve(use: (server: TestServer) => Promise<void>): Promise<void> {
  await using server = await startServer({ data })
  await use(server)
  assert.equal(await server.stop(), 0)
}

async function callEverywhere(server: TestServer): Promise<void> {
  await newKey(server)
  for (const region of REGIONS) await succeed(server, 'ListKeys', {}, { region })
}

/** Runs one delivery and kills it before or after the put with this number. Returns whether it was killed. */
async function deliver(
  hours: number,
  kill?: { readonly at: number; readonly when: string },
): Promise<boolean> {
  const child = spawn(process.execPath, [CHILD, data, s3.endpoint, String(hours)], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const ended = once(child, 'exit')
  let puts = 0
  s3.onPut = async (when) => {
    if (when === 'before') puts += 1
    if (puts !== kill?.at || when !== kill.when) return
    child.kill('SIGKILL')
    await ended
  }
  const [code, signal] = await ended
  s3.onPut = async () => {}
  if (signal === 'SIGKILL') return true
  assert.equal(code, 0)
  return false
}

/** Kills deliveries before and after put 1, then put 2, and so on, until one completes. Returns the number of kills. */
async function deliverKilled(hours: number): Promise<number> {
  let kills = 0
  for (let at = 1; at <= KILLS_MAX; at += 1) {
    for (const when of ['before', 'after']) {
      if (!(await deliver(hours, { at, when }))) return kills
      kills += 1
    }
  }
  throw new Error('a delivery does not complete')
}

/** Asserts that the bucket holds every recorded event once, and that `validate-logs` would accept the digests. */
async function checkBucket(digests: number): Promise<void> {
  const recorded = (await readEvents(data)).filter(({ awsRegion }) => REGIONS.includes(String(awsRegion)))
  // A trail need not deliver events that precede StartLogging.
  const started = recorded.findIndex(({ eventName }) => eventName === 'StartLogging')
  const ids = deliveredIds(s3.objects)
  assert.equal(new Set(ids).size, ids.length, 'an event was delivered twice')
  const wanted = recorded.slice(started).map(({ eventID }) => eventID)
  assert.deepEqual(
    wanted.filter((id) => !ids.includes(id)),
    [],
  )
  const logs = [...s3.objects.keys()].filter((path) => !path.includes('/CloudTrail-Digest/')).sort()
  await withRecords(data, async (records) => {
    const found = await Promise.all(REGIONS.map((region) => checkRegion(records, s3.objects, region)))
    assert.ok(found.every((one) => one.digests >= digests))
    const named = found.flatMap(({ files }) => files).sort()
    assert.equal(new Set(named).size, named.length, 'two digests name one file')
    if (digests > 0) assert.deepEqual(named, logs)
  })
}

test('a delivery that is killed at any put continues without a gap, a duplicate or a broken digest', async () => {
  await serve(async (server) => {
    await cloudtrail(server, 'CreateTrail', {
      ...{
        Name: 'killed',
        S3BucketName: 'the-bucket',
        IsMultiRegionTrail: true,
        EnableLogFileValidation: true,
      },
    })
    await cloudtrail(server, 'StartLogging', { Name: 'killed' })
    await callEverywhere(server)
  })
  s3.objects.clear()
  const first = await deliverKilled(0)
  await serve(callEverywhere)
  const second = await deliverKilled(1)
  const third = await deliverKilled(2)
  assert.ok(first >= 4 && second >= 5 && third >= 4, `${first}, ${second} and ${third} kills`)
  await checkBucket(2)
})

test('a delivery whose clock was set back continues when the clock has caught up', async () => {
  const before = new Set(s3.objects.keys())
  await serve(callEverywhere)
  await deliver(-30)
  await serve(callEverywhere)
  await deliver(0)
  assert.ok(s3.objects.size > before.size)
  await deliver(3)
  await checkBucket(3)
})

test('calls succeed while the service of a trail is down, and delivery catches up', async () => {
  const copy = join(data, 'trail-credentials')
  await writeFile(copy, await readFile(join(data, 'credentials')), { mode: 0o600 })
  const environment = { HOLDFAST_TRAILS: s3.endpoint, HOLDFAST_TRAILS_CREDENTIALS: copy }
  await serve(callEverywhere)
  const begin = new Set(deliveredIds(s3.objects))
  s3.failing = Number.POSITIVE_INFINITY
  {
    await using server = await startServer({ data, environment })
    await callEverywhere(server)
    await until('the failure is told', async () => {
      const status = await cloudtrail(server, 'GetTrailStatus', { Name: 'killed' })
      return 'LatestDeliveryError' in status ? status : undefined
    })
    await callEverywhere(server)
    assert.match(server.output() + server.errors(), /a trail could not be delivered and will be tried again/)
    assert.equal(await server.stop(), 0)
  }
  assert.deepEqual(new Set(deliveredIds(s3.objects)), begin)
  s3.failing = 0
  {
    await using server = await startServer({ data, environment })
    await until('it has caught up', async () => {
      const status = await cloudtrail(server, 'GetTrailStatus', { Name: 'killed' })
      return 'LatestDeliveryError' in status ? undefined : status
    })
    assert.equal(await server.stop(), 0)
  }
  await deliver(4)
  // The delivery writes an hour's digest after the files of the previous hour.
  await deliver(5)
  await checkBucket(4)
})
