import { assert } from '../base/assert.ts'
import { ThreadPool } from '../base/offload.ts'

/** The cost of a hash of argon2id: memory in KiB, passes over it, and lanes. */
export type Argon2Cost = { readonly memoryKib: number; readonly passes: number; readonly lanes: number }

/** A hash to compute. */
export type Argon2Task = Argon2Cost & { readonly message: Uint8Array; readonly salt: Uint8Array }

/** The URL of the thread's file; in the published package it ends with `.js`. */
const THREAD = new URL(import.meta.url.replace(/argon2(\.[jt]s)$/, 'argon2-thread$1'))
/** Hashes that wait: whoever asks for them has bounds of its own. */
const WAITING_MAX = 256

/** One thread: a hash takes as much memory as its cost says. It starts with the first hash. */
const pool = new ThreadPool<Argon2Task>({ module: THREAD, threadsMax: 1, waitingMax: WAITING_MAX })

/**
 * A hash of argon2id, 32 bytes, computed on a thread of its own, whose priority is lower than that of the threads that
 * answer calls. Source: RFC 9106.
 *
 * @throws OffloadError when the queue is full, or the hash cannot be computed.
 */
export async function argon2id(message: Uint8Array, salt: Uint8Array, cost: Argon2Cost): Promise<Uint8Array> {
  const { memoryKib, passes, lanes } = cost
  const hash = await pool.run({ memoryKib, passes, lanes, message, salt })
  assert(hash instanceof Uint8Array, 'argon2id gives bytes')
  return hash
}
