import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Timers } from '../base/ports.ts'
import { DOCUMENT_TIMEOUT_MS, readInTime } from './body.ts'
import { S3Error } from './s3-error.ts'

/** Timers that run their tasks when told, and the delays that were asked for. */
function timersByHand() {
  const tasks = new Map<() => void, number>()
  const timers: Timers = {
    after: (delayMs, task) => {
      tasks.set(task, delayMs)
      return { cancel: () => void tasks.delete(task) }
    },
  }
  return { timers, tasks }
}

test('a document that is there in time is read whole, and leaves no timer', async () => {
  const { timers, tasks } = timersByHand()
  async function* pieces(): AsyncIterable<Uint8Array> {
    yield Buffer.from('one ')
    yield Buffer.from('two')
  }
  assert.equal(Buffer.from(await readInTime(pieces(), timers)).toString(), 'one two')
  assert.equal(tasks.size, 0)
})

test('a document that keeps arriving is refused at the end of its time in all', async () => {
  const { timers, tasks } = timersByHand()
  const half = Promise.withResolvers<void>()
  async function* pieces(): AsyncIterable<Uint8Array> {
    yield Buffer.from('one ')
    half.resolve()
    await new Promise(() => {})
  }
  const reading = readInTime(pieces(), timers)
  await half.promise
  assert.deepEqual([...tasks.values()], [DOCUMENT_TIMEOUT_MS])
  for (const task of tasks.keys()) task()
  await assert.rejects(reading, (error) => error instanceof S3Error && error.code === 'RequestTimeout')
  assert.equal(tasks.size, 0)
})
