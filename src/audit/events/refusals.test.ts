import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TestTime } from '../../../test/support/audit-log.ts'
import {
  ALL_REFUSALS_BURST,
  OTHER_SOURCES,
  REFUSAL_INTERVAL_MS,
  REFUSALS_BURST,
  RefusalLimiter,
  RefusalSummaries,
  type RefusalSummary,
  SOURCES_MAX,
  SUMMARIES_MAX,
  SUMMARY_INTERVAL_MS,
} from './refusals.ts'

test('RefusalLimiter admits a burst of a source, then one per interval, and counts the others', () => {
  const time = new TestTime()
  const limiter = new RefusalLimiter(time)
  const admitted = () =>
    Array.from({ length: REFUSALS_BURST + 5 }, () => limiter.admit('192.0.2.1')).filter(Boolean)
  assert.equal(admitted().length, REFUSALS_BURST)
  assert.equal(limiter.admit('192.0.2.2'), true)
  const firstAt = time.now()
  time.pass(REFUSAL_INTERVAL_MS)
  assert.equal(admitted().length, 1)
  const [summary, ...others] = limiter.takeSummaries()
  assert.deepEqual(summary, {
    source: '192.0.2.1',
    count: 5 + REFUSALS_BURST + 4,
    firstAt,
    lastAt: time.now(),
  })
  assert.deepEqual(others, [])
  assert.deepEqual(limiter.takeSummaries(), [])
})

test('RefusalLimiter takes an IPv6 network for one source and a mapped address for IPv4', () => {
  const limiter = new RefusalLimiter(new TestTime())
  for (let index = 0; index < REFUSALS_BURST; index += 1) assert.ok(limiter.admit(`2001:db8::${index}`))
  assert.equal(limiter.admit('2001:db8:0:0:1:2:3:4'), false)
  assert.equal(limiter.admit('2001:db8:0:1::1'), true)
  for (let index = 0; index < REFUSALS_BURST; index += 1) assert.ok(limiter.admit('::ffff:192.0.2.1'))
  assert.equal(limiter.admit('192.0.2.1'), false)
  assert.deepEqual(
    limiter.takeSummaries().map(({ source }) => source),
    ['2001:db8:0:0::/64', '192.0.2.1'],
  )
})

test('RefusalLimiter bounds what all sources get, what it tracks and what it sums up', () => {
  const limiter = new RefusalLimiter(new TestTime())
  let admitted = 0
  const calls = SOURCES_MAX * 3
  for (let index = 0; index < calls; index += 1) admitted += limiter.admit(`source ${index}`) ? 1 : 0
  assert.equal(admitted, ALL_REFUSALS_BURST)
  const summaries = limiter.takeSummaries()
  assert.equal(summaries.length, SUMMARIES_MAX)
  assert.equal(summaries.at(-1)?.source, OTHER_SOURCES)
  assert.equal(
    summaries.reduce((sum, { count }) => sum + count, 0),
    calls - admitted,
  )
})

test('RefusalSummaries hands out what was counted, each minute until it is disposed', () => {
  const time = new TestTime()
  const limiter = new RefusalLimiter(time)
  const summaries: RefusalSummary[] = []
  const ticker = new RefusalSummaries(limiter, time, (summary) => summaries.push(summary))
  const refuse = () => Array.from({ length: REFUSALS_BURST + 1 }, () => limiter.admit('192.0.2.1'))
  refuse()
  time.pass(SUMMARY_INTERVAL_MS - 1)
  assert.equal(summaries.length, 0)
  time.pass(1)
  assert.deepEqual(
    summaries.map(({ count }) => count),
    [1],
  )
  refuse()
  time.pass(SUMMARY_INTERVAL_MS)
  assert.equal(summaries.length, 2)
  refuse()
  ticker[Symbol.dispose]()
  time.pass(SUMMARY_INTERVAL_MS)
  assert.equal(summaries.length, 2)
})
