import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PENALTY_MAX_MS, Penalties, REFUSED_BURST, REFUSED_INTERVAL_MS } from './penalties.ts'

function opened() {
  const time = { ms: 1_000 }
  const penalties = new Penalties({ now: () => time.ms, monotonicMs: () => time.ms })
  return { penalties, time }
}

test('refusals of a source wait beyond a burst, each behind the one before', () => {
  const { penalties } = opened()
  for (let at = 0; at < REFUSED_BURST; at += 1) assert.equal(penalties.charge('a', 0), 0)
  assert.equal(penalties.charge('a', 0), REFUSED_INTERVAL_MS)
  assert.equal(penalties.charge('a', 0), 2 * REFUSED_INTERVAL_MS)
  assert.equal(penalties.debtMs('a'), 2 * REFUSED_INTERVAL_MS)
  assert.equal(penalties.charge('b', 0), 0)
  assert.equal(penalties.debtMs('c'), 0)
})

test('what a source owes goes with time', () => {
  const { penalties, time } = opened()
  for (let at = 0; at < REFUSED_BURST + 5; at += 1) penalties.charge('a', 0)
  time.ms += 4 * REFUSED_INTERVAL_MS
  assert.equal(penalties.debtMs('a'), REFUSED_INTERVAL_MS)
  time.ms += REFUSED_INTERVAL_MS
  assert.equal(penalties.debtMs('a'), 0)
})

test('bytes that were received in vain count, and nobody waits longer than the longest penalty', () => {
  const { penalties } = opened()
  assert.equal(penalties.charge('a', 8_191), 0)
  assert.equal(penalties.charge('a', (REFUSED_BURST - 1) * 8_192), REFUSED_INTERVAL_MS)
  assert.equal(penalties.charge('a', 1_073_741_824), PENALTY_MAX_MS)
  assert.equal(penalties.charge('a', 1_073_741_824), PENALTY_MAX_MS)
})

test('sources beyond those that are told apart share one allowance, until others owe nothing', () => {
  const { penalties, time } = opened()
  for (let source = 0; source < 4096; source += 1) penalties.charge(String(source), 0)
  for (let at = 0; at < REFUSED_BURST; at += 1) assert.equal(penalties.charge(`more ${at}`, 0), 0)
  assert.ok(penalties.charge('one more', 0) > 0)
  time.ms += REFUSED_INTERVAL_MS
  assert.equal(penalties.charge('another', 0), 0)
})

test('sources are looked through for those that owe nothing once in an interval', () => {
  const { penalties, time } = opened()
  for (let source = 0; source < 4096; source += 1) penalties.charge(String(source), 0)
  time.ms += REFUSED_INTERVAL_MS - 1
  for (let at = 0; at <= REFUSED_BURST; at += 1) penalties.charge(`more ${at}`, 0)
  time.ms += 1
  assert.ok(penalties.charge('before', 0) > 0)
  time.ms += REFUSED_INTERVAL_MS - 1
  assert.equal(penalties.charge('after', 0), 0)
})
