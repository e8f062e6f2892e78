import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { TestTime } from '../../test/support/audit-log.ts'
import { silentLog } from '../base/log.ts'
import { startJobs } from './scheduler.ts'

const EVERY_MS = 1000

test('startJobs runs a job at once and then at its interval', async () => {
  const time = new TestTime()
  let runs = 0
  const run = async (): Promise<void> => {
    runs += 1
  }
  const jobs = startJobs([{ name: 'count', everyMs: EVERY_MS, run }], { timers: time, log: silentLog })
  assert.equal(runs, 1)
  await turn()
  time.pass(EVERY_MS - 1)
  assert.equal(runs, 1)
  time.pass(1)
  assert.equal(runs, 2)
  await jobs.stop()
  time.pass(10 * EVERY_MS)
  assert.equal(runs, 2)
})

test('startJobs never runs a job twice at the same time, and stop waits for it', async () => {
  const time = new TestTime()
  const gate = Promise.withResolvers<void>()
  const state = { running: 0, most: 0 }
  const run = async (): Promise<void> => {
    state.running += 1
    state.most = Math.max(state.most, state.running)
    await gate.promise
    state.running -= 1
  }
  const jobs = startJobs([{ name: 'slow', everyMs: EVERY_MS, run }], { timers: time, log: silentLog })
  time.pass(5 * EVERY_MS)
  let stopped = false
  const stopping = jobs.stop().then(() => {
    stopped = true
  })
  await turn()
  assert.equal(stopped, false)
  gate.resolve()
  await stopping
  assert.deepEqual(state, { running: 0, most: 1 })
})

test('startJobs tries a job again that has failed, and says so', async () => {
  const time = new TestTime()
  const errors: string[] = []
  let runs = 0
  const run = async (): Promise<void> => {
    runs += 1
    if (runs === 1) throw new Error('no disk')
  }
  const log = { ...silentLog, error: (message: string) => void errors.push(message) }
  const jobs = startJobs([{ name: 'unlucky', everyMs: EVERY_MS, run }], { timers: time, log: log })
  await turn()
  assert.deepEqual(errors, ['the unlucky job failed and will be tried again: Error: no disk'])
  time.pass(EVERY_MS)
  assert.equal(runs, 2)
  await jobs.stop()
})

test('startJobs tells of each run whether it has succeeded', async () => {
  const time = new TestTime()
  const ended: [string, boolean][] = []
  const outcomes = [Promise.resolve(), Promise.reject(new Error('unlucky'))]
  outcomes[1]?.catch(() => {})
  const run = (): Promise<void> => outcomes.shift() ?? Promise.resolve()
  const jobs = startJobs([{ name: 'some', everyMs: EVERY_MS, run }], {
    timers: time,
    log: silentLog,
    ended: (job, succeeded) => void ended.push([job, succeeded]),
  })
  await turn()
  time.pass(EVERY_MS)
  await turn()
  await jobs.stop()
  assert.deepEqual(ended, [
    ['some', true],
    ['some', false],
  ])
})
