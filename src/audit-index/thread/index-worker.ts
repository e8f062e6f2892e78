/** The thread that keeps the index, so that no call ever waits for it. */

import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { segmentFiles } from '../../audit/archive/segment-files.ts'
import { present } from '../../base/assert.ts'
import type { Log } from '../../base/log.ts'
import { systemClock, systemSleep, systemTimers } from '../../base/ports.ts'
import { NICE, yieldToOthers } from '../../base/priority.ts'
import type { HmacKey } from '../../crypto/hmac.ts'
import type { InsightRules } from '../../insights/detector/rules.ts'
import { InsightWatch } from '../../insights/insight-watch.ts'
import { Handover } from '../handover.ts'
import { type IndexQuestion, IndexService } from '../index-service.ts'

/** What the thread is started with. */
export type IndexWorkerData = {
  readonly folder: string
  readonly auditFolder: string
  readonly key: HmacKey
  /** What is looked for in the log, and where what is known of it is kept. */
  readonly insights?: { readonly folder: string; readonly rules: InsightRules } | undefined
}

/** A question, or that no more will come. */
export type IndexRequest =
  | { readonly ticket: number; readonly question: IndexQuestion }
  /** Asks for the next part of a long answer. */
  | { readonly ticket: number; readonly more: true }
  | { readonly ticket: undefined }

/** An answer, or a line for the operator's log. */
export type IndexReply =
  | { readonly type: 'answer'; readonly ticket: number; readonly answer: unknown }
  /** Rows of an answer that has more: the rest is sent when it is asked for. */
  | { readonly type: 'part'; readonly ticket: number; readonly rows: readonly unknown[] }
  | { readonly type: 'failure'; readonly ticket: number; readonly message: string }
  | { readonly type: 'log'; readonly level: keyof Log; readonly args: Parameters<Log['info']> }

/** Rows in one message: whoever takes it has much else to do in the same turn. */
const ROWS_IN_MESSAGE = 250

/** How often the log is looked at. */
const INTERVAL_MS = 1000

function serve(port: MessagePort, data: IndexWorkerData): void {
  yieldToOthers(NICE.index)
  const reply = (message: IndexReply): void => port.postMessage(message)
  const line =
    (level: keyof Log): Log['info'] =>
    (...args) =>
      reply({ type: 'log', level, args })
  const log: Log = { info: line('info'), warn: line('warn'), error: line('error') }
  const dependencies = { ...data, files: segmentFiles, clock: systemClock, log, handover: new Handover() }
  const insights = data.insights && new InsightWatch({ ...dependencies, ...data.insights })
  const service = new IndexService({ ...dependencies, sleep: systemSleep, insights })
  const followers = insights === undefined ? [service] : [service, insights]
  const watch = startWatch(followers, log)
  /** Answers on their way, and how many of their rows are sent. */
  const long = new Map<number, { readonly answer: { readonly value: unknown }; readonly sent: number }>()
  const sendNext = (ticket: number): void => {
    const waiting = long.get(ticket)
    if (waiting === undefined) return
    const { answer, sent } = waiting
    const rows: unknown = answer.value
    if (Array.isArray(rows) && rows.length - sent > ROWS_IN_MESSAGE) {
      long.set(ticket, { answer, sent: sent + ROWS_IN_MESSAGE })
      reply({ type: 'part', ticket, rows: rows.slice(sent, sent + ROWS_IN_MESSAGE) })
      return
    }
    long.delete(ticket)
    const last = Array.isArray(rows) ? { ...answer, value: rows.slice(sent) } : answer
    reply({ type: 'answer', ticket, answer: last })
  }
  port.on('message', (message: unknown) => {
    const request = parseRequest(message)
    if (request.ticket === undefined) {
      void watch.stop().then(async () => {
        for (const follower of followers) await follower.close()
        port.close()
      })
      return
    }
    const { ticket } = request
    if ('more' in request) {
      sendNext(ticket)
      return
    }
    service.answer(request.question).then(
      (answer) => {
        long.set(ticket, { answer, sent: 0 })
        sendNext(ticket)
      },
      (error: unknown) => reply({ type: 'failure', ticket, message: String(error) }),
    )
  })
}

/** What follows the log. */
type Follower = Pick<IndexService, 'catchUp' | 'halt' | 'close'>

/** Looks at the log again and again. The same failure is reported once. */
function startWatch(followers: readonly Follower[], log: Log): { readonly stop: () => Promise<void> } {
  let stopped = false
  let failure = ''
  let timer = systemTimers.after(0, () => {})
  let round: Promise<void> = Promise.resolve()
  const look = async (): Promise<void> => {
    try {
      for (const follower of followers) await follower.catchUp()
      failure = ''
    } catch (error) {
      if (String(error) !== failure) log.error('the index falls behind', { reason: String(error) })
      failure = String(error)
    }
    if (!stopped) timer = systemTimers.after(INTERVAL_MS, begin)
  }
  const begin = (): void => {
    round = look()
  }
  begin()
  return {
    stop: async () => {
      stopped = true
      timer.cancel()
      for (const follower of followers) follower.halt()
      await round
    },
  }
}

/** Messages come from the thread that has started this one, and nobody else. */
function parseRequest(message: unknown): IndexRequest {
  return message as IndexRequest
}

/** From the thread that has started this one. */
function parseData(data: unknown): IndexWorkerData {
  return data as IndexWorkerData
}

serve(present(parentPort, 'the port of the index thread'), parseData(workerData))
