import { SHARE_ENV, Worker } from 'node:worker_threads'

/** Tasks that may wait in a pool of which nothing else is said. */
const OFFLOAD_WAITING_MAX = 1024
/** What one thread may use for its own objects; the tasks are small. */
const THREAD_MEMORY = { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 128 }

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
 * A pool of threads that run one task each at a time, in the order in which they came.
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
  readonly #busy = new Map<Worker, Waiting<Task>>()

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
      if (worker !== undefined) this.#give(worker, waiting)
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
    worker.on('message', (message: unknown) => this.#settle(worker, parseAnswer(message)))
    worker.on('error', (error: unknown) => {
      reason = error instanceof Error ? error.name : 'unknown'
    })
    worker.on('exit', () => this.#ended(worker, reason))
    return worker
  }

  #give(worker: Worker, waiting: Waiting<Task>): void {
    this.#busy.set(worker, waiting)
    worker.ref()
    worker.postMessage(waiting.task)
  }

  #settle(worker: Worker, answer: OffloadAnswer): void {
    const done = this.#busy.get(worker)
    this.#busy.delete(worker)
    const next = this.#waiting.shift()
    if (next === undefined) {
      worker.unref()
      this.#idle.push(worker)
    } else {
      this.#give(worker, next)
    }
    if ('answer' in answer) done?.resolve(answer.answer)
    else done?.reject(new OffloadError('failed', `an offloaded task failed: ${answer.failed}`))
  }

  #ended(worker: Worker, reason: string): void {
    const lost = this.#busy.get(worker)
    this.#busy.delete(worker)
    const index = this.#idle.indexOf(worker)
    if (index >= 0) this.#idle.splice(index, 1)
    lost?.reject(new OffloadError('failed', `the thread of an offloaded task died: ${reason}`))
    const next = this.#waiting.shift()
    const other = next === undefined ? undefined : this.#startIfAllowed()
    if (next !== undefined && other !== undefined) this.#give(other, next)
  }
}

function parseAnswer(message: unknown): OffloadAnswer {
  return message as OffloadAnswer
}
