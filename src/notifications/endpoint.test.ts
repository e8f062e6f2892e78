import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { delayMs, isWanted } from './endpoint.ts'
import type { StreamEvent } from './notification.ts'

const EVENT: StreamEvent = {
  version: '0',
  id: 'i',
  'detail-type': 'Test',
  source: 'holdfast',
  account: '000000000000',
  time: '2026-11-24T12:00:00Z',
  region: 'us-east-1',
  resources: [],
  detail: {},
}

for (const [what, patterns, wanted] of [
  ['no patterns', undefined, true],
  ['a pattern of nothing in particular', [{}], true],
  ['its source', [{ sources: ['aws.kms', 'holdfast'] }], true],
  ['its type', [{ detailTypes: ['Test'] }], true],
  ['both', [{ sources: ['holdfast'], detailTypes: ['Test'] }], true],
  ['its source with another type', [{ sources: ['holdfast'], detailTypes: ['KMS CMK Rotation'] }], false],
  ['another source or its type', [{ sources: ['aws.kms'] }, { detailTypes: ['Test'] }], true],
  ['another source', [{ sources: ['aws.kms'] }], false],
] as const) {
  test(`an endpoint with ${what} ${wanted ? 'wants' : 'does not want'} an event`, () => {
    assert.equal(isWanted({ patterns }, EVENT), wanted)
  })
}

test('delayMs doubles with each failure, keeps at least half, and ends at two hours', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 100, max: 600_000 }),
      fc.integer({ min: 1, max: 1000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (first, failures, chance) => {
        const longest = Math.min(first * 2 ** (failures - 1), 7_200_000)
        const delay = delayMs(first, failures, chance)
        return delay >= Math.floor(longest / 2) && delay <= longest
      },
    ),
  )
  assert.equal(delayMs(5000, 1, 1), 5000)
  assert.equal(delayMs(5000, 3, 1), 20_000)
})
