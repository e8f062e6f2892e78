import assert from 'node:assert/strict'
import { createHash, createPublicKey, verify } from 'node:crypto'
import { join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { openTestLog, TEST_KEY } from '../../../test/support/audit-log.ts'
import {
  TEST_ACCOUNT,
  TEST_REGION,
  TEST_SECOND,
  type TestEvent,
  testRecord,
} from '../../../test/support/index-events.ts'
import { testFolder } from '../../../test/support/test-folder.ts'
import { testSealer } from '../../../test/support/test-sealer.ts'
import { systemFiles } from '../../audit/log/files.ts'
import type { AuditHead } from '../../audit/log/head.ts'
import { AUDIT_HEAD, AUDIT_HEAD_PARTITION, encodeHead } from '../../audit/log/head.ts'
import { collectEvents, type EventSelector } from '../../audit-index/collect.ts'
import { systemRandom } from '../../base/ports.ts'
import { type InsightType, identify } from '../../insights/detector/anomaly.ts'
import { formatInsight } from '../../insights/detector/record.ts'
import { openRecords } from '../../store/cache.ts'
import { insert, type Records, replace } from '../../store/records.ts'
import { openSqlite } from '../../store/sqlite.ts'
import { DEFAULT_SELECTORS } from '../outputs.ts'
import { DELIVERY, DIGEST_KEY, TRAIL, type TrailValue } from '../trail-records.ts'
import { deliverTrail } from './deliver.ts'
import type { DeliverDependencies } from './delivery.ts'
import type { DeliveredObject } from './destination.ts'

const START_MS = TEST_SECOND * 1000
const HOUR_MS = 3_600_000
const NAME = `${TEST_REGION}/the-trail`

/** A log, a trail and a bucket, in one time that the test sets. */
async function scene(more: Partial<TrailValue> = {}) {
  const folder = testFolder()
  const records = await openRecords(openSqlite(join(folder.path, 'data')), testSealer())
  const audit = join(folder.path, 'audit')
  const puts: DeliveredObject[] = []
  const state = { nowMs: START_MS, failAt: Number.POSITIVE_INFINITY }
  const dependencies: DeliverDependencies = {
    records,
    clock: { now: () => state.nowMs, monotonicMs: () => state.nowMs },
    random: systemRandom,
    destination: {
      put: async (object) => {
        if (puts.length >= state.failAt) throw new Error('injected')
        puts.push(object)
      },
    },
    collect: (question) => collectEvents({ files: systemFiles, auditFolder: audit, key: TEST_KEY }, question),
  }
  const trail: TrailValue = {
    format: 1,
    name: 'the-trail',
    region: TEST_REGION,
    bucket: 'the-bucket',
    globalEvents: true,
    multiRegion: false,
    validation: true,
    selectors: DEFAULT_SELECTORS,
    insights: [],
    tags: [],
    periods: [{ from: START_MS }],
    ...more,
  }
  await records.commit([insert(TRAIL, TEST_ACCOUNT, NAME, trail)])
  return {
    records,
    dependencies,
    puts,
    state,
    write: (events: readonly (TestEvent | string)[]) => write(records, audit, events),
    deliver: async () => {
      const present = await records.get(TRAIL, TEST_ACCOUNT, NAME)
      assert.ok(present)
      await deliverTrail(dependencies, present)
    },
    change: async (changed: Partial<TrailValue>) => {
      const present = await records.get(TRAIL, TEST_ACCOUNT, NAME)
      assert.ok(present)
      await records.commit([replace(present, { ...present.value, ...changed })])
    },
    [Symbol.asyncDispose]: async () => {
      await records.close()
      folder[Symbol.dispose]()
    },
  }
}

async function write(
  records: Records,
  audit: string,
  events: readonly (TestEvent | string)[],
): Promise<void> {
  const heads = new Map<string, AuditHead>()
  const { log } = await openTestLog({ folder: audit, heads })
  for (const event of events) await log.append(typeof event === 'string' ? event : testRecord(event))
  await log.close()
  const present = await records.get(AUDIT_HEAD, AUDIT_HEAD_PARTITION, 'node-0')
  const head = heads.get('node-0')
  assert.ok(head)
  const value = encodeHead(head)
  await records.commit([
    present === undefined
      ? insert(AUDIT_HEAD, AUDIT_HEAD_PARTITION, 'node-0', value)
      : replace(present, value),
  ])
}

const isDigest = ({ key }: DeliveredObject) => key.includes('/CloudTrail-Digest/')

function idsIn(puts: readonly DeliveredObject[]): readonly number[] {
  return puts
    .filter((object) => !isDigest(object))
    .flatMap(({ bytes }) => JSON.parse(gunzipSync(bytes).toString()).Records)
    .map(({ eventID }: { eventID: string }) => Number.parseInt(eventID.slice(0, 8), 16))
}

type Digest = Readonly<Record<string, unknown>> & {
  readonly logFiles: readonly { readonly s3Object: string; readonly hashValue: string }[]
}

/** The digests among the objects, whose signatures, chain and files are as AWS's documentation has them. */
async function verifiedDigests(
  records: Records,
  puts: readonly DeliveredObject[],
): Promise<readonly Digest[]> {
  const byKey = new Map(puts.map((object) => [object.key, object]))
  const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
  let previous: { readonly key: string; readonly signature: string; readonly hash: string } | undefined
  const digests: Digest[] = []
  for (const { key, bytes, metadata } of [...byKey.values()].filter(isDigest)) {
    const json = gunzipSync(bytes)
    const digest = JSON.parse(json.toString())
    const publicKeys = await records.list(DIGEST_KEY, { partition: TEST_REGION, limit: 10 })
    const [record] = publicKeys.records
    assert.equal(digest.digestPublicKeyFingerprint, record?.name)
    const publicKey = createPublicKey({
      key: Buffer.from(record?.value.publicKey ?? '', 'base64'),
      format: 'der',
      type: 'pkcs1',
    })
    const text = [
      digest.digestEndTime,
      `the-bucket/${key}`,
      sha256(json),
      previous?.signature ?? 'null',
    ].join('\n')
    const signature = metadata['signature'] ?? ''
    assert.ok(verify('sha256', Buffer.from(text), publicKey, Buffer.from(signature, 'hex')))
    assert.equal(metadata['signature-algorithm'], 'SHA256withRSA')
    assert.equal(digest.digestS3Object, key)
    assert.equal(digest.previousDigestS3Object, previous?.key ?? null)
    assert.equal(digest.previousDigestSignature, previous?.signature ?? null)
    assert.equal(digest.previousDigestHashValue, previous?.hash ?? null)
    for (const { s3Object, hashValue } of digest.logFiles) {
      const file = byKey.get(s3Object)
      assert.ok(file)
      assert.equal(sha256(gunzipSync(file.bytes)), hashValue)
    }
    previous = { key, signature, hash: sha256(json) }
    digests.push(digest)
  }
  return digests
}

test('a trail delivers every event once, in files that its digests name', async () => {
  await using place = await scene()
  await place.write([{ id: 1 }, { id: 2, second: TEST_SECOND + 1 }])
  await place.deliver()
  await place.deliver()
  assert.deepEqual(idsIn(place.puts), [1, 2])
  assert.match(
    place.puts[0]?.key ?? '',
    /^AWSLogs\/111122223333\/CloudTrail\/eu-west-1\/2025\/11\/24\/111122223333_CloudTrail_eu-west-1_20251124T1600Z_[A-Za-z0-9]{16}\.json\.gz$/,
  )
  await place.write([{ id: 3, second: TEST_SECOND + 1800 }])
  place.state.nowMs += HOUR_MS / 2
  await place.deliver()
  place.state.nowMs += 2 * HOUR_MS
  await place.deliver()
  assert.deepEqual(idsIn(place.puts), [1, 2, 3])
  const digests = await verifiedDigests(place.records, place.puts)
  assert.deepEqual(
    digests.map(({ digestStartTime, digestEndTime, logFiles }) => [
      digestStartTime,
      digestEndTime,
      logFiles.length,
    ]),
    [
      ['2025-11-24T16:00:00Z', '2025-11-24T17:00:00Z', 2],
      ['2025-11-24T17:00:00Z', '2025-11-24T18:00:00Z', 0],
    ],
  )
  assert.equal(digests[0]?.['oldestEventTime'], '2025-11-24T16:00:00Z')
  assert.equal(digests[0]?.['newestEventTime'], '2025-11-24T16:30:00Z')
})

test('a delivery that fails at any put goes on with the same names and bytes: no gap, no duplicate', async () => {
  for (let failAt = 0; failAt < 4; failAt += 1) {
    await using place = await scene({ multiRegion: true })
    await place.write([{ id: 1 }, { id: 2, region: 'us-east-1' }])
    place.state.failAt = failAt
    await place.deliver().catch(() => {})
    await place.write([{ id: 3 }])
    place.state.nowMs += HOUR_MS
    await place.deliver().catch(() => {})
    place.state.failAt = Number.POSITIVE_INFINITY
    await place.deliver()
    const objects = new Map(place.puts.map((object) => [object.key, object]))
    for (const { key, bytes } of place.puts)
      assert.deepEqual(objects.get(key)?.bytes, bytes, 'put twice, the same')
    assert.deepEqual(idsIn([...objects.values()]).toSorted(), [1, 2, 3], `a failure at put ${failAt}`)
    const state = await place.records.get(DELIVERY, TEST_ACCOUNT, NAME)
    assert.deepEqual([state?.value.plan, state?.value.lastError], [undefined, undefined])
  }
})

test('a trail delivers what its selectors, region and logging periods say', async () => {
  const ids = async (more: Partial<TrailValue>) => {
    await using place = await scene(more)
    await place.write([
      { id: 1, readOnly: true },
      { id: 2, readOnly: false },
      { id: 3, source: 'iam.amazonaws.com', region: 'us-east-1', readOnly: false },
      { id: 4, account: '444455556666' },
      { id: 5, second: TEST_SECOND - 1 },
      { id: 6, second: TEST_SECOND + 60 },
    ])
    await place.deliver()
    return idsIn(place.puts).toSorted()
  }
  const selector = (one: Partial<EventSelector>) => ({
    selectors: [{ readWrite: 'All' as const, management: true, exclude: [], ...one }],
  })
  assert.deepEqual(await ids({}), [1, 2, 6])
  assert.deepEqual(await ids({ multiRegion: true }), [1, 2, 3, 6])
  assert.deepEqual(await ids({ multiRegion: true, globalEvents: false }), [1, 2, 6])
  assert.deepEqual(await ids(selector({ readWrite: 'ReadOnly' })), [1, 6])
  assert.deepEqual(await ids(selector({ readWrite: 'WriteOnly' })), [2])
  assert.deepEqual(await ids(selector({ management: false })), [])
  assert.deepEqual(await ids({ ...selector({ exclude: ['kms.amazonaws.com'] }), multiRegion: true }), [3])
  assert.deepEqual(await ids({ periods: [{ from: START_MS, to: START_MS + 30_000 }] }), [1, 2])
  assert.deepEqual(await ids({ periods: [] }), [])
})

test('a trail that stops ends its chain of digests, and one that starts again begins a new one', async () => {
  await using place = await scene()
  await place.write([{ id: 1 }])
  await place.deliver()
  const stopped = { from: START_MS, to: START_MS + 600_000 }
  await place.change({ periods: [stopped] })
  place.state.nowMs += HOUR_MS
  await place.deliver()
  const before = place.puts.length
  const [last, ...others] = await verifiedDigests(place.records, place.puts)
  assert.deepEqual([last?.['digestEndTime'], others.length], ['2025-11-24T16:10:00Z', 0])
  await place.change({ periods: [stopped, { from: place.state.nowMs }] })
  await place.write([
    { id: 2, second: TEST_SECOND + 900 },
    { id: 3, second: TEST_SECOND + 3600 },
  ])
  place.state.nowMs += 1000
  await place.deliver()
  place.state.nowMs += HOUR_MS
  await place.deliver()
  const again = place.puts.slice(before)
  assert.deepEqual(idsIn(again), [3], 'what came between is not delivered')
  const [first] = await verifiedDigests(place.records, again)
  assert.equal(first?.['previousDigestS3Object'], null)
})

test('the status of a trail remembers a failure until a delivery succeeds', async () => {
  await using place = await scene()
  await place.write([{ id: 1 }])
  place.state.failAt = 0
  await assert.rejects(place.deliver(), /injected/)
  const state = () => place.records.get(DELIVERY, TEST_ACCOUNT, NAME)
  assert.equal((await state())?.value.lastError, 'Error')
  place.state.failAt = Number.POSITIVE_INFINITY
  await place.deliver()
  assert.equal((await state())?.value.lastError, undefined)
  assert.equal((await state())?.value.lastDelivery, START_MS)
})

/** The record of an insight of a type. */
function testInsight(type: InsightType, operation: string): string {
  const anomaly = identify({
    type,
    state: 'Start',
    account: TEST_ACCOUNT,
    region: TEST_REGION,
    second: TEST_SECOND + 60,
    beganAt: TEST_SECOND + 60,
    source: 'kms.amazonaws.com',
    operation,
    subject: {},
    baseline: 0,
    insight: 1,
    insightMinutes: 1,
    baselineMinutes: 10_080,
    attributions: [],
  })
  return formatInsight(anomaly)
}

test('insights of the chosen types, and of our own, are delivered to a folder of their own', async () => {
  await using it = await scene({ insights: ['ApiCallRateInsight'] })
  const insights = [
    testInsight('ApiCallRateInsight', 'Encrypt'),
    testInsight('ApiErrorRateInsight', 'Decrypt'),
    testInsight('NewNetworkInsight', 'Sign'),
  ]
  await it.write([{ id: 1 }, ...insights])
  await it.deliver()
  const [calls, file, ...more] = it.puts
  assert.deepEqual(more, [])
  assert.match(calls?.key ?? '', /\/CloudTrail\/eu-west-1\/.*_CloudTrail_eu-west-1_/)
  assert.match(file?.key ?? '', /\/CloudTrail-Insight\/eu-west-1\/.*_CloudTrail-Insight_eu-west-1_/)
  const { Records } = JSON.parse(gunzipSync(file?.bytes ?? '').toString())
  const names = Records.map((one: { insightDetails: { eventName: string } }) => one.insightDetails.eventName)
  assert.deepEqual(names, ['Encrypt', 'Sign'])
  it.state.nowMs = START_MS + HOUR_MS
  await it.deliver()
  const [digest] = await verifiedDigests(it.records, it.puts)
  assert.deepEqual(digest?.logFiles.map(({ s3Object }) => s3Object).sort(), [calls?.key, file?.key].sort())
})

test('a trail without insight selectors delivers no insights', async () => {
  await using it = await scene()
  await it.write([{ id: 1 }, testInsight('NewNetworkInsight', 'Sign')])
  await it.deliver()
  assert.equal(it.puts.length, 1)
  assert.deepEqual(idsIn(it.puts), [1])
})
