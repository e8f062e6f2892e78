import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AUDIT_BURST_MS, AuditAllowance } from './audit-allowance.ts'
import { type QuotaUse, QuotaWatch } from './quota-watch.ts'
import { AUDIT_BYTES } from './rates.ts'

const [ONE, OTHER] = ['111122223333', '444455556666']
const STORED = { [AUDIT_BYTES.name]: 1000 }

function bed(processes = 1) {
  const time = { nowMs: 0 }
  const clock = { now: () => 0, monotonicMs: () => time.nowMs }
  const notified: QuotaUse[] = []
  const watch = new QuotaWatch(clock, (use) => notified.push(use))
  const allowance = new AuditAllowance({ clock, watch, processes })
  const admit = (account: string, stored: Record<string, number> = STORED, isUrgent = () => false) =>
    allowance.admit({ account, region: 'eu-west-1', stored }, isUrgent)
  return { time, notified, admit, charge: (account: string, size: number) => allowance.charge(account, size) }
}

test('AuditAllowance admits an account until it has written what its quota gives for the burst', () => {
  const { time, notified, admit, charge } = bed()
  assert.ok(admit(ONE))
  charge(ONE, 4999)
  assert.ok(admit(ONE))
  charge(ONE, 1)
  assert.ok(!admit(ONE))
  assert.ok(admit(OTHER))
  assert.deepEqual(
    notified.map(({ account, quota }) => [account, quota]),
    [[ONE, 'audit.bytes']],
  )
  time.nowMs = 1
  assert.ok(admit(ONE))
})

test('AuditAllowance lets a large call pass and its account wait for as long as it takes to be written off', () => {
  const { time, admit, charge } = bed()
  admit(ONE)
  charge(ONE, 20_000)
  time.nowMs = 20_000 - AUDIT_BURST_MS
  assert.ok(!admit(ONE))
  time.nowMs += 1
  assert.ok(admit(ONE))
})

test('AuditAllowance keeps a burst for urgent calls when all others have used up theirs', () => {
  const { admit, charge } = bed()
  const isUrgent = () => true
  assert.ok(admit(ONE))
  charge(ONE, 5000)
  assert.ok(!admit(ONE))
  assert.ok(admit(ONE, STORED, isUrgent))
  charge(ONE, 4999)
  assert.ok(admit(ONE, STORED, isUrgent))
  charge(ONE, 1)
  assert.ok(!admit(ONE, STORED, isUrgent))
})

test('AuditAllowance goes by a quota that has changed, and gives each process its part', () => {
  const { admit, charge } = bed(2)
  assert.ok(admit(ONE))
  charge(ONE, 2500)
  assert.ok(!admit(ONE))
  assert.ok(admit(ONE, { [AUDIT_BYTES.name]: 2000 }))
  const raised = { [AUDIT_BYTES.name]: 1_000_000 }
  assert.ok(admit(OTHER, raised))
  charge(OTHER, 2500)
  assert.ok(admit(OTHER, raised))
})

test('AuditAllowance has a default that nobody reaches with usual calls', () => {
  const { admit, charge } = bed()
  for (let call = 0; call < 10_000; call += 1) {
    assert.ok(admit(ONE, {}))
    charge(ONE, 1500)
  }
})
