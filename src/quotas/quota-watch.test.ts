import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NOTIFIED_QUOTAS_MAX, NOTIFY_INTERVAL_MS, type QuotaUse, QuotaWatch } from './quota-watch.ts'

function openWatch() {
  const time = { nowMs: 0 }
  const notified: QuotaUse[] = []
  const clock = { now: () => time.nowMs, monotonicMs: () => time.nowMs }
  return { time, notified, watch: new QuotaWatch(clock, (use) => notified.push(use)) }
}

const PLACE = { account: '111122223333', region: 'eu-west-1' }

test('QuotaWatch notifies of a quota from four fifths on', () => {
  const { notified, watch } = openWatch()
  const use = { ...PLACE, quota: 'kms.keys', limit: 10 }
  watch.note({ ...use, used: 7 })
  assert.deepEqual(notified, [])
  watch.note({ ...use, used: 8 })
  assert.deepEqual(notified, [{ ...use, used: 8 }])
})

test('QuotaWatch notifies of the same quota once in ten minutes, and others for themselves', () => {
  const { time, notified, watch } = openWatch()
  const use = { ...PLACE, quota: 'kms.keys', used: 10, limit: 10 }
  watch.note(use)
  time.nowMs = NOTIFY_INTERVAL_MS - 1
  watch.note(use)
  assert.equal(notified.length, 1)
  watch.note({ ...use, region: 'us-east-1' })
  watch.note({ ...use, account: '444455556666' })
  watch.note({ ...use, quota: 'iam.users' })
  assert.equal(notified.length, 4)
  time.nowMs = NOTIFY_INTERVAL_MS
  watch.note(use)
  assert.equal(notified.length, 5)
})

test('QuotaWatch keeps a bounded number of quotas apart until they are old', () => {
  const { time, notified, watch } = openWatch()
  const use = (index: number): QuotaUse => ({ ...PLACE, region: `r-${index}`, quota: 'q', used: 1, limit: 1 })
  for (let index = 0; index < NOTIFIED_QUOTAS_MAX + 5; index += 1) watch.note(use(index))
  assert.equal(notified.length, NOTIFIED_QUOTAS_MAX)
  time.nowMs = NOTIFY_INTERVAL_MS
  watch.note(use(NOTIFIED_QUOTAS_MAX))
  assert.equal(notified.length, NOTIFIED_QUOTAS_MAX + 1)
})
