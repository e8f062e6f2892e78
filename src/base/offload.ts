import { SHARE_ENV, Worker } from 'node:worker_threads'
import { aloneInMemory } from './bytes.ts'

/** The default number of tasks that may wait in a pool. */
const OFFLOAD_WAITING_MAX = 1024
/** The memory of one thread for its own objects; the tasks are small. */
const THREAD_MEMORY: ThreadMemory = { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 128 }

/**
 * Tasks that a thread gets at once when many wait: fewer messages, and answers that are recorded together.
 */
const TOGETHER_MAX = 4

/** A task was not done: the pool is full, or the thread or the task itself failed. */
export class OffloadError extends Error {
  override readonly name = 'OffloadError'
  readonly reason: 'full' | 'failed'

  constructor(reason: 'full' | 'failed', message: string) {
    super(message)
    this.reason = reason
  }
}

/** A thread's answer to a task: its result, or the kind of error without its text. */
export type OffloadAnswer = { readonly answer: unknown } | { readonly failed: string }

/** The options of a pool. */
export type OffloadOptions = {
  /** The module of the thread, which passes its function to `answerTasks`. */
  readonly module: URL
  readonly threadsMax: number
  readonly waitingMax?: number
  /** The memory of one thread for its own objects. */
  readonly memory?: ThreadMemory
}

type ThreadMemory = { readonly maxYoungGenerationSizeMb: number; readonly maxOldGenerationSizeMb: number }

type Waiting<Task> = {
  readonly task: Task
  readonly resolve: (answer: unknown) => void
  readonly reject: (reason: Error) => void
}

/**
 * A pool of threads that run one task each at a time, in the order in which they came. When several tasks
 * wait for every thread, one gets a few at once and answers them together.
 *
 * The pool starts a thread when a task finds none idle, and never ends it; only a busy thread keeps the
 * process alive. The tasks of a thread that dies fail, and the next task starts another.
 */
export class ThreadPool<Task> {
  readonly #module: URL
  readonly #threadsMax: number
  readonly #waitingMax: number
  readonly #memory: ThreadMemory
  readonly #waiting: Waiting<Task>[] = []
  readonly #idle: Worker[] = []
  readonly #busy = new Map<Worker, readonly Waiting<Task>[]>()

  constructor({
    module,
    threadsMax,
    waitingMax = OFFLOAD_WAITING_MAX,
    memory = THREAD_MEMORY,
  }: OffloadOptions) {
    this.#module = module
    this.#threadsMax = threadsMax
    this.#waitingMax = waitingMax
    this.#memory = memory
  }

  /** The thread's answer, after the tasks before. @throws OffloadError */
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
      resourceLimits: this.#memory,
      // The same environment: with it the thread finds the sources whose types are already stripped.
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

  /** The next tasks of one thread: few enough that others find some too. */
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
 * A task whose bytes are in memory of their own. A message carries all memory that they are a part of: up to
 * 64 KiB in which Node keeps data of other senders, secrets too.
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
