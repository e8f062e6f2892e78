import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { DAY, detect, minuteOf, quietDays, restarted, testFact } from '../../../test/support/insight-facts.ts'
import type { Anomaly } from './anomaly.ts'
import { CONTEXTS_MAX, DECRYPTERS_MAX } from './bulk.ts'
import { newDetector } from './detector.ts'
import type { EventFact } from './fact.ts'
import { KNOWN_MAX, memberScope } from './known.ts'
import { KEYS_MAX, NETWORKS_MAX, PAIRS_MAX } from './novelty.ts'
import { SERIES_MAX } from './rates.ts'
import { insightRules } from './rules.ts'

/** Rules by which a few calls are much, and an hour is long. */
const EAGER = {
  ...insightRules('normal', 0),
  learningSeconds: 3600,
  callsMin: 3,
  errorsMin: 2,
  bulkCallsMin: 6,
  bulkContextsMin: 3,
  bulkKeysMin: 2,
}
const HOURS = 6

const event = fc.record({
  second: fc.integer({ min: 0, max: HOURS * 3600 }),
  principal: fc.constantFrom('alice', 'bob', ''),
  operation: fc.constantFrom('Decrypt', 'Encrypt'),
  keys: fc.subarray(['key-1', 'key-2', 'key-3']),
  network: fc.constantFrom('192.0.2.0/24', '198.51.100.0/24', ''),
  error: fc.constantFrom('', '', 'AccessDenied'),
  context: fc.constantFrom('a', 'b', 'c', 'd'),
})

/** Some events, and bursts of the same event, in order of time. */
const events = fc
  .array(fc.tuple(event, fc.constantFrom(1, 1, 5, 12)), { minLength: 1, maxLength: 60 })
  .map((all): readonly EventFact[] =>
    all
      .flatMap(([one, times]) =>
        Array.from({ length: times }, () =>
          testFact(one.second, { ...one, second: testFact(one.second).second, isUse: one.error === '' }),
        ),
      )
      .sort((a, b) => a.second - b.second),
  )

const END = { rules: EAGER, until: HOURS * 3600 + 3600 }

test('a detector that is stopped and started again anywhere finds the same', () => {
  fc.assert(
    fc.property(events, fc.nat(), (facts, at) => {
      const whole = detect(facts, END)
      const state = newDetector()
      const cut = at % (facts.length + 1)
      const before = detect(facts.slice(0, cut), { rules: EAGER, state })
      const after = detect(facts.slice(cut), { ...END, state: restarted(state) })
      assert.deepEqual([...before, ...after], whole)
    }),
  )
})

test('what is found does not depend on the order of events within a minute', () => {
  fc.assert(
    fc.property(events, fc.infiniteStream(fc.nat()), (facts, numbers) => {
      const minute = ({ second }: EventFact): number => Math.floor(second / 60)
      const shuffled = facts
        .map((fact) => ({ fact, order: numbers.next().value }))
        .sort((a, b) => minute(a.fact) - minute(b.fact) || a.order - b.order)
        .map(({ fact }) => fact)
      assert.deepEqual(idsOf(detect(shuffled, END)), idsOf(detect(facts, END)))
    }),
  )
})

test('the first of a minute is told under one id, whichever call comes first', () => {
  const days = 100
  const known = ['alice', 'bob'].flatMap((principal) => [
    testFact(0, { principal }),
    testFact(60, { principal }),
  ])
  const again = [
    testFact(days * DAY, {
      principal: 'bob',
      operation: 'Encrypt',
      network: '198.51.100.0/24',
      keys: ['key-1', 'key-2'],
    }),
    testFact(days * DAY, {
      principal: 'bob',
      operation: 'Decrypt',
      network: '198.51.100.0/24',
      keys: ['key-1', 'key-2'],
    }),
    testFact(days * DAY, { principal: 'alice', keys: ['key-1', 'key-2'] }),
  ]
  const end = { until: days * DAY + 3600 }
  const found = detect([...known, ...again], end)
  const types = new Set<string>(found.map(({ type }) => type))
  assert.ok(types.has('DormantKeyUseInsight') && types.has('NewNetworkInsight'), [...types].join())
  assert.deepEqual(idsOf(detect([...known, ...again.toReversed()], end)), idsOf(found))
})

test('no id comes twice, and an end has a start', () => {
  fc.assert(
    fc.property(events, (facts) => {
      const found = detect(facts, END)
      assert.equal(new Set(found.map(({ id }) => id)).size, found.length)
      const begun = new Set<string>()
      for (const { state, sharedId } of found) {
        if (state === 'Start') begun.add(sharedId)
        else assert.ok(begun.delete(sharedId))
      }
    }),
  )
})

test('traffic that is always the same shows nothing after the first week', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 60 }), (perCall, every) => {
      const facts = Array.from({ length: (16 * 1440) / every }, (_, index) =>
        minuteOf(index * every * 60, perCall),
      )
      assert.deepEqual(detect(facts.flat(), { until: 16 * DAY }), [])
    }),
    { numRuns: 4 },
  )
})

test('what is remembered is bounded, whatever comes', () => {
  const state = newDetector()
  const count = KNOWN_MAX + 1000
  for (let index = 0; index < count; index += 1) {
    const name = String(index)
    const fact = testFact(Math.floor(index / 100) * 60, { principal: name, keys: [name], network: name })
    detect([fact], { state })
  }
  detect([], { state, until: count })
  assert.equal(state.known.size, KNOWN_MAX)
  assert.equal(state.novelty.keys.size, KEYS_MAX)
  assert.equal(state.novelty.pairs.size, PAIRS_MAX)
  assert.equal(state.bulk.decrypters.size, DECRYPTERS_MAX)
  assert.equal(state.rates.series.size, SERIES_MAX)
  for (let index = 0; index < 1000; index += 1) {
    detect([testFact(count, { network: String(index), context: String(index) })], { state })
  }
  const alice = memberScope(testFact(count), 'alice')
  assert.equal(state.novelty.callers.get(alice)?.size, NETWORKS_MAX)
  assert.equal(state.bulk.decrypters.get(alice)?.contexts.size, CONTEXTS_MAX)
})

test('a week that is forgotten by one detector is forgotten by one that was started again', () => {
  const state = newDetector()
  detect(quietDays(8), { state })
  const burst = minuteOf(8 * DAY, 200)
  const until = 8 * DAY + 900
  assert.deepEqual(detect(burst, { state: restarted(state), until }), detect(burst, { state, until }))
})

function idsOf(found: readonly Anomaly[]): readonly string[] {
  return found.map(({ id }) => id).sort()
}
