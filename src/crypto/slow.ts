import { assert } from '../base/assert.ts'
import { ThreadPool } from '../base/offload.ts'
import type { NobleTask } from './noble-tasks.ts'
import { type OpensslTask, runOpenssl } from './openssl-tasks.ts'
import { THREADS_FOR_KEYS } from './openssl-threads.ts'

/** Work that takes longer than the event loop may wait. */
export type SlowTask = OpensslTask | NobleTask

/** The published package carries the same file without types. */
const THREAD = new URL(import.meta.url.replace(/slow(\.[jt]s)$/, 'slow-thread$1'))
/** Tasks that may wait: at 1 to 10 ms each, the last still waits for seconds only. */
const WAITING_MAX = 4096

/** Each takes 10 MB, and one event loop has not enough calls for more: for those there are workers. */
const THREADS_MAX = 8

/** One pool for the process; it has no threads until the first task. */
const pool = new ThreadPool<SlowTask>({
  module: THREAD,
  threadsMax: Math.min(THREADS_FOR_KEYS, THREADS_MAX),
  waitingMax: WAITING_MAX,
})

/** The bytes that a task gives, from a thread. @throws OffloadError when too much waits or the task fails. */
export async function slowBytes(task: SlowTask): Promise<Uint8Array> {
  return parseBytes(task, await pool.run(task))
}

/** The bytes that a task gives, or nothing. @throws OffloadError when too much waits or the task fails. */
export async function slowBytesIfAny(task: SlowTask): Promise<Uint8Array | undefined> {
  const bytes = await pool.run(task)
  assert(bytes === undefined || bytes instanceof Uint8Array, `${task.name} gives bytes or nothing`)
  return bytes
}

/** The truth that a task gives, from a thread. @throws OffloadError when too much waits or the task fails. */
export async function slowTruth(task: SlowTask): Promise<boolean> {
  return parseTruth(task, await pool.run(task))
}

/** The bytes that a task gives, here and now: for what takes no longer than handing it to a thread. */
export function bytesAtOnce(task: OpensslTask): Uint8Array {
  return parseBytes(task, runOpenssl(task))
}

/** The truth that a task gives, here and now: for what takes no longer than handing it to a thread. */
export function truthAtOnce(task: OpensslTask): boolean {
  return parseTruth(task, runOpenssl(task))
}

function parseBytes({ name }: SlowTask, answer: unknown): Uint8Array {
  assert(answer instanceof Uint8Array, `${name} gives bytes`)
  return answer
}

function parseTruth({ name }: SlowTask, answer: unknown): boolean {
  assert(typeof answer === 'boolean', `${name} gives a truth`)
  return answer
}
