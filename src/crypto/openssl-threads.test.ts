import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { shareThreads } from './openssl-threads.ts'

test('the threads that the start asks for keep every core busy with signing', () => {
  for (const [cores, generating, using] of [
    [1, 1, 2],
    [2, 1, 3],
    [4, 2, 5],
    [8, 4, 9],
    [64, 32, 65],
  ] as const) {
    assert.deepEqual(shareThreads(cores, threadsOf(cores)), { generating, using })
  }
})

/** What `bin/holdfast` sets. */
function threadsOf(cores: number): number {
  return Math.floor((cores * 3 + 1) / 2) + 3
}

test('with any number of threads from 4 on, at least one is left to files', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 512 }), fc.integer({ min: 4, max: 1024 }), (cores, threads) => {
      const { generating, using } = shareThreads(cores, threads)
      assert.ok(generating >= 1 && using >= 1)
      assert.ok(generating + using < threads)
    }),
  )
})
