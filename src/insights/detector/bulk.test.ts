import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  DAY,
  detect,
  quietDays,
  TEST_RULES,
  TEST_START,
  testFact,
} from '../../../test/support/insight-facts.ts'
import type { EventFact } from './fact.ts'

const LEARNED = quietDays(8)
const NOW = 8 * DAY

/** So many Decrypt calls in the first minutes of ten, each as the function says. */
function calls(second: number, count: number, each: (index: number) => Partial<EventFact> = () => ({})) {
  return Array.from({ length: count }, (_, index) => testFact(second + (index % 300), each(index)))
}

function bulk(facts: readonly EventFact[], until?: number) {
  const options = until === undefined ? {} : { until }
  return detect([...LEARNED, ...facts], options).filter(({ type }) => type === 'BulkDecryptInsight')
}

test('many Decrypt calls in ten minutes are told as soon as they are too many, and their end', () => {
  const [start, end, ...more] = bulk(calls(NOW, 500), NOW + 2000)
  assert.deepEqual(more, [])
  assert.equal(start?.state, 'Start')
  assert.deepEqual(start?.subject, { principal: 'alice' })
  assert.equal(start?.second, TEST_START + NOW)
  assert.equal(end?.state, 'End')
  assert.equal(end?.second, TEST_START + NOW + 600)
  assert.equal(end?.insight, 50)
  assert.equal(end?.insightMinutes, 10)
  assert.equal(end?.sharedId, start?.sharedId)
})

test('calls, contexts and keys each have a limit of their own', () => {
  const { bulkCallsMin, bulkContextsMin, bulkKeysMin } = TEST_RULES
  const contexts = (index: number) => ({ context: String(index) })
  const keys = (index: number) => ({ keys: [`key-${index}`] })
  assert.equal(bulk(calls(NOW, bulkCallsMin)).length, 1)
  assert.equal(bulk(calls(NOW, bulkCallsMin - 1)).length, 0)
  assert.equal(bulk(calls(NOW, bulkContextsMin, contexts)).length, 1)
  assert.equal(bulk(calls(NOW, bulkContextsMin - 1, contexts)).length, 0)
  assert.equal(bulk(calls(NOW, bulkKeysMin, keys)).length, 1)
  assert.equal(bulk(calls(NOW, bulkKeysMin - 1, keys)).length, 0)
})

test('other operations, and calls that fail, are not counted', () => {
  assert.deepEqual(bulk(calls(NOW, 500, () => ({ operation: 'Encrypt' }))), [])
  assert.deepEqual(bulk(calls(NOW, 500, () => ({ error: 'AccessDenied', isUse: false }))), [])
})

test('who decrypts as much every day may', () => {
  const days = [...Array(9).keys()].flatMap((day) => calls(day * DAY + 3600, 500))
  const all = [...quietDays(9), ...days].sort((a, b) => a.second - b.second)
  assert.deepEqual(
    detect(all).filter(({ type }) => type === 'BulkDecryptInsight'),
    [],
  )
})

test('bulk of every day is told twice', () => {
  const days = [8, 9, 10, 11].flatMap((day) => calls(day * DAY, 500))
  const all = [...quietDays(12), ...days].sort((a, b) => a.second - b.second)
  const found = detect(all, { until: 12 * DAY }).filter(({ state }) => state === 'Start')
  assert.equal(found.filter(({ type }) => type === 'BulkDecryptInsight').length, 2)
})

test('a principal that is new may do three times as much', () => {
  const few = calls(NOW, 3 * TEST_RULES.bulkCallsMin - 1, () => ({ principal: 'eve' }))
  assert.deepEqual(bulk(few), [])
  const many = calls(NOW, 3 * TEST_RULES.bulkCallsMin, () => ({ principal: 'eve' }))
  assert.equal(bulk(many).length, 1)
})
