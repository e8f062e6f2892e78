import { SHARE_ENV, Worker } from 'node:worker_threads'
import { aloneInMemory } from './bytes.ts'

/** Tasks that may wait in a pool of which nothing else is said. */
const OFFLOAD_WAITING_MAX = 1024
/** What one thread may use for its own objects; the tasks are small. */
const THREAD_MEMORY = { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 128 }

/** Tasks that a thread is given at once when many wait: fewer messages, and answers that are recorded together. */
const TOGETHER_MAX = 4

/** Why a task was not done: the pool is full, or the thread or the task itself failed. */
export class OffloadError extends Error {
  override readonly name = 'OffloadError'
  readonly reason: 'full' | 'failed'

  constructor(reason: 'full' | 'failed', message: string) {
    super(message)
    this.reason = reason
  }
}

/** What a thread answers to a task: what came of it, or the kind of error without its text. */
export type OffloadAnswer = { readonly answer: unknown } | { readonly failed: string }

/** How a pool is made. */
export type OffloadOptions = {
  /** The module of the thread, which hands its function to `answerTasks`. */
  readonly module: URL
  readonly threadsMax: number
  readonly waitingMax?: number
}

type Waiting<Task> = {
  readonly task: Task
  readonly resolve: (answer: unknown) => void
  readonly reject: (reason: Error) => void
}

/**
 * A pool of threads that run one task each at a time, in the order in which they came. When several tasks wait for
 * every thread, one is given a few at once, and answers them together.
 *
 * A thread is started when a task finds none idle, and never ended; only a busy one keeps the process alive. What a
 * thread has in hand when it dies fails, and the next task starts another.
 */
export class ThreadPool<Task> {
  readonly #module: URL
  readonly #threadsMax: number
  readonly #waitingMax: number
  readonly #waiting: Waiting<Task>[] = []
  readonly #idle: Worker[] = []
  readonly #busy = new Map<Worker, readonly Waiting<Task>[]>()

  constructor({ module, threadsMax, waitingMax = OFFLOAD_WAITING_MAX }: OffloadOptions) {
    this.#module = module
    this.#threadsMax = threadsMax
    this.#waitingMax = waitingMax
  }

  /** What the thread answers, once the tasks before are done. @throws OffloadError */
  run(task: Task): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const waiting = { task, resolve, reject }
      const worker = this.#idle.pop() ?? this.#startIfAllowed()
      if (worker !== undefined) this.#give(worker, [waiting])
      else if (this.#waiting.length < this.#waitingMax) this.#waiting.push(waiting)
      else reject(new OffloadError('full', `${this.#waitingMax} tasks are waiting already`))
    })
  }

  #startIfAllowed(): Worker | undefined {
    if (this.#busy.size >= this.#threadsMax) return undefined
    const worker = new Worker(this.#module, {
      resourceLimits: THREAD_MEMORY,
      // The same process: with its environment the thread finds the sources whose types are stripped already.
      env: SHARE_ENV,
      execArgv: [],
      name: 'offload',
    })
    let reason = 'it ended'
    worker.on('message', (message: unknown) => this.#settle(worker, parseAnswers(message)))
    worker.on('error', (error: unknown) => {
      reason = error instanceof Error ? error.name : 'unknown'
    })
    worker.on('exit', () => this.#ended(worker, reason))
    return worker
  }

  #give(worker: Worker, tasks: readonly Waiting<Task>[]): void {
    this.#busy.set(worker, tasks)
    worker.ref()
    worker.postMessage(tasks.map(({ task }) => withBytesAlone(task)))
  }

  /** What one thread is given next: so few that others find some too. */
  #next(): readonly Waiting<Task>[] {
    const share = Math.ceil(this.#waiting.length / (TOGETHER_MAX * this.#threadsMax))
    return this.#waiting.splice(0, Math.min(share, TOGETHER_MAX))
  }

  #settle(worker: Worker, answers: readonly OffloadAnswer[]): void {
    const done = this.#busy.get(worker) ?? []
    this.#busy.delete(worker)
    const next = this.#next()
    if (next.length === 0) {
      worker.unref()
      this.#idle.push(worker)
    } else {
      this.#give(worker, next)
    }
    for (const [index, { resolve, reject }] of done.entries()) {
      const answer = answers[index] ?? { failed: 'none' }
      if ('answer' in answer) resolve(answer.answer)
      else reject(new OffloadError('failed', `an offloaded task failed: ${answer.failed}`))
    }
  }

  #ended(worker: Worker, reason: string): void {
    const lost = this.#busy.get(worker) ?? []
    this.#busy.delete(worker)
    const index = this.#idle.indexOf(worker)
    if (index >= 0) this.#idle.splice(index, 1)
    for (const { reject } of lost) {
      reject(new OffloadError('failed', `the thread of an offloaded task died: ${reason}`))
    }
    if (this.#waiting.length === 0) return
    const other = this.#startIfAllowed()
    if (other !== undefined) this.#give(other, this.#next())
  }
}

/**
 * A task whose bytes are alone: a message carries all of the memory that they are a part of, which is 64 KiB where
 * Node keeps what others have sent, secrets too.
 */
function withBytesAlone(task: unknown): unknown {
  if (typeof task !== 'object' || task === null) return task
  const members = Object.entries(task).map(([name, value]: [string, unknown]) => {
    return [name, value instanceof Uint8Array ? aloneInMemory(value) : value] as const
  })
  return Object.fromEntries(members)
}

function parseAnswers(message: unknown): readonly OffloadAnswer[] {
  return message as readonly OffloadAnswer[]
}
