import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock, Timers } from '../base/ports.ts'
import { ShownProgress } from './progress.ts'

test('work that takes longer than two seconds shows what it does, each second until it ends', () => {
  let now = 0
  let next: { readonly atMs: number; readonly task: () => void } | undefined
  const clock: Clock = { now: () => now, monotonicMs: () => now }
  const timers: Timers = {
    after: (delayMs, task) => {
      next = { atMs: now + delayMs, task }
      return {
        cancel: () => {
          next = undefined
        },
      }
    },
  }
  const pass = (toMs: number): void => {
    while (next !== undefined && next.atMs <= toMs) {
      now = next.atMs
      next.task()
    }
    now = toMs
  }
  const shown: (string | undefined)[] = []
  {
    using progress = new ShownProgress((line) => void shown.push(line), { clock, timers })
    progress.report('reading the audit log')
    pass(1999)
    assert.deepEqual(shown, [])
    pass(2000)
    progress.read(1_572_864)
    pass(3500)
  }
  pass(10_000)
  assert.deepEqual(shown, [
    'reading the audit log: 2 s',
    'reading the audit log: 3 s, 1.5 MiB read',
    undefined,
  ])
})
