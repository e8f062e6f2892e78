import { availableParallelism } from 'node:os'
import { Gate } from '../base/gate.ts'

/** Threads that Node starts when nothing is set. Source: libuv, "Thread pool work scheduling". */
const THREADS_DEFAULT = 4
/** Left to files and names: the audit log is written by the same threads. */
const THREADS_FOR_FILES = 2
/** Tasks that may wait. A key of RSA_4096 takes up to some seconds, a signature milliseconds. */
const GENERATING_WAITING_MAX = 256
const USING_WAITING_MAX = 4096

/** How many tasks of each kind are done at the same time. */
export type ThreadShares = { readonly generating: number; readonly using: number }

/**
 * Divides Node's threads so that keys are never used behind RSA keys that are generated, and files never
 * behind either: the threads take their tasks in order, and the order knows nothing of how long they are.
 */
export function shareThreads(cores: number, threads: number): ThreadShares {
  const spare = threads - THREADS_FOR_FILES
  const generating = Math.max(1, Math.min(Math.floor(cores / 2), Math.floor(spare / 3)))
  // One more than there are cores, so that a thread that is done finds the next task while the event loop is busy.
  return { generating, using: Math.max(1, Math.min(cores + 1, spare - generating)) }
}

const shares = shareThreads(availableParallelism(), threadCount())
const generating = new Gate({ atOnce: shares.generating, waitingMax: GENERATING_WAITING_MAX })
/** Threads of a priority of their own for what keys are slow at: see `slow.ts`. */
export const THREADS_FOR_KEYS = shares.using
const using = new Gate({ atOnce: shares.using, waitingMax: USING_WAITING_MAX })

/** Generates an RSA key on OpenSSL's threads. @throws OffloadError when too much waits. */
export function whileGenerating<T>(task: () => Promise<T>): Promise<T> {
  return generating.run(task)
}

/** Uses a key on OpenSSL's threads, or generates one that takes no longer. @throws OffloadError when too much waits. */
export function whileUsing<T>(task: () => Promise<T>): Promise<T> {
  return using.run(task)
}

function threadCount(): number {
  // biome-ignore lint/style/noProcessEnv: Node itself reads it; it is no setting of ours.
  const count = Number(process.env['UV_THREADPOOL_SIZE'] ?? THREADS_DEFAULT)
  return Number.isInteger(count) && count > 0 ? count : 1
}
