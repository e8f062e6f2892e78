import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OffloadError, ThreadPool } from './offload.ts'

const module = new URL('../../test/support/offload-thread.ts', import.meta.url)

test('a pool answers every task, however many more than threads there are', async () => {
  const pool = new ThreadPool<number>({ module, threadsMax: 2 })
  const tasks = Array.from({ length: 50 }, (_, index) => index)
  assert.deepEqual(
    await Promise.all(tasks.map((task) => pool.run(task))),
    tasks.map((task) => [task]),
  )
})

test('a task that fails is told by the kind of its error alone, and the thread goes on', async () => {
  const pool = new ThreadPool<string>({ module, threadsMax: 1 })
  await assert.rejects(
    pool.run('fail'),
    (error) =>
      error instanceof OffloadError &&
      error.reason === 'failed' &&
      error.message === 'an offloaded task failed: RangeError',
  )
  assert.deepEqual(await pool.run('next'), ['next'])
})

test('a pool refuses what does not fit in its queue, and takes more once there is room', async () => {
  const pool = new ThreadPool<string>({ module, threadsMax: 1, waitingMax: 2 })
  const taken = [pool.run('running'), pool.run('first waiting'), pool.run('second waiting')]
  await assert.rejects(
    pool.run('too many'),
    (error) => error instanceof OffloadError && error.reason === 'full',
  )
  assert.deepEqual(await Promise.all(taken), [['running'], ['first waiting'], ['second waiting']])
  assert.deepEqual(await pool.run('later'), ['later'])
})

test('what a thread has in hand when it dies fails, and the tasks behind it are done by another', async () => {
  const pool = new ThreadPool<string>({ module, threadsMax: 1 })
  const lost = pool.run('die')
  const behind = pool.run('behind')
  await assert.rejects(lost, (error) => error instanceof OffloadError && error.reason === 'failed')
  assert.deepEqual(await behind, ['behind'])
  await assert.rejects(pool.run('die'), OffloadError)
  assert.deepEqual(await pool.run('after'), ['after'])
})

test('of tasks that a thread is given together, one that fails fails alone', async () => {
  const pool = new ThreadPool<string>({ module, threadsMax: 1 })
  const tasks = Array.from({ length: 40 }, (_, index) => (index % 3 === 1 ? 'fail' : `task ${index}`))
  const outcomes = await Promise.allSettled(tasks.map((task) => pool.run(task)))
  assert.deepEqual(
    outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : 'fail')),
    tasks.map((task) => (task === 'fail' ? 'fail' : [task])),
  )
})

test('a thread is given and gives bytes alone, and nothing of the memory that they are a part of', async () => {
  const pool = new ThreadPool<unknown>({ module, threadsMax: 1 })
  const page = new Uint8Array(4096).fill(9)
  const given = (await pool.run({ bytes: page.subarray(8, 16), text: 'text' })) as [
    { bytes: Uint8Array; text: string },
  ]
  assert.deepEqual(given, [{ bytes: new Uint8Array(8).fill(9), text: 'text' }])
  assert.equal(given[0].bytes.buffer.byteLength, 8)
  const answer = (await pool.run('part')) as Uint8Array
  assert.deepEqual(answer, new Uint8Array(8).fill(7))
  assert.equal(answer.buffer.byteLength, 8)
  // What it has answered is cleared there.
  const rest = new Uint8Array(4096).fill(7).fill(0, 8, 16)
  assert.deepEqual(await pool.run('page'), rest)
})
