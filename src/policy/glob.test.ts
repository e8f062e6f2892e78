import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { EVALUATION_MAX_STEPS, EvaluationLimitError, startEvaluation } from './evaluation.ts'
import { textTest } from './pattern.ts'

const WILDCARDS = { wildcards: true, variables: false }

function matches(pattern: string, text: string): boolean {
  return textTest(pattern, WILDCARDS)(
    text,
    startEvaluation(() => undefined),
  )
}

/** The definition itself, in exponential time, over characters. */
function naive(pattern: readonly string[], text: readonly string[]): boolean {
  const [wanted, ...patternRest] = pattern
  if (wanted === undefined) return text.length === 0
  const [found, ...textRest] = text
  if (wanted === '*') return naive(patternRest, text) || (found !== undefined && naive(pattern, textRest))
  return found !== undefined && (wanted === '?' || wanted === found) && naive(patternRest, textRest)
}

test('a pattern matches what the definition says', () => {
  const character = fc.constantFrom('a', 'b', '😀')
  const text = fc.array(character, { maxLength: 7 })
  const pattern = fc.array(fc.oneof(character, fc.constantFrom('*', '?')), { maxLength: 7 })
  fc.assert(
    fc.property(pattern, text, (wanted, found) => {
      assert.equal(matches(wanted.join(''), found.join('')), naive(wanted, found))
    }),
    { numRuns: 5000 },
  )
})

test('a question mark matches one character beyond the basic plane, not half of one', () => {
  assert.equal(matches('?', '😀'), true)
  assert.equal(matches('??', '😀'), false)
  assert.equal(matches('*???', '😀x'), false)
})

test('10,000 wildcards match 100,000 characters in bounded steps', () => {
  assert.equal(matches('*a'.repeat(10_000), 'a'.repeat(100_000)), true)
  assert.equal(matches('*?'.repeat(10_000), 'a'.repeat(100_000)), true)
  assert.equal(matches('*'.repeat(10_000), 'a'.repeat(100_000)), true)
  assert.equal(matches(`${'*ab'.repeat(10_000)}*`, 'ab'.repeat(10_000)), true)
  assert.equal(matches(`${'*a'.repeat(10_000)}b`, 'a'.repeat(100_000)), false)
})

test('a match that takes text × pattern steps ends at the limit', () => {
  const evaluation = startEvaluation(() => undefined)
  const wanted = textTest(`*${'a?'.repeat(5000)}b*`, WILDCARDS)
  assert.throws(() => wanted('a'.repeat(100_000), evaluation), EvaluationLimitError)
  assert.ok(evaluation.remaining < 0 && evaluation.remaining >= -1)
})

test('a long text between stars is found in steps by the length of the text alone', () => {
  const evaluation = startEvaluation(() => undefined)
  const wanted = textTest(`*${'a'.repeat(10_000)}b*`, WILDCARDS)
  assert.equal(wanted('a'.repeat(100_000), evaluation), false)
  assert.equal(wanted(`${'a'.repeat(100_000)}bc`, evaluation), true)
  assert.ok(EVALUATION_MAX_STEPS - evaluation.remaining < 100_000)
})

test('matching spends at most text × pattern steps', () => {
  const character = fc.constantFrom('a', 'b')
  const text = fc.string({ unit: character, maxLength: 40 })
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 20 })
  fc.assert(
    fc.property(pattern, text, (wanted, found) => {
      const evaluation = startEvaluation(() => undefined)
      textTest(wanted, WILDCARDS)(found, evaluation)
      const spent = EVALUATION_MAX_STEPS - evaluation.remaining
      assert.ok(spent <= (found.length + 2) * (wanted.length + 2))
    }),
  )
})
