import { assert } from '../base/assert.ts'
import { ThreadPool } from '../base/offload.ts'
import type { SlowTask } from './slow-tasks.ts'

/** The published package carries the same file without types. */
const THREAD = new URL(import.meta.url.replace(/slow(\.[jt]s)$/, 'slow-thread$1'))

/** One pool for the process; it has no threads until the first task. */
const pool = new ThreadPool<SlowTask>({ module: THREAD })

/** The bytes that a task gives, from a thread. @throws OffloadError when too much waits or the task fails. */
export async function slowBytes(task: SlowTask): Promise<Uint8Array> {
  const bytes = await pool.run(task)
  assert(bytes instanceof Uint8Array, `${task.name} gives bytes`)
  return bytes
}

/** The bytes that a task gives, or nothing. @throws OffloadError when too much waits or the task fails. */
export async function slowBytesIfAny(task: SlowTask): Promise<Uint8Array | undefined> {
  const bytes = await pool.run(task)
  assert(bytes === undefined || bytes instanceof Uint8Array, `${task.name} gives bytes or nothing`)
  return bytes
}

/** The truth that a task gives, from a thread. @throws OffloadError when too much waits or the task fails. */
export async function slowTruth(task: SlowTask): Promise<boolean> {
  const truth = await pool.run(task)
  assert(typeof truth === 'boolean', `${task.name} gives a truth`)
  return truth
}
