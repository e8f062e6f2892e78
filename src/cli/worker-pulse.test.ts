import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { PulseWatch, SILENT_TICKS_MAX, type Watched } from './worker-pulse.ts'

class FakeWorker extends EventEmitter implements Watched {
  readonly pid = 1
  readonly killed: string[] = []

  kill(signal: string): boolean {
    this.killed.push(signal)
    return true
  }
}

function opened(count: number) {
  const tasks: (() => void)[] = []
  const timers = {
    after: (_: number, task: () => void) => {
      tasks.push(task)
      return { cancel: () => void tasks.splice(0) }
    },
  }
  const log = { info: () => {}, warn: () => {}, error: () => {} }
  const watch = new PulseWatch(timers, log)
  const workers = Array.from({ length: count }, () => new FakeWorker())
  for (const worker of workers) watch.add(worker)
  const tick = (times: number): void => {
    for (let done = 0; done < times; done += 1) tasks.shift()?.()
  }
  return { watch, workers, tick, tasks }
}

test('a worker that says nothing for ten ticks is ended, once', () => {
  const { workers, tick } = opened(2)
  const [silent, alive] = workers
  for (let done = 0; done < 3 * SILENT_TICKS_MAX; done += 1) {
    alive?.emit('message', { pulse: true })
    silent?.emit('message', { metricsTicket: 1 })
    assert.deepEqual(silent?.killed, done < SILENT_TICKS_MAX ? [] : ['SIGKILL'])
    tick(1)
  }
  assert.deepEqual(alive?.killed, [])
})

test('of workers that are all silent one is ended at a time', () => {
  const { workers, tick } = opened(3)
  const ended = (): number => workers.filter(({ killed }) => killed.length > 0).length
  for (let expected = 1; expected <= 3; expected += 1) {
    tick(SILENT_TICKS_MAX - 1)
    assert.equal(ended(), expected - 1)
    tick(1)
    assert.equal(ended(), expected)
  }
})

test('a worker that has ended is not watched, and nothing is once the watch is closed', () => {
  const { watch, workers, tick, tasks } = opened(1)
  for (const worker of workers) watch.remove(worker)
  for (const worker of workers) worker.emit('message', { pulse: true })
  tick(2 * SILENT_TICKS_MAX)
  assert.deepEqual(workers[0]?.killed, [])
  watch[Symbol.dispose]()
  assert.equal(tasks.length, 0)
})
