import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NEAR_INTERVAL_MS, NEAR_MAX, type QuotaUse, QuotaWatch } from './quota-watch.ts'

function openWatch() {
  const time = { nowMs: 0 }
  const told: QuotaUse[] = []
  const clock = { now: () => time.nowMs, monotonicMs: () => time.nowMs }
  return { time, told, watch: new QuotaWatch(clock, (use) => told.push(use)) }
}

const PLACE = { account: '111122223333', region: 'eu-west-1' }

test('QuotaWatch tells of a quota from four fifths on', () => {
  const { told, watch } = openWatch()
  const use = { ...PLACE, quota: 'kms.keys', limit: 10 }
  watch.note({ ...use, used: 7 })
  assert.deepEqual(told, [])
  watch.note({ ...use, used: 8 })
  assert.deepEqual(told, [{ ...use, used: 8 }])
})

test('QuotaWatch tells the same quota once in ten minutes, and others for themselves', () => {
  const { time, told, watch } = openWatch()
  const use = { ...PLACE, quota: 'kms.keys', used: 10, limit: 10 }
  watch.note(use)
  time.nowMs = NEAR_INTERVAL_MS - 1
  watch.note(use)
  assert.equal(told.length, 1)
  watch.note({ ...use, region: 'us-east-1' })
  watch.note({ ...use, account: '444455556666' })
  watch.note({ ...use, quota: 'iam.users' })
  assert.equal(told.length, 4)
  time.nowMs = NEAR_INTERVAL_MS
  watch.note(use)
  assert.equal(told.length, 5)
})

test('QuotaWatch keeps a bounded number of quotas apart until they are old', () => {
  const { time, told, watch } = openWatch()
  const use = (index: number): QuotaUse => ({ ...PLACE, region: `r-${index}`, quota: 'q', used: 1, limit: 1 })
  for (let index = 0; index < NEAR_MAX + 5; index += 1) watch.note(use(index))
  assert.equal(told.length, NEAR_MAX)
  time.nowMs = NEAR_INTERVAL_MS
  watch.note(use(NEAR_MAX))
  assert.equal(told.length, NEAR_MAX + 1)
})
