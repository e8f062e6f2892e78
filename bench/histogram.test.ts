import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { openHistogram } from './histogram.ts'

test('a histogram without durations gives 0', () => {
  const histogram = openHistogram()
  assert.equal(histogram.count(), 0)
  assert.equal(histogram.percentileUs(0.99), 0)
})

test('a histogram gives exact percentiles below 64 microseconds', () => {
  const histogram = openHistogram()
  for (let durationUs = 1; durationUs <= 60; durationUs += 1) histogram.add(durationUs)
  assert.equal(histogram.percentileUs(0.5), 30)
  assert.equal(histogram.percentileUs(1), 60)
})

test('a histogram counts durations beyond its range as the longest', () => {
  const histogram = openHistogram()
  histogram.add(2 ** 40)
  histogram.add(-1)
  assert.equal(histogram.percentileUs(0.5), 0)
  assert.equal(histogram.percentileUs(1), 2 ** 31 - 1)
})

test('a percentile is at most 1 part in 64 above the true one, and never below it', () => {
  const durations = fc.array(fc.integer({ min: 0, max: 2 ** 31 - 1 }), { minLength: 1, maxLength: 200 })
  fc.assert(
    fc.property(durations, fc.constantFrom(0.01, 0.5, 0.9, 0.99, 1), (values, share) => {
      const histogram = openHistogram()
      for (const value of values) histogram.add(value)
      const truth = values.toSorted((left, right) => left - right)[Math.ceil(values.length * share) - 1] ?? 0
      const given = histogram.percentileUs(share)
      assert.ok(given >= truth)
      assert.ok(given <= truth * (1 + 1 / 64))
    }),
  )
})
