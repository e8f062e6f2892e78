import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  DAY,
  detect,
  minuteOf,
  quietDays,
  TEST_RULES,
  TEST_START,
  testFact,
} from '../../../test/support/insight-facts.ts'

const LEARNED = quietDays(8)
const NOW = 8 * DAY

function starts(found: ReturnType<typeof detect>) {
  return found.filter(({ state, type }) => state === 'Start' && type.startsWith('Api'))
}

test('a minute of many calls begins insights of the account, the principal and the key, which end after it', () => {
  const burst = [...minuteOf(NOW, 100), ...minuteOf(NOW + 60, 50)]
  const found = detect([...LEARNED, ...burst], { until: NOW + 600 })
  const rates = found.filter(({ type }) => type === 'ApiCallRateInsight')
  assert.deepEqual(
    rates.map(({ state, subject }) => [state, subject]),
    [
      ['Start', {}],
      ['Start', { key: 'key-1' }],
      ['Start', { principal: 'alice' }],
      ['End', {}],
      ['End', { key: 'key-1' }],
      ['End', { principal: 'alice' }],
    ],
  )
  const [start, , , end] = rates
  assert.equal(start?.second, TEST_START + NOW)
  assert.equal(start?.insight, 100)
  assert.equal(start?.insightMinutes, 1)
  assert.equal(start?.baselineMinutes, 10_080)
  assert.ok(Math.abs((start?.baseline ?? 0) - 1) < 0.01, String(start?.baseline))
  assert.equal(end?.second, TEST_START + NOW + 120)
  assert.equal(end?.insight, 75)
  assert.equal(end?.insightMinutes, 2)
  assert.equal(end?.sharedId, start?.sharedId)
  assert.notEqual(end?.id, start?.id)
})

test('an insight says whose calls they were, with what, and how many each makes usually', () => {
  const burst = minuteOf(NOW, 60).map((fact, index) => (index < 20 ? { ...fact, principal: 'bob' } : fact))
  const found = detect([...LEARNED, ...burst], { until: NOW + 600 })
  const account = starts(found).find(({ subject }) => Object.keys(subject).length === 0)
  const [who, agents, errors] = account?.attributions ?? []
  assert.deepEqual(who?.insight, [
    { value: 'alice', average: 40 },
    { value: 'bob', average: 20 },
  ])
  assert.equal(who?.baseline[0]?.value, 'alice')
  assert.deepEqual(agents?.insight, [{ value: 'test', average: 60 }])
  assert.deepEqual(errors?.insight, [{ value: 'null', average: 60 }])
})

test('as many calls as the rules want begin an insight, and one fewer none', () => {
  const few = detect([...LEARNED, ...minuteOf(NOW, TEST_RULES.callsMin - 1)], { until: NOW + 600 })
  assert.deepEqual(starts(few), [])
  const enough = detect([...LEARNED, ...minuteOf(NOW, TEST_RULES.callsMin)], { until: NOW + 600 })
  assert.equal(starts(enough).length, 3)
})

test('errors of one code begin insights that name it', () => {
  const denied = { error: 'AccessDenied', isUse: false }
  const burst = minuteOf(NOW, TEST_RULES.errorsMin, denied)
  const found = starts(detect([...LEARNED, ...burst], { until: NOW + 600 }))
  assert.deepEqual(
    new Set(found.map(({ type, errorCode }) => `${type} ${errorCode}`)),
    new Set(['ApiErrorRateInsight AccessDenied']),
  )
  const fewer = minuteOf(NOW, TEST_RULES.errorsMin - 1, denied)
  assert.deepEqual(starts(detect([...LEARNED, ...fewer], { until: NOW + 600 })), [])
})

test('nothing is unusual in the first week, nor in the first after a week of silence', () => {
  const early = 6 * DAY
  assert.deepEqual(starts(detect([...quietDays(6), ...minuteOf(early, 500)], { until: early + 600 })), [])
  const later = 20 * DAY
  assert.deepEqual(starts(detect([...LEARNED, ...minuteOf(later, 500)], { until: later + 600 })), [])
})

test('a burst of every day is usual at its hour', () => {
  const days = Array.from({ length: 9 }, (_, day) => minuteOf(day * DAY + 7200, 200)).flat()
  const all = [...quietDays(9), ...days].sort((a, b) => a.second - b.second)
  assert.deepEqual(starts(detect(all, { until: 9 * DAY })), [])
})

test('a burst that comes again on another day is told twice and is usual then', () => {
  const days = [8, 9, 10, 11].flatMap((day) => minuteOf(day * DAY, 200))
  const all = [...quietDays(12), ...days].sort((a, b) => a.second - b.second)
  const found = starts(detect(all, { until: 12 * DAY }))
  const seconds = new Set(found.map(({ second }) => second - TEST_START))
  assert.deepEqual(seconds, new Set([8 * DAY, 9 * DAY]))
})

test('an insight that lasts a day is the new normal', () => {
  const more = Array.from({ length: 3 * 1440 }, (_, minute) => minuteOf(NOW + minute * 60, 40)).flat()
  const found = detect([...LEARNED, ...more], { until: NOW + 3 * DAY })
  assert.equal(starts(found).length, 3)
  const end = found.find(({ state }) => state === 'End')
  assert.equal(end?.insightMinutes, 1441)
})

test('an event of a minute that was judged counts for the next one', () => {
  const late = [...minuteOf(NOW, 10), testFact(NOW + 180), ...minuteOf(NOW, 100)]
  const found = starts(detect([...LEARNED, ...late], { until: NOW + 900 }))
  assert.deepEqual(new Set(found.map(({ second }) => second - TEST_START)), new Set([NOW + 120]))
})
