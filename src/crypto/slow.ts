import { assert } from '../base/assert.ts'
import { ThreadPool } from '../base/offload.ts'
import type { NobleTask } from './noble-tasks.ts'
import { type OpensslTask, runOpenssl } from './openssl-tasks.ts'
import { THREADS_FOR_KEYS } from './openssl-threads.ts'

/** Work that takes too long for the event loop. */
export type SlowTask = OpensslTask | NobleTask

/** The URL of the thread's file; in the published package it ends with `.js`. */
const THREAD = new URL(import.meta.url.replace(/slow(\.[jt]s)$/, 'slow-thread$1'))
/** The length of the queue: at 1 to 10 ms each, the last task waits for seconds only. */
const WAITING_MAX = 4096

/** The maximum number of threads: each takes 10 MB, and one event loop cannot keep more busy; workers can. */
const THREADS_MAX = 8

/** The pool of the process; it starts threads with the first task. */
const pool = new ThreadPool<SlowTask>({
  module: THREAD,
  threadsMax: Math.min(THREADS_FOR_KEYS, THREADS_MAX),
  waitingMax: WAITING_MAX,
})

/** Runs a task on a thread and returns its bytes. @throws OffloadError when the queue is full or the task fails. */
export async function slowBytes(task: SlowTask): Promise<Uint8Array> {
  return parseBytes(task, await pool.run(task))
}

/**
 * Runs a task on a thread and returns its bytes, or nothing. @throws OffloadError when the queue is full or the
 * task fails.
 */
export async function slowBytesIfAny(task: SlowTask): Promise<Uint8Array | undefined> {
  const bytes = await pool.run(task)
  assert(bytes === undefined || bytes instanceof Uint8Array, `${task.name} gives bytes or nothing`)
  return bytes
}

/** Runs a task on a thread and returns its boolean. @throws OffloadError when the queue is full or the task fails. */
export async function slowTruth(task: SlowTask): Promise<boolean> {
  return parseTruth(task, await pool.run(task))
}

/** Runs a task synchronously and returns its bytes: for tasks that take no longer than passing them to a thread. */
export function bytesAtOnce(task: OpensslTask): Uint8Array {
  return parseBytes(task, runOpenssl(task))
}

/** Runs a task synchronously and returns its boolean: for tasks that take no longer than passing them to a thread. */
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
