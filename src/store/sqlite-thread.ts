import {
  MessageChannel,
  type MessagePort,
  receiveMessageOnPort,
  SHARE_ENV,
  Worker,
} from 'node:worker_threads'
import { systemAfterThisTurn } from '../base/ports.ts'
import { packCommits, type WriterCommit } from './packed-commits.ts'
import { type Applied, type RawChange, StoreConflict, StoreFailure } from './port.ts'
import type { Outcome } from './sqlite-commit.ts'
import type { WriterAnswer, WriterRequest, WriterStart } from './sqlite-writer.ts'

/** The maximum number of commits that wait for the disk; the store refuses more, since the disk does not keep up. */
const WAITING_MAX = 10_000
/** The thread holds one group of commits at a time, whose bytes are outside its heap. */
const WRITER_MEMORY = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 64 }
/** The published package has the same file without types. */
const WRITER = new URL(import.meta.url.replace(/sqlite-thread(\.[jt]s)$/, 'sqlite-writer$1'))

type Waiting = {
  readonly applied: Applied
  readonly resolve: () => void
  readonly reject: (reason: Error) => void
}

/** A thread, and this thread's end of the channel to it. */
type Running = { readonly worker: Worker; readonly port: MessagePort }

/**
 * The writer thread, as seen from its process.
 *
 * States: running; ended (it died: the next commit starts it again); closed (for ever).
 */
export class WriterThread {
  readonly #path: string
  readonly #waiting = new Map<number, Waiting>()
  /** The commits of this turn, sent together at its end: each message costs as much as several commits. */
  #unsent: WriterCommit[] = []
  #running: Running | undefined
  #lastTicket = 0
  #closed = false

  constructor(path: string) {
    this.#path = path
    this.#running = this.#start()
  }

  /** @throws StoreConflict, StoreFailure; then nothing has changed, unless the thread itself has died. */
  commit(changes: readonly RawChange[], applied: Applied): Promise<void> {
    if (this.#closed) return Promise.reject(new StoreFailure('the store is closed'))
    if (this.#waiting.size >= WAITING_MAX) {
      return Promise.reject(new StoreFailure(`${WAITING_MAX} commits are waiting for the disk`))
    }
    this.#running ??= this.#start()
    const { port } = this.#running
    this.#lastTicket += 1
    const ticket = this.#lastTicket
    return new Promise((resolve, reject) => {
      // An expected answer keeps the process alive; an idle thread does not.
      if (this.#waiting.size === 0) port.ref()
      this.#waiting.set(ticket, { applied, resolve, reject })
      if (this.#unsent.push({ ticket, changes }) === 1) systemAfterThisTurn(() => this.#send())
    })
  }

  /** Reports the commits that are done and not yet reported. */
  settleDone(): void {
    const port = this.#running?.port
    if (port === undefined || this.#waiting.size === 0) return
    for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
      this.#settle(port, parseAnswer(next.message))
    }
  }

  /** Resolves when all commits are answered and the thread has ended. */
  close(): Promise<void> {
    this.#closed = true
    const running = this.#running
    if (running === undefined) return Promise.resolve()
    this.#send()
    return new Promise((resolve) => {
      running.worker.ref()
      running.port.ref()
      running.worker.once('exit', () => resolve())
      running.port.postMessage({ commits: packCommits([]), isLast: true } satisfies WriterRequest)
    })
  }

  #send(): void {
    const commits = this.#unsent
    this.#unsent = []
    if (commits.length === 0) return
    const packed = packCommits(commits)
    const request = { commits: packed, isLast: false } satisfies WriterRequest
    this.#running?.port.postMessage(request, [packed.bytes.buffer])
  }

  #start(): Running {
    const { port1: port, port2: theirs } = new MessageChannel()
    const worker = new Worker(WRITER, {
      workerData: { path: this.#path, port: theirs } satisfies WriterStart,
      transferList: [theirs],
      resourceLimits: WRITER_MEMORY,
      // The same environment: with it the thread finds the sources whose types are already stripped.
      env: SHARE_ENV,
      execArgv: [],
      name: 'store writer',
    })
    let reason = 'it ended'
    port.on('message', (message: unknown) => this.#settle(port, parseAnswer(message)))
    worker.on('error', (error: unknown) => {
      reason = error instanceof Error ? error.message : String(error)
    })
    worker.on('exit', () => {
      this.settleDone()
      port.close()
      this.#ended(reason)
    })
    worker.unref()
    port.unref()
    return { worker, port }
  }

  #settle(port: MessagePort, { tickets, outcomes }: WriterAnswer): void {
    for (const [index, ticket] of tickets.entries()) {
      const waiting = this.#waiting.get(ticket)
      this.#waiting.delete(ticket)
      answer(waiting, outcomes[index])
    }
    if (this.#waiting.size === 0 && !this.#closed) port.unref()
  }

  #ended(reason: string): void {
    this.#running = undefined
    this.#unsent = []
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const { reject } of waiting) reject(new StoreFailure(`the writer thread has died: ${reason}`))
  }
}

function answer(waiting: Waiting | undefined, outcome: Outcome | undefined): void {
  if (outcome === undefined) return
  switch (outcome.kind) {
    case 'done':
      waiting?.applied(outcome.sequences)
      waiting?.resolve()
      return
    case 'conflict':
      waiting?.reject(new StoreConflict(outcome.message))
      return
    case 'failure':
      waiting?.reject(new StoreFailure(`the database could not commit: ${outcome.message}`))
  }
}

/** Messages come only from the thread that this one has started. */
function parseAnswer(message: unknown): WriterAnswer {
  return message as WriterAnswer
}
