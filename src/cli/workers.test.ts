import assert from 'node:assert/strict'
import { test } from 'node:test'
import { workerEnvironment } from './workers.ts'

test('workers divide the threads, and each has enough to sign, to generate and to write', () => {
  for (const [given, workers, part] of [
    ['6', 1, '6'],
    ['6', 2, '5'],
    ['15', 2, '8'],
    ['15', 8, '5'],
    ['99', 64, '5'],
    ['4', 2, '4'],
  ] as const) {
    assert.equal(workerEnvironment({ UV_THREADPOOL_SIZE: given }, workers)['UV_THREADPOOL_SIZE'], part)
  }
})

test('a worker has the rest of the environment as it is, and no threads are made up', () => {
  assert.deepEqual(workerEnvironment({ A: 'b' }, 2), { A: 'b' })
  assert.deepEqual(workerEnvironment({ UV_THREADPOOL_SIZE: 'many' }, 2), { UV_THREADPOOL_SIZE: 'many' })
})
