import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openTestLog, TEST_KEY, TestTime } from '../../../test/support/audit-log.ts'
import { testFolder } from '../../../test/support/test-folder.ts'
import type { AuditHead } from '../log/head.ts'
import { CLOCK_STEPS_KEPT } from './time-order.ts'
import { type Verification, verifyLog } from './verify.ts'
import { HEAD_LATE_MS } from './verify-node.ts'

const folder = testFolder()
after(() => folder[Symbol.dispose]())
const SECOND_MS = 1000
let logs = 0

/** An event of a time, as text up to seconds; `sent` is what its caller has sent. */
function eventOf(at: number, sent: object = {}): string {
  const eventTime = `${new Date(at).toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length)}Z`
  const userIdentity = { type: 'IAMUser' }
  return JSON.stringify({ eventVersion: '1.11', userIdentity, eventTime, requestParameters: sent })
}

type Step = { readonly pass: number; readonly events: readonly ((now: number) => string)[] }

/** Writes one batch after each step of the clock, and verifies. */
async function verified(steps: readonly Step[]): Promise<Verification> {
  logs += 1
  const path = `${folder.path}/${logs}`
  const time = new TestTime()
  const heads = new Map<string, AuditHead>()
  const { log } = await openTestLog({ folder: path, time, heads })
  for (const { pass, events } of steps) {
    time.pass(pass)
    await Promise.all(events.map((make) => log.append(make(time.now()))))
  }
  await log.close()
  return verifyLog({ folder: path, key: TEST_KEY, heads })
}

const now = (at: number): string => eventOf(at)

test('verifyLog says nothing of times that go on, of equal times, and of events that have waited', async () => {
  const late = (at: number): string => eventOf(at - 900 * SECOND_MS)
  const found = await verified([
    { pass: 0, events: [now] },
    { pass: 0, events: [now, late] },
    { pass: 5 * SECOND_MS, events: [late, now] },
  ])
  assert.deepEqual([found.firstDamage, found.warnings, found.clockSteps], [undefined, [], 0])
})

test('verifyLog warns of a clock that went back, where it did, and does not call it damage', async () => {
  const found = await verified([
    { pass: 10 * SECOND_MS, events: [now, now] },
    { pass: -1, events: [now] },
    { pass: 1, events: [now] },
  ])
  assert.equal(found.firstDamage, undefined)
  assert.equal(found.clockSteps, 1)
  const [warning] = found.warnings
  assert.deepEqual(
    [warning?.node, warning?.file, warning?.line, warning?.sequence],
    ['node-0', '0000000000000001.jsonl', 5, 3],
  )
  assert.match(
    warning?.what ?? '',
    /^the clock went back: after 1970-01-01T00:16:50\.000Z, it was written .*16:49\.999Z$/,
  )
})

test('verifyLog warns of an event that happened after it was written, by a second and not by less', async () => {
  const inTime = await verified([{ pass: 999, events: [(at) => eventOf(at)] }])
  assert.equal(inTime.clockSteps, 0)
  const ahead = await verified([{ pass: 0, events: [now, (at) => eventOf(at + SECOND_MS)] }])
  assert.equal(ahead.clockSteps, 1)
  assert.match(
    ahead.warnings[0]?.what ?? '',
    /an event of 1970-01-01T00:16:41Z was written 1970-01-01T00:16:40\.000Z/,
  )
})

test('verifyLog does not take times that a caller has sent for times of events', async () => {
  const sent = (at: number): string => eventOf(at, { a: 'b', eventTime: '2999-01-01T00:00:00Z' })
  assert.equal((await verified([{ pass: 0, events: [sent, sent] }])).clockSteps, 0)
})

test(`verifyLog tells of ${CLOCK_STEPS_KEPT} steps one by one and counts the others`, async () => {
  const steps = Array.from({ length: CLOCK_STEPS_KEPT + 2 }, () => ({ pass: -SECOND_MS, events: [now] }))
  const found = await verified([{ pass: 0, events: [now] }, ...steps])
  assert.deepEqual([found.warnings.length, found.clockSteps], [CLOCK_STEPS_KEPT, CLOCK_STEPS_KEPT + 2])
})

test('verifyLog warns of a saved head that is an old copy, and not of one that is a little behind', async () => {
  for (const [lateMs, warnings] of [
    [HEAD_LATE_MS, 0],
    [HEAD_LATE_MS + 1, 1],
  ] as const) {
    using own = testFolder()
    const time = new TestTime()
    const heads = new Map<string, AuditHead>()
    const { log } = await openTestLog({ folder: own.path, time, heads })
    await log.append(now(time.now()))
    await log.close()
    const saved = new Map(heads)
    const { log: again } = await openTestLog({ folder: own.path, time, heads })
    time.pass(lateMs)
    await again.append(now(time.now()))
    await again.close()
    const found = await verifyLog({ folder: own.path, key: TEST_KEY, heads: saved })
    assert.deepEqual([found.firstDamage, found.warnings.length], [undefined, warnings])
    // What was written after the heads were read does not count.
    const earlier = { folder: own.path, key: TEST_KEY, heads: saved, now: time.now() - lateMs }
    assert.deepEqual((await verifyLog(earlier)).warnings, [])
  }
})
