import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testFolder } from '../../test/support/test-folder.ts'
import { testSealer } from '../../test/support/test-sealer.ts'
import { silentLog } from '../base/log.ts'
import { systemRandom } from '../base/ports.ts'
import { hmacKey } from '../crypto/hmac.ts'
import { openRecords } from '../store/cache.ts'
import { LIST_MAX_RECORDS, type Records } from '../store/records.ts'
import { openSqlite } from '../store/sqlite.ts'
import type { DeadLetter } from './dead-letters.ts'
import { type DeliverDependencies, deliverTo, TURN_MAX_MS, WAITING_MAX } from './deliver.ts'
import type { Endpoint } from './endpoint.ts'
import type { StreamEvent } from './notification.ts'
import { findEndpoint, listWaiting, WAITING } from './notification-records.ts'
import { takeEvents } from './queue.ts'

const HOUR_MS = 3_600_000

const ENDPOINT: Endpoint = {
  id: 'e',
  url: 'https://events.example/secret',
  origin: 'https://events.example',
  keys: [hmacKey(new Uint8Array(32))],
  ca: undefined,
  patterns: undefined,
  retry: { firstDelayMs: 1000, maxAttempts: 3, maxAgeHours: 24, timeoutMs: 1000 },
}

type Bed = {
  readonly records: Records
  readonly dependencies: DeliverDependencies
  readonly dead: DeadLetter[]
  /** Ids of the events that were sent. */
  readonly sent: string[]
  now: number
  answer: (id: string) => number
  readonly queue: (ids: readonly string[]) => Promise<void>
}

async function withBed(use: (bed: Bed) => Promise<void>): Promise<void> {
  using data = testFolder()
  const records = await openRecords(openSqlite(data.path), testSealer())
  const dead: DeadLetter[] = []
  const sent: string[] = []
  const clock = { now: () => bed.now, monotonicMs: () => bed.now }
  const bury = async (letters: readonly DeadLetter[]): Promise<void> => void dead.push(...letters)
  const bed: Bed = {
    ...{ records, dead, sent, now: 1_000_000 },
    answer: () => 204,
    queue: (ids) => takeEvents({ records, clock, bury, endpoints: [ENDPOINT] }, ids.map(eventOf)),
    dependencies: {
      ...{ records, clock, bury, random: systemRandom, log: silentLog, userAgent: 'test' },
      claimLock: () => ({ release: () => {} }),
      stopping: new AbortController().signal,
      post: async ({ body }) => {
        const { id } = JSON.parse(Buffer.from(body).toString()) as StreamEvent
        sent.push(id)
        return bed.answer(id)
      },
    },
  }
  try {
    await use(bed)
  } finally {
    await records.close()
  }
}

function eventOf(id: string): StreamEvent {
  return {
    ...{ version: '0', id, source: 'aws.kms', account: '0', time: '', region: '', resources: [], detail: {} },
    'detail-type': 'KMS CMK Deletion',
  } as const
}

test('what waits is sent in the order of arrival', async () => {
  await withBed(async (bed) => {
    await bed.queue(['b', 'a', 'd'])
    bed.now += 1
    await bed.queue(['c'])
    await deliverTo(bed.dependencies, ENDPOINT)
    assert.deepEqual(bed.sent, ['b', 'a', 'd', 'c'])
    assert.deepEqual(await listWaiting(bed.records, ENDPOINT.id), [])
  })
})

test('an event that fails does not hold up those after it, once the endpoint has rested', async () => {
  await withBed(async (bed) => {
    bed.answer = (id) => (id === 'bad' ? 500 : 204)
    await bed.queue(['bad', 'good', 'better'])
    await deliverTo(bed.dependencies, ENDPOINT)
    assert.deepEqual(bed.sent, ['bad'])
    // While it rests, nothing is sent: half of the first delay at least.
    bed.now += 499
    await deliverTo(bed.dependencies, ENDPOINT)
    assert.deepEqual(bed.sent, ['bad'])
    bed.now += 501
    await deliverTo(bed.dependencies, ENDPOINT)
    assert.deepEqual(bed.sent, ['bad', 'good', 'better', 'bad'])
    bed.now += HOUR_MS
    await deliverTo(bed.dependencies, ENDPOINT)
    assert.deepEqual(bed.sent, ['bad', 'good', 'better', 'bad', 'bad'])
    assert.deepEqual(
      bed.dead.map(({ eventId, attempts, reason, origin }) => [eventId, attempts, reason, origin]),
      [['bad', 3, 'it answered 500', 'https://events.example']],
    )
    bed.now += HOUR_MS
    await bed.queue(['last'])
    await deliverTo(bed.dependencies, ENDPOINT)
    assert.equal((await findEndpoint(bed.records, ENDPOINT.id))?.value.failures, 0)
  })
})

for (const [ageMs, isDead] of [
  [24 * HOUR_MS - 1, false],
  [24 * HOUR_MS, true],
] as const) {
  test(`an event of ${ageMs} ms that fails ${isDead ? 'becomes a dead letter' : 'waits again'}`, async () => {
    await withBed(async (bed) => {
      bed.answer = () => 503
      await bed.queue(['old'])
      bed.now += ageMs
      await deliverTo(bed.dependencies, ENDPOINT)
      assert.equal(bed.dead.length, isDead ? 1 : 0)
      assert.equal((await listWaiting(bed.records, ENDPOINT.id)).length, isDead ? 0 : 1)
    })
  })
}

test('of more events than may wait, the oldest become dead letters', async () => {
  await withBed(async (bed) => {
    bed.answer = () => 500
    const ids = Array.from({ length: WAITING_MAX + 2 }, (_, at) => `id-${String(at).padStart(5, '0')}`)
    await bed.queue(ids.slice(0, WAITING_MAX))
    await deliverTo(bed.dependencies, ENDPOINT)
    assert.equal(bed.dead.length, 0)
    bed.now += HOUR_MS
    await bed.queue(ids.slice(WAITING_MAX))
    await deliverTo(bed.dependencies, ENDPOINT)
    assert.deepEqual(
      bed.dead.map(({ eventId }) => eventId),
      ids.slice(0, 2),
    )
    const page = await bed.records.list(WAITING, { partition: ENDPOINT.id, limit: LIST_MAX_RECORDS })
    assert.equal(page.records.length, LIST_MAX_RECORDS)
  })
})

test('what was being sent when the server stops is not counted as an attempt', async () => {
  await withBed(async (bed) => {
    await bed.queue(['a', 'b'])
    const stopping = new AbortController()
    const post = async (): Promise<number> => {
      stopping.abort()
      throw new Error('the server stops')
    }
    await deliverTo({ ...bed.dependencies, post, stopping: stopping.signal }, ENDPOINT)
    const waiting = await listWaiting(bed.records, ENDPOINT.id)
    assert.deepEqual(
      waiting.map(({ value }) => [value.eventId, value.attempts]),
      [
        ['a', 0],
        ['b', 0],
      ],
    )
  })
})

test('an endpoint that fails before the clock is set back a year is tried again at once', async () => {
  await withBed(async (bed) => {
    bed.now += 365 * 24 * HOUR_MS
    bed.answer = () => 500
    await bed.queue(['a'])
    await deliverTo(bed.dependencies, ENDPOINT)
    bed.now -= 365 * 24 * HOUR_MS
    bed.answer = () => 204
    await deliverTo(bed.dependencies, ENDPOINT)
    assert.deepEqual(bed.sent, ['a', 'a'])
    assert.deepEqual(await listWaiting(bed.records, ENDPOINT.id), [])
  })
})

test('a turn of a slow endpoint ends after its time, and the next one goes on', async () => {
  await withBed(async (bed) => {
    bed.answer = () => {
      bed.now += TURN_MAX_MS / 2
      return 204
    }
    await bed.queue(['a', 'b', 'c'])
    await deliverTo(bed.dependencies, ENDPOINT)
    assert.deepEqual(bed.sent, ['a', 'b'])
    await deliverTo(bed.dependencies, ENDPOINT)
    assert.deepEqual(bed.sent, ['a', 'b', 'c'])
  })
})
