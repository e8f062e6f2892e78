import type { ChildProcess } from 'node:child_process'
import type { Log } from '../base/log.ts'
import { systemTimers } from '../base/ports.ts'
import { growingPoints, mergeSnapshots, type Point, type Snapshot } from '../metrics/points.ts'

/** Requests a worker's metrics. */
type MetricsRequest = { readonly metricsTicket: number }
/** A worker's answer. */
type MetricsReply = { readonly metricsTicket: number; readonly points: readonly Point[] }

/** How long a worker may take to answer; after that, its last answer counts. */
const ANSWER_TIMEOUT_MS = 1000

type Member = {
  readonly child: ChildProcess
  readonly worker: string
  last: readonly Point[]
  readonly waiting: Map<number, (points: readonly Point[]) => void>
}

/**
 * The metrics of all workers. The last counts of an ended worker stay in the sums, so that these never decrease.
 */
export class WorkerMetrics {
  readonly #log: Log
  readonly #members = new Map<ChildProcess, Member>()
  #ended: readonly Point[] = []
  #restarts = 0
  #lastTicket = 0

  constructor(log: Log) {
    this.#log = log
  }

  /** Adds a serving worker; it gets the lowest free number. */
  add(child: ChildProcess): void {
    const taken = new Set([...this.#members.values()].map(({ worker }) => worker))
    let number = 0
    while (taken.has(String(number))) number += 1
    const member: Member = { child, worker: String(number), last: [], waiting: new Map() }
    this.#members.set(child, member)
    child.on('message', (message: unknown) => {
      const reply = parseReply(message)
      if (reply === undefined) return
      member.last = reply.points
      member.waiting.get(reply.metricsTicket)?.(reply.points)
    })
  }

  /** Removes a worker that has ended. */
  remove(child: ChildProcess): void {
    const member = this.#members.get(child)
    if (member === undefined) return
    this.#members.delete(child)
    this.#restarts += 1
    for (const answer of member.waiting.values()) answer(growingPoints(member.last))
    this.#ended = mergeSnapshots([
      { worker: '', points: this.#ended },
      { worker: '', points: growingPoints(member.last) },
    ])
  }

  /** The metrics of each worker, and the final counts of ended ones. */
  async collect(): Promise<readonly Snapshot[]> {
    // Copied first: a worker that ends during the requests counts once.
    const ended = this.#ended
    const members = [...this.#members.values()]
    const answers = await Promise.all(
      members.map(async (member) => ({ worker: member.worker, points: await this.#ask(member) })),
    )
    const restarts: Point = { metric: 'holdfast_worker_restarts', labels: [], value: this.#restarts }
    return [...answers, { worker: '', points: [...ended, restarts] }]
  }

  #ask(member: Member): Promise<readonly Point[]> {
    this.#lastTicket += 1
    const metricsTicket = this.#lastTicket
    return new Promise((resolve) => {
      const timer = systemTimers.after(ANSWER_TIMEOUT_MS, () => {
        this.#log.warn('a worker has not said its metrics in time', { pid: member.child.pid })
        answer(growingPoints(member.last))
      })
      const answer = (points: readonly Point[]): void => {
        timer.cancel()
        member.waiting.delete(metricsTicket)
        resolve(points)
      }
      member.waiting.set(metricsTicket, answer)
      // A worker that is ending has no channel any more: the timeout resolves the request.
      if (member.child.connected) member.child.send({ metricsTicket } satisfies MetricsRequest, () => {})
    })
  }
}

/** Answers the parent process until the channel closes. */
export function answerMetrics(collect: () => Promise<readonly Point[]>, log: Log): void {
  process.on('message', (message: unknown) => {
    const request = parseRequest(message)
    if (request === undefined) return
    const { metricsTicket } = request
    collect().then(
      (points) => process.send?.({ metricsTicket, points } satisfies MetricsReply, undefined, {}, () => {}),
      (error: unknown) => log.warn('metrics could not be told', { reason: String(error) }),
    )
  })
}

/** Messages come from the parent or a child process only. */
function parseReply(message: unknown): MetricsReply | undefined {
  const reply = message as Partial<MetricsReply>
  return reply.metricsTicket === undefined || reply.points === undefined ? undefined : (reply as MetricsReply)
}

function parseRequest(message: unknown): MetricsRequest | undefined {
  const request = message as Partial<MetricsRequest>
  return request.metricsTicket === undefined ? undefined : (request as MetricsRequest)
}
