import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Gate } from './gate.ts'
import { OffloadError } from './offload.ts'

/** Tasks that a test ends one by one. */
function openTasks() {
  const begun: number[] = []
  const ends: PromiseWithResolvers<number>[] = []
  const task = (index: number) => (): Promise<number> => {
    begun.push(index)
    ends[index] = Promise.withResolvers<number>()
    return ends[index].promise
  }
  return { begun, ends, task }
}

/** Until everything that can go on has gone on. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

test('a gate lets as many tasks in as it is made for, and the others in their order', async () => {
  const gate = new Gate({ atOnce: 2, waitingMax: 10 })
  const { begun, ends, task } = openTasks()
  const results = [0, 1, 2, 3].map((index) => gate.run(task(index)))
  await settled()
  assert.deepEqual(begun, [0, 1])
  ends[1]?.resolve(10)
  assert.equal(await results[1], 10)
  await settled()
  assert.deepEqual(begun, [0, 1, 2])
  ends[0]?.resolve(0)
  await settled()
  assert.deepEqual(begun, [0, 1, 2, 3])
  ends[2]?.resolve(20)
  ends[3]?.resolve(30)
  assert.deepEqual(await Promise.all(results), [0, 10, 20, 30])
})

test('a task that fails gives its place to the next', async () => {
  const gate = new Gate({ atOnce: 1, waitingMax: 10 })
  const failing = gate.run(() => Promise.reject(new Error('no')))
  const next = gate.run(async () => 'yes')
  await assert.rejects(failing, /^Error: no$/)
  assert.equal(await next, 'yes')
  assert.equal(await gate.run(async () => 'again'), 'again')
})

test('a gate refuses what would wait beyond its limit, and takes more once there is room', async () => {
  const gate = new Gate({ atOnce: 1, waitingMax: 1 })
  const { ends, task } = openTasks()
  const first = gate.run(task(0))
  const second = gate.run(task(1))
  await assert.rejects(gate.run(task(2)), (error) => error instanceof OffloadError && error.reason === 'full')
  ends[0]?.resolve(0)
  await first
  const third = gate.run(task(3))
  await settled()
  ends[1]?.resolve(1)
  await second
  await settled()
  ends[3]?.resolve(3)
  assert.equal(await third, 3)
})
