import { SHARE_ENV, Worker } from 'node:worker_threads'
import type { Log } from '../../base/log.ts'
import type { Timers } from '../../base/ports.ts'
import { StoreFailure } from '../../store/port.ts'
import type { IndexAnswer, IndexQuestion, IndexValues } from '../index-service.ts'
import type { IndexReply, IndexRequest, IndexWorkerData } from './index-worker.ts'

/** The maximum number of waiting queries. */
const WAITING_MAX = 1000
/** The heap limits of the thread, which holds one transaction at a time; SQLite's pages are outside its heap. */
const INDEX_MEMORY = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 192 }
/** The delay before an ended thread is started again. */
const RESTART_MS = 5000
/** The URL of the thread's file; in the published package it ends with `.js`. */
const WORKER = new URL(import.meta.url.replace(/index-thread(\.[jt]s)$/, 'index-worker$1'))

type Waiting = {
  readonly resolve: (answer: unknown) => void
  readonly reject: (reason: Error) => void
  /** The received rows of a long answer. */
  readonly rows: unknown[]
}

/**
 * The main thread's access to the index.
 * States: running; ended (the thread has ended; it is started again after a delay, or by the next query); closed
 * (permanently).
 */
export class IndexThread {
  readonly #data: IndexWorkerData
  readonly #log: Log
  readonly #timers: Timers
  readonly #waiting = new Map<number, Waiting>()
  #worker: Worker | undefined
  #lastTicket = 0
  #closed = false

  constructor(data: IndexWorkerData, log: Log, timers: Timers) {
    this.#data = data
    this.#log = log
    this.#timers = timers
    this.#worker = this.#start()
  }

  /** @throws StoreFailure when the index cannot answer. */
  async ask<Q extends IndexQuestion>(question: Q): Promise<IndexAnswer<IndexValues[Q['ask']]>> {
    return parseAnswer(await this.#ask(question))
  }

  /** Resolves when the thread has ended. */
  close(): Promise<void> {
    this.#closed = true
    const worker = this.#worker
    if (worker === undefined) return Promise.resolve()
    return new Promise((resolve) => {
      worker.ref()
      worker.once('exit', () => resolve())
      worker.postMessage({ ticket: undefined } satisfies IndexRequest)
    })
  }

  #ask(question: IndexQuestion): Promise<unknown> {
    if (this.#closed) return Promise.reject(new StoreFailure('the index is closed'))
    if (this.#waiting.size >= WAITING_MAX) {
      return Promise.reject(new StoreFailure(`${WAITING_MAX} questions wait for the index`))
    }
    this.#worker ??= this.#start()
    const worker = this.#worker
    this.#lastTicket += 1
    const ticket = this.#lastTicket
    return new Promise((resolve, reject) => {
      if (this.#waiting.size === 0) worker.ref()
      this.#waiting.set(ticket, { resolve, reject, rows: [] })
      worker.postMessage({ ticket, question } satisfies IndexRequest)
    })
  }

  #start(): Worker {
    const worker = new Worker(WORKER, {
      workerData: this.#data,
      resourceLimits: INDEX_MEMORY,
      env: SHARE_ENV,
      execArgv: [],
      name: 'index',
    })
    let reason = 'it ended'
    worker.on('message', (message: unknown) => this.#take(worker, parseReply(message)))
    worker.on('error', (error: unknown) => {
      reason = error instanceof Error ? error.message : String(error)
    })
    worker.on('exit', () => this.#ended(reason))
    worker.unref()
    return worker
  }

  #take(worker: Worker, reply: IndexReply): void {
    switch (reply.type) {
      case 'log':
        this.#log[reply.level](...reply.args)
        return
      case 'answer':
        this.#finish(reply.ticket, reply.answer)
        break
      case 'part':
        for (const row of reply.rows) this.#waiting.get(reply.ticket)?.rows.push(row)
        worker.postMessage({ ticket: reply.ticket, more: true } satisfies IndexRequest)
        return
      case 'failure':
        this.#waiting.get(reply.ticket)?.reject(new StoreFailure(`the index: ${reply.message}`))
    }
    this.#waiting.delete(reply.ticket)
    if (this.#waiting.size === 0 && !this.#closed) worker.unref()
  }

  #finish(ticket: number, answer: unknown): void {
    const waiting = this.#waiting.get(ticket)
    if (waiting === undefined) return
    const { rows, resolve } = waiting
    if (rows.length === 0) {
      resolve(answer)
      return
    }
    const last = parseAnswer<readonly unknown[]>(answer)
    for (const row of last.value) rows.push(row)
    resolve({ ...last, value: rows })
  }

  #ended(reason: string): void {
    this.#worker = undefined
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const { reject } of waiting) reject(new StoreFailure(`the index thread has died: ${reason}`))
    if (this.#closed) return
    this.#log.error('the index thread has died', { reason })
    this.#timers.after(RESTART_MS, () => {
      if (!this.#closed) this.#worker ??= this.#start()
    })
  }
}

/** Messages come from the index thread only. */
function parseReply(message: unknown): IndexReply {
  return message as IndexReply
}

/** Types an answer: the thread answers each query with the value of its type. */
function parseAnswer<T>(answer: unknown): IndexAnswer<T> {
  return answer as IndexAnswer<T>
}
