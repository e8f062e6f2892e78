import { availableParallelism } from 'node:os'
import { Gate } from '../base/gate.ts'

/** Node's default number of threads. Source: libuv, "Thread pool work scheduling". */
const THREADS_DEFAULT = 4
/** Threads for files and name lookups: the same threads write the audit log. */
const THREADS_FOR_FILES = 2
/** The length of the queues. An RSA_4096 key takes up to several seconds, a signature milliseconds. */
const GENERATING_WAITING_MAX = 256
const USING_WAITING_MAX = 4096

/** Concurrent tasks of each kind. */
export type ThreadShares = { readonly generating: number; readonly using: number }

/**
 * Divides Node's threads so that the use of keys never waits for the generation of RSA keys, and files wait for
 * neither: the threads take tasks in order, whatever their length.
 */
export function shareThreads(cores: number, threads: number): ThreadShares {
  const spare = threads - THREADS_FOR_FILES
  const generating = Math.max(1, Math.min(Math.floor(cores / 2), Math.floor(spare / 3)))
  // One more than there are cores, so that a free thread finds its next task while the event loop is busy.
  return { generating, using: Math.max(1, Math.min(cores + 1, spare - generating)) }
}

const shares = shareThreads(availableParallelism(), threadCount())
const generating = new Gate({ atOnce: shares.generating, waitingMax: GENERATING_WAITING_MAX })
/** The number of low-priority threads for slow uses of keys: see `slow.ts`. */
export const THREADS_FOR_KEYS = shares.using
const using = new Gate({ atOnce: shares.using, waitingMax: USING_WAITING_MAX })

/** Generates an RSA key on OpenSSL's threads. @throws OffloadError when the queue is full. */
export function whileGenerating<T>(task: () => Promise<T>): Promise<T> {
  return generating.run(task)
}

/**
 * Uses a key on OpenSSL's threads, or generates one that takes no longer. @throws OffloadError when the queue
 * is full.
 */
export function whileUsing<T>(task: () => Promise<T>): Promise<T> {
  return using.run(task)
}

function threadCount(): number {
  // biome-ignore lint/style/noProcessEnv: Node itself reads it; it is no setting of ours.
  const count = Number(process.env['UV_THREADPOOL_SIZE'] ?? THREADS_DEFAULT)
  return Number.isInteger(count) && count > 0 ? count : 1
}
