import assert from 'node:assert/strict'
import { test } from 'node:test'
import { unmatchedSamples } from '../support/call-samples.ts'

test('every operation has a sample of its calls, and every sample an operation', () => {
  assert.deepEqual(unmatchedSamples(), [])
})
