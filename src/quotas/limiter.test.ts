import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Clock } from '../base/ports.ts'
import { ALLOWANCES_MAX, type Payer, RateLimiter, REGIONS_MAX } from './limiter.ts'
import { type QuotaUse, QuotaWatch } from './quota-watch.ts'
import { type Charged, RATES } from './rates.ts'

const ACCOUNT = '111122223333'

/** A limiter with a clock that the test moves. */
function openLimiter(processes = 1) {
  const time = { nowMs: 0 }
  const clock: Clock = { now: () => time.nowMs, monotonicMs: () => time.nowMs }
  const notified: QuotaUse[] = []
  const watch = new QuotaWatch(clock, (use) => notified.push(use))
  return { time, notified, limiter: new RateLimiter({ clock, watch, processes }) }
}

function charged(...names: readonly string[]): Charged {
  return [...RATES.values()].filter(({ name }) => names.includes(name))
}

function payer(stored: Payer['stored'], more: Partial<Payer> = {}): Payer {
  return { account: ACCOUNT, region: 'eu-west-1', stored, ...more }
}

/** How many of so many calls are admitted. */
function admitted(limiter: RateLimiter, who: Payer, calls: number, what: Charged): number {
  return Array.from({ length: calls }, () => limiter.admit(who, what)).filter(Boolean).length
}

test('RateLimiter admits as many calls at once as a quota has for a second, then one as each fills', () => {
  const { time, limiter } = openLimiter()
  const who = payer({ 'kms.CreateKey': 5 })
  const what = charged('kms.CreateKey')
  assert.equal(admitted(limiter, who, 8, what), 5)
  time.nowMs = 199
  assert.equal(admitted(limiter, who, 3, what), 0)
  time.nowMs = 200
  assert.equal(admitted(limiter, who, 3, what), 1)
  time.nowMs = 60_000
  assert.equal(admitted(limiter, who, 8, what), 5)
})

test('RateLimiter goes by a quota that has changed at the next call, and by the calls that were made', () => {
  const { time, limiter } = openLimiter(2)
  const what = charged('kms.CreateKey')
  const few = payer({ 'kms.CreateKey': 1 })
  const many = payer({ 'kms.CreateKey': 1000 })
  assert.equal(admitted(limiter, few, 3, what), 1)
  assert.equal(admitted(limiter, many, 600, what), 499)
  assert.equal(admitted(limiter, few, 3, what), 0)
  time.nowMs = 1990
  assert.equal(admitted(limiter, few, 3, what), 0)
  time.nowMs = 2000
  assert.equal(admitted(limiter, few, 3, what), 1)
})

test('RateLimiter takes an account, a region, a quota and a store each for itself', () => {
  const { limiter } = openLimiter()
  const stored = { 'kms.CreateKey': 1, 'kms.DisableKey': 1, 'kms.custom-key-store': 1 }
  const create = charged('kms.CreateKey')
  const others: readonly (readonly [Payer, Charged])[] = [
    [payer(stored), create],
    [payer(stored, { account: '444455556666' }), create],
    [payer(stored, { region: 'us-east-1' }), create],
    [payer(stored), charged('kms.DisableKey')],
    [payer(stored, { of: 'cks-1' }), charged('kms.custom-key-store')],
    [payer(stored, { of: 'cks-2' }), charged('kms.custom-key-store')],
  ]
  for (const [who, what] of others) assert.equal(admitted(limiter, who, 3, what), 1)
})

test('RateLimiter charges a call to two rates only when both have room', () => {
  const { limiter } = openLimiter()
  const who = payer({ 'kms.rsa': 1, 'kms.symmetric': 3 })
  const two = charged('kms.rsa', 'kms.symmetric')
  assert.equal(admitted(limiter, who, 5, two), 1)
  assert.equal(admitted(limiter, who, 5, charged('kms.symmetric')), 2)
})

test('RateLimiter admits what is not charged, and the default where nothing is set', () => {
  const { limiter } = openLimiter()
  assert.equal(admitted(limiter, payer({}), 100, []), 100)
  assert.equal(admitted(limiter, payer(undefined), 10_010, charged('kms.CreateKey')), 10_000)
})

test('limiters of several processes admit no more together than the quota, and each at least one at once', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 8 }),
      fc.array(fc.record({ process: fc.nat(7), afterMs: fc.nat(400) }), { maxLength: 300 }),
      (limit, processes, calls) => {
        const fleet = Array.from({ length: processes }, () => openLimiter(processes))
        const who = payer({ 'kms.CreateKey': limit })
        let nowMs = 0
        let count = 0
        for (const { process, afterMs } of calls) {
          nowMs += afterMs
          const one = fleet[process % processes]
          if (one === undefined) continue
          one.time.nowMs = nowMs
          if (one.limiter.admit(who, charged('kms.CreateKey'))) count += 1
        }
        const burst = Math.max(limit, processes)
        assert.ok(count <= burst + (nowMs / 1000) * limit + 0.01 * processes)
        if (calls.length > 0) assert.ok(count >= 1)
      },
    ),
  )
})

test('RateLimiter keeps a bounded number of allowances: made-up regions share one then', () => {
  const { time, limiter } = openLimiter()
  const stored = { 'kms.CreateKey': 1 }
  const what = charged('kms.CreateKey')
  for (let index = 0; index < ALLOWANCES_MAX; index += 1) {
    assert.ok(limiter.admit(payer(stored, { account: `a-${index}` }), what))
  }
  assert.ok(limiter.admit(payer(stored, { region: 'one-more' }), what))
  assert.equal(limiter.admit(payer(stored, { region: 'another' }), what), false)
  assert.ok(limiter.admit(payer(stored, { account: '444455556666', region: 'another' }), what))
  time.nowMs = 2000
  assert.ok(limiter.admit(payer(stored, { region: 'one-more' }), what))
  assert.ok(limiter.admit(payer(stored, { region: 'another' }), what))
})

test('RateLimiter notifies of a rate that is four fifths used, and of a refusal', () => {
  const { notified, limiter } = openLimiter()
  const who = payer({ 'kms.CreateKey': 10, 'kms.DisableKey': 1 })
  assert.equal(admitted(limiter, who, 7, charged('kms.CreateKey')), 7)
  assert.deepEqual(notified, [])
  limiter.admit(who, charged('kms.CreateKey'))
  const place = { account: ACCOUNT, region: 'eu-west-1' }
  assert.deepEqual(notified, [{ ...place, quota: 'kms.CreateKey', used: 8, limit: 10 }])
  assert.equal(admitted(limiter, who, 2, charged('kms.DisableKey')), 1)
  assert.deepEqual(notified.at(-1), { ...place, quota: 'kms.DisableKey', used: 1, limit: 1 })
})

test('RateLimiter notifies of an allowance that regions share once, whatever region is named', () => {
  const { notified, limiter } = openLimiter()
  const stored = { 'kms.CreateKey': 10 }
  for (let index = 0; index < REGIONS_MAX + 100; index += 1) {
    limiter.admit(payer(stored, { region: `r-${index}` }), charged('kms.CreateKey'))
  }
  assert.deepEqual(
    notified.map(({ region }) => region),
    [`r-${REGIONS_MAX}`],
  )
})

test('RateLimiter gives an account allowances of its own in so many regions, and one for all others', () => {
  const { time, limiter } = openLimiter()
  const stored = { 'kms.CreateKey': 1 }
  const what = charged('kms.CreateKey')
  const admitIn = (region: string, account = ACCOUNT): boolean =>
    limiter.admit(payer(stored, { region, account }), what)
  for (const atMs of [0, 10_000]) {
    time.nowMs = atMs
    for (let index = 0; index < REGIONS_MAX; index += 1) assert.ok(admitIn(`r-${index}`))
    assert.ok(admitIn('one-more'))
    assert.equal(admitIn('another'), false)
    assert.equal(admitIn('one-more'), false)
    assert.ok(admitIn('another', '444455556666'))
  }
})
