/** The index thread, which keeps the index work away from the event loop of calls. */

import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { segmentFiles, withArchives } from '../../audit/archive/segment-files.ts'
import type { AuditFiles } from '../../audit/log/files.ts'
import { claimOfPath } from '../../audit/log/slot.ts'
import { present } from '../../base/assert.ts'
import type { Log } from '../../base/log.ts'
import { systemClock, systemSleep, systemTimers } from '../../base/ports.ts'
import { NICE, yieldToOthers } from '../../base/priority.ts'
import type { HmacKey } from '../../crypto/hmac.ts'
import type { InsightRules } from '../../insights/detector/rules.ts'
import { InsightWatch } from '../../insights/insight-watch.ts'
import type { PostgresPlace } from '../../store/postgres-shared.ts'
import { Handover } from '../handover.ts'
import { type IndexQuestion, IndexService } from '../index-service.ts'

/** The thread's start parameters. */
export type IndexWorkerData = {
  readonly folder: string
  readonly auditFolder: string
  readonly key: HmacKey
  /** The rules of insights, and the folder of their state. */
  readonly insights?: { readonly folder: string; readonly rules: InsightRules } | undefined
  /** The database that has the audit log of a fleet; without it, the log is in the folder. */
  readonly database?: PostgresPlace | undefined
}

/** A query, or the end of queries. */
export type IndexRequest =
  | { readonly ticket: number; readonly question: IndexQuestion }
  /** Requests the next part of a long answer. */
  | { readonly ticket: number; readonly more: true }
  | { readonly ticket: undefined }

/** An answer, or an entry for the operational log. */
export type IndexReply =
  | { readonly type: 'answer'; readonly ticket: number; readonly answer: unknown }
  /** Rows of an unfinished answer; the rest is sent on request. */
  | { readonly type: 'part'; readonly ticket: number; readonly rows: readonly unknown[] }
  | { readonly type: 'failure'; readonly ticket: number; readonly message: string }
  | { readonly type: 'log'; readonly level: keyof Log; readonly args: Parameters<Log['info']> }

/** Rows in one message, so that the receiver's event-loop turn stays short. */
const ROWS_IN_MESSAGE = 250

/** How often the thread reads the log. */
const INTERVAL_MS = 1000

async function serve(port: MessagePort, data: IndexWorkerData): Promise<void> {
  yieldToOthers(NICE.index)
  const reply = (message: IndexReply): void => port.postMessage(message)
  const line =
    (level: keyof Log): Log['info'] =>
    (...args) =>
      reply({ type: 'log', level, args })
  const log: Log = { info: line('info'), warn: line('warn'), error: line('error') }
  const { files, close } = await openSegments(data)
  const dependencies = { ...data, files, clock: systemClock, log, handover: new Handover() }
  const insights = data.insights && new InsightWatch({ ...dependencies, ...data.insights })
  const service = new IndexService({ ...dependencies, sleep: systemSleep, insights })
  const followers = insights === undefined ? [service] : [service, insights]
  const watch = startWatch(followers, log)
  /** Unfinished answers, and the number of their sent rows. */
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
        await close()
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

type Segments = { readonly files: AuditFiles; readonly close: () => Promise<void> }

/** The driver of the database is loaded only where it is used. */
async function openSegments({ auditFolder: folder, database: place }: IndexWorkerData): Promise<Segments> {
  if (place === undefined) return { files: segmentFiles, close: async () => {} }
  const { openSharedReader } = await import('../../store/postgres-shared.ts')
  const { files, close } = openSharedReader({ place, folder, claimOf: claimOfPath })
  return { files: withArchives(files), close }
}

/** A reader that follows the log. */
type Follower = Pick<IndexService, 'catchUp' | 'halt' | 'close'>

/** Reads the log periodically; reports a repeated failure once. */
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

/** Messages come from the main thread only. */
function parseRequest(message: unknown): IndexRequest {
  return message as IndexRequest
}

/** Types the start parameters, which come from the main thread only. */
function parseData(data: unknown): IndexWorkerData {
  return data as IndexWorkerData
}

await serve(present(parentPort, 'the port of the index thread'), parseData(workerData))
