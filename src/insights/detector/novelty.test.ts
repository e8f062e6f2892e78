import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DAY, detect, quietDays, TEST_START, testFact } from '../../../test/support/insight-facts.ts'
import { DORMANT_SECONDS } from './novelty.ts'
import { insightRules } from './rules.ts'

const LEARNED = [...quietDays(8), testFact(8 * DAY, { principal: 'bob', keys: ['key-2'] })]
const NOW = 10 * DAY

function subjects(facts: Parameters<typeof detect>[0], type: string) {
  const found = detect(facts).filter((one) => one.type === type)
  return found.map(({ subject, second }) => ({ ...subject, at: second - TEST_START }))
}

test('a principal that uses a key of others for the first time is told once', () => {
  const uses = [testFact(NOW + 61, { principal: 'bob' }), testFact(NOW + 62, { principal: 'bob' })]
  const found = subjects([...LEARNED, ...uses], 'KeyFirstUseInsight')
  assert.deepEqual(found, [{ principal: 'bob', key: 'key-1', at: NOW + 60 }])
})

test('a call that fails or only looks at a key is no use of it', () => {
  const looks = [testFact(NOW, { principal: 'bob', isUse: false })]
  assert.deepEqual(subjects([...LEARNED, ...looks], 'KeyFirstUseInsight'), [])
})

test('whoever uses a key on its first day was meant to; a day later they were not', () => {
  const made = testFact(NOW, { keys: ['key-3'], operation: 'CreateKey', isUse: false })
  const onTheDay = testFact(NOW + DAY - 60, { principal: 'bob', keys: ['key-3'] })
  assert.deepEqual(subjects([...LEARNED, made, onTheDay], 'KeyFirstUseInsight'), [])
  const after = testFact(NOW + DAY, { principal: 'carol', keys: ['key-3'] })
  assert.equal(subjects([...LEARNED, made, after], 'KeyFirstUseInsight').length, 1)
})

test('without a time of learning every first use is told', () => {
  const found = detect([testFact(0)], { rules: insightRules('normal', 0) })
  assert.deepEqual(
    found.map(({ type }) => type),
    ['KeyFirstUseInsight', 'NewNetworkInsight'],
  )
})

test('a key that was not used for 90 days is told when it is used, and one of 89 days is not', () => {
  const use = testFact(0, { keys: ['old'] })
  const back = (second: number) =>
    subjects([use, testFact(second, { keys: ['old'] })], 'DormantKeyUseInsight')
  assert.deepEqual(back(DORMANT_SECONDS), [{ principal: 'alice', key: 'old', at: DORMANT_SECONDS }])
  assert.deepEqual(back(DORMANT_SECONDS - 60), [])
})

test('looking at a key does not keep it from being unused', () => {
  const looks = [testFact(0, { keys: ['old'] }), testFact(80 * DAY, { keys: ['old'], isUse: false })]
  const back = testFact(91 * DAY, { keys: ['old'] })
  assert.equal(subjects([...looks, back], 'DormantKeyUseInsight').length, 1)
})

test('a principal that calls from another network is told once for it', () => {
  const away = { network: '198.51.100.0/24' }
  const found = subjects([...LEARNED, testFact(NOW, away), testFact(NOW + 300, away)], 'NewNetworkInsight')
  assert.deepEqual(found, [{ principal: 'alice', network: '198.51.100.0/24', at: NOW }])
})

test('a network is forgotten after 30 days', () => {
  const away = { network: '198.51.100.0/24' }
  const home = (days: number) => [...LEARNED, testFact(NOW, away), testFact(NOW + days * DAY, away)]
  assert.equal(subjects(home(29), 'NewNetworkInsight').length, 1)
  assert.equal(subjects(home(30), 'NewNetworkInsight').length, 2)
})

test('the third new network of two weeks is nothing unusual', () => {
  const road = [0, 1, 2].map((day) => testFact(NOW + day * DAY, { network: `198.51.${day}.0/24` }))
  assert.equal(subjects([...LEARNED, ...road], 'NewNetworkInsight').length, 2)
})

test('the networks of a first day back after a week are not new ones that hide another', () => {
  const early = testFact(-30 * DAY)
  const nets = [0, 1].map((index) => testFact(60 * index, { network: `10.0.${index}.0/24` }))
  const away = testFact(NOW, { network: '198.51.100.0/24' })
  const found = subjects([early, ...nets, ...LEARNED, away], 'NewNetworkInsight')
  assert.ok(found.some(({ network }) => network === '198.51.100.0/24'))
})
