import { ThreadPool } from '../base/offload.ts'

/** The cost of a hash of argon2id: memory in KiB, passes over it, and lanes. */
export type Argon2Cost = { readonly memoryKib: number; readonly passes: number; readonly lanes: number }

/** A hash to compute. Message and hash are in memory that the threads share: a copy of either would stay in memory that is free. */
export type Argon2Task = Argon2Cost & {
  /** The thread clears it. */
  readonly message: Uint8Array
  readonly salt: Uint8Array
  /** Where the thread writes the hash. */
  readonly hash: Uint8Array
}

/** The size of a hash. Source: RFC 9106, section 4. */
const ARGON2_HASH_BYTES = 32

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
  const shared = new Uint8Array(new SharedArrayBuffer(message.length))
  const hash = new Uint8Array(new SharedArrayBuffer(ARGON2_HASH_BYTES))
  shared.set(message)
  try {
    await pool.run({ memoryKib, passes, lanes, message: shared, salt, hash })
    return Uint8Array.from(hash)
  } finally {
    shared.fill(0)
    hash.fill(0)
  }
}
