import { SHARE_ENV, Worker } from 'node:worker_threads'
import { type RawChange, StoreConflict, StoreFailure } from './port.ts'
import type { Outcome } from './sqlite-commit.ts'
import type { WriterAnswer, WriterRequest } from './sqlite-writer.ts'

/** Commits that may wait for the disk; more than that, and it is not keeping up. */
const WAITING_MAX = 10_000
/** The thread holds one group of commits at a time, whose bytes lie outside its heap. */
const WRITER_MEMORY = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 64 }
/** The published package carries the same file without types. */
const WRITER = new URL(import.meta.url.replace(/sqlite-thread(\.[jt]s)$/, 'sqlite-writer$1'))

type Waiting = { readonly resolve: () => void; readonly reject: (reason: Error) => void }

/**
 * The writer thread as its process sees it.
 *
 * States: running; ended (it died: the next commit starts it again); closed (for ever).
 */
export class WriterThread {
  readonly #path: string
  readonly #waiting = new Map<number, Waiting>()
  #worker: Worker | undefined
  #lastTicket = 0
  #closed = false

  constructor(path: string) {
    this.#path = path
    this.#worker = this.#start()
  }

  /** @throws StoreConflict, StoreFailure; nothing has changed then, unless the thread itself has died. */
  commit(changes: readonly RawChange[]): Promise<void> {
    if (this.#closed) return Promise.reject(new StoreFailure('the store is closed'))
    if (this.#waiting.size >= WAITING_MAX) {
      return Promise.reject(new StoreFailure(`${WAITING_MAX} commits are waiting for the disk`))
    }
    this.#worker ??= this.#start()
    const worker = this.#worker
    this.#lastTicket += 1
    const ticket = this.#lastTicket
    const request: WriterRequest = { ticket, changes: changes.map(compact) }
    return new Promise((resolve, reject) => {
      worker.postMessage(request)
      // An answer that is awaited keeps the process alive; an idle thread does not.
      if (this.#waiting.size === 0) worker.ref()
      this.#waiting.set(ticket, { resolve, reject })
    })
  }

  /** Resolves when all commits are answered and the thread has ended. */
  close(): Promise<void> {
    this.#closed = true
    const worker = this.#worker
    if (worker === undefined) return Promise.resolve()
    return new Promise((resolve) => {
      worker.ref()
      worker.once('exit', () => resolve())
      worker.postMessage({ ticket: undefined } satisfies WriterRequest)
    })
  }

  #start(): Worker {
    const worker = new Worker(WRITER, {
      workerData: this.#path,
      resourceLimits: WRITER_MEMORY,
      // The same process: with its environment the thread finds the sources whose types are stripped already.
      env: SHARE_ENV,
      execArgv: [],
      name: 'store writer',
    })
    let reason = 'it ended'
    worker.on('message', (message: unknown) => this.#settle(worker, parseAnswer(message)))
    worker.on('error', (error: unknown) => {
      reason = error instanceof Error ? error.message : String(error)
    })
    worker.on('exit', () => this.#ended(reason))
    worker.unref()
    return worker
  }

  #settle(worker: Worker, { tickets, outcomes }: WriterAnswer): void {
    for (const [index, ticket] of tickets.entries()) {
      const waiting = this.#waiting.get(ticket)
      this.#waiting.delete(ticket)
      answer(waiting, outcomes[index])
    }
    if (this.#waiting.size === 0 && !this.#closed) worker.unref()
  }

  #ended(reason: string): void {
    this.#worker = undefined
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const { reject } of waiting) reject(new StoreFailure(`the writer thread has died: ${reason}`))
  }
}

function answer(waiting: Waiting | undefined, outcome: Outcome | undefined): void {
  if (outcome === undefined) return
  switch (outcome.kind) {
    case 'done':
      waiting?.resolve()
      return
    case 'conflict':
      waiting?.reject(new StoreConflict(outcome.message))
      return
    case 'failure':
      waiting?.reject(new StoreFailure(`the database could not commit: ${outcome.message}`))
  }
}

/** A view of a larger buffer would be sent with all of that buffer. */
function compact(change: RawChange): RawChange {
  const { kind, id, shard, expected, value } = change
  return { kind, id: exact(id), shard, expected, value: value === undefined ? undefined : exact(value) }
}

function exact(bytes: Uint8Array): Uint8Array {
  return bytes.length === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes)
}

/** Messages come from the thread that this one has started, and nobody else. */
function parseAnswer(message: unknown): WriterAnswer {
  return message as WriterAnswer
}
