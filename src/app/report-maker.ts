import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isMissing } from '../audit/archive/segment-files.ts'
import { parseJsonText } from '../base/json-text.ts'
import type { Log } from '../base/log.ts'
import { ThreadPool } from '../base/offload.ts'
import { REPORTS_FOLDER } from '../compliance/report-names.ts'
import { reportVerifierKey } from '../compliance/signed-files.ts'
import type { Ed25519Key } from '../crypto/ed25519.ts'
import type { FileLock } from '../store/file-lock.ts'
import type { ReportMaker, ReportRun } from '../usage-api/report-files.ts'
import { makeReportsFolder } from './deployment.ts'
import {
  claimReportsFolder,
  dayOf,
  gatherReport,
  type ReportSink,
  type ReportSources,
} from './report-facts.ts'
import { putFile, putNote, type WrittenReport } from './report-files.ts'
import type { ReportTask } from './report-thread.ts'

/** The URL of the thread's file; in the published package it ends with `.js`. */
const THREAD = new URL(import.meta.url.replace(/report-maker(\.[jt]s)$/, 'report-thread$1'))
/** The thread has the texts of a whole report: some 100 MB for 100,000 keys, several times over. */
const THREAD_MEMORY = { maxYoungGenerationSizeMb: 64, maxOldGenerationSizeMb: 2048 }

/** The state of the last run, for every process on the data folder. */
const RUN_FILE = 'run.json'
/** The state is written again after so many keys. */
const NOTED_EVERY = 500

/** The dependencies of a maker of reports. */
export type ReportMakerDependencies = {
  readonly data: string
  readonly sources: ReportSources
  readonly signingKey: Ed25519Key
  readonly log: Log
}

/** A maker of reports, which is closed before what it reads from. */
export type OpenReportMaker = ReportMaker & { readonly close: () => Promise<void> }

/** Makes reports in the data folder of a server, one at a time in all its processes, beside the calls that it answers. */
export function openReportMaker({
  data,
  sources,
  signingKey,
  log,
}: ReportMakerDependencies): OpenReportMaker {
  const folder = join(data, REPORTS_FOLDER)
  const pool = new ThreadPool<ReportTask>({ module: THREAD, threadsMax: 1, memory: THREAD_MEMORY })
  let running: Promise<void> | undefined
  let isClosed = false

  const note = (run: ReportRun): Promise<void> => putFile(folder, RUN_FILE, JSON.stringify(run))
  const state = async (): Promise<ReportRun | undefined> => {
    const run = await readRun(join(folder, RUN_FILE))
    if (run?.status !== 'RUNNING' || running !== undefined) return run
    const lock = claimReportsFolder(folder)
    if (lock === undefined) return run
    lock.release()
    return { ...run, status: 'FAILED', message: 'The process that made the report has ended.' }
  }
  const make = async (begun: ReportRun, unusedDays: number, lock: FileLock): Promise<void> => {
    let keys = 0
    const { day } = begun
    try {
      await note(begun)
      await startThread(pool, { folder, when: { day, unusedDays }, signingKey })
      const sink = sinkOf(pool, async (count) => {
        if (isClosed) throw new Error('the server stops')
        const isNoted = Math.floor(keys / NOTED_EVERY) === Math.floor((keys + count) / NOTED_EVERY)
        keys += count
        if (!isNoted) await note({ ...begun, keys })
      })
      const written = await gatherReport(sources, { day, unusedDays }, sink)
      await putNote(folder, day, signingKey, written)
      const { findings, changes } = written
      await note({ ...begun, status: 'SUCCEEDED', keys, findings, changes })
    } catch (error) {
      log.warn('a compliance report was not made', { reason: reasonOf(error) })
      const message = error instanceof PreviousReportError ? error.message : 'The log of the server says why.'
      await note({ ...begun, status: 'FAILED', keys, message })
    } finally {
      lock.release()
    }
  }
  return {
    state,
    start: async (unusedDays) => {
      await makeReportsFolder(folder)
      const lock = isClosed || running !== undefined ? undefined : claimReportsFolder(folder)
      if (lock === undefined) return state()
      const startedAt = sources.clock.now()
      const begun: ReportRun = { status: 'RUNNING', day: dayOf(startedAt), startedAt, keys: 0 }
      running = make(begun, unusedDays, lock)
        .catch((error: unknown) => {
          log.warn('the state of a compliance report was not written', { reason: reasonOf(error) })
        })
        .finally(() => {
          running = undefined
        })
      return begun
    },
    close: async () => {
      isClosed = true
      await running
    },
  }
}

/** The previous report of the folder was changed, or another deployment has made it. */
class PreviousReportError extends Error {
  override readonly name = 'PreviousReportError'
}

async function startThread(
  pool: ThreadPool<ReportTask>,
  {
    signingKey,
    ...begun
  }: Omit<Extract<ReportTask, { step: 'begin' }>, 'step' | 'key'> & { readonly signingKey: Ed25519Key },
): Promise<void> {
  const answer = parseBegun(await pool.run({ step: 'begin', ...begun, key: reportVerifierKey(signingKey) }))
  if (answer.wrong === undefined) return
  throw new PreviousReportError(`The previous report cannot be compared with: ${answer.wrong}.`)
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown'
}

/** Sends what was gathered to the thread. */
function sinkOf(pool: ThreadPool<ReportTask>, onKeys: (count: number) => Promise<void>): ReportSink {
  return {
    add: async (keys) => {
      await onKeys(keys.length)
      await pool.run({ step: 'add', keys })
    },
    gone: async () => parseGone(await pool.run({ step: 'gone' })),
    finish: async (rest) => parseWritten(await pool.run({ step: 'finish', rest })),
  }
}

/** Answers come from the thread of this process, so their types are trusted. */
function parseBegun(answer: unknown): { readonly wrong?: string } {
  return answer as { readonly wrong?: string }
}

function parseGone(answer: unknown): readonly string[] {
  return answer as readonly string[]
}

function parseWritten(answer: unknown): WrittenReport {
  return answer as WrittenReport
}

/** Parses what a process of this deployment has written; returns nothing before the first report. */
async function readRun(path: string): Promise<ReportRun | undefined> {
  try {
    return parseRun(await readFile(path, 'utf8'))
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

function parseRun(text: string): ReportRun {
  return parseJsonText(text) as ReportRun
}
