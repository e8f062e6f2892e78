import assert from 'node:assert/strict'
import { test } from 'node:test'
import { boundLargeHeap } from './heap-growth.ts'

const MIB = 1_048_576

test('the growth of a heap is bounded once it is large, and not before', () => {
  let usedBytes = 30 * MIB
  const flags: string[] = []
  const waiting: (() => void)[] = []
  const timers = {
    after: (_delayMs: number, task: () => void) => {
      waiting.push(task)
      return { cancel: () => void waiting.splice(0) }
    },
  }
  const stop = boundLargeHeap(
    timers,
    () => usedBytes,
    (flag) => void flags.push(flag),
  )
  waiting.shift()?.()
  assert.deepEqual(flags, [])
  usedBytes = 80 * MIB
  waiting.shift()?.()
  assert.deepEqual(flags, ['--heap-growing-percent=25'])
  assert.equal(waiting.length, 0)
  boundLargeHeap(
    timers,
    () => 0,
    () => {},
  )()
  assert.equal(waiting.length, 0)
  stop()
})
