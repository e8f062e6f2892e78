import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeKeys, encodeDistances } from './posting-block.ts'

test('decodeKeys gives back what encodeDistances was given', () => {
  const keys = fc.uniqueArray(fc.maxSafeNat(), { minLength: 1, maxLength: 50 })
  fc.assert(
    fc.property(keys, (unsorted) => {
      const sorted = unsorted.toSorted((a, b) => a - b)
      const decoded: number[] = []
      decodeKeys(sorted[0] ?? 0, encodeDistances(sorted), (key) => void decoded.push(key))
      assert.deepEqual(decoded, sorted)
    }),
  )
})

test('neighbours within one second need one byte each', () => {
  assert.equal(encodeDistances(Array.from({ length: 100 }, (_, index) => 2 ** 51 + index)).length, 99)
})
