import type { AuditFiles } from '../audit/log/files.ts'
import type { Clock, Timer, Timers } from '../base/ports.ts'

/** Commands show no progress before this time. */
const FIRST_MS = 2000
const INTERVAL_MS = 1000
const MIB = 1_048_576

/** The progress reports of long work. */
export type Progress = {
  /** Names the current step, for example `reading the audit log`. */
  readonly report: (what: string) => void
  /** Adds bytes that were read. */
  readonly read: (sizeBytes: number) => void
}

/** Shows a line of progress; `undefined` clears it. */
export type ShowProgress = (line: string | undefined) => void

/** Shows a command's progress each second, from the third second on. */
export class ShownProgress implements Progress, Disposable {
  readonly #show: ShowProgress
  readonly #ports: { readonly clock: Clock; readonly timers: Timers }
  readonly #startedMs: number
  #what = 'working'
  #bytes = 0
  #timer: Timer

  constructor(show: ShowProgress, ports: { readonly clock: Clock; readonly timers: Timers }) {
    this.#show = show
    this.#ports = ports
    this.#startedMs = ports.clock.monotonicMs()
    this.#timer = ports.timers.after(FIRST_MS, () => this.#tick())
  }

  report(what: string): void {
    this.#what = what
  }

  read(sizeBytes: number): void {
    this.#bytes += sizeBytes
  }

  [Symbol.dispose](): void {
    this.#timer.cancel()
    this.#show(undefined)
  }

  #tick(): void {
    const seconds = Math.round((this.#ports.clock.monotonicMs() - this.#startedMs) / 1000)
    const read = this.#bytes === 0 ? '' : `, ${(this.#bytes / MIB).toFixed(1)} MiB read`
    this.#show(`${this.#what}: ${seconds} s${read}`)
    this.#timer = this.#ports.timers.after(INTERVAL_MS, () => this.#tick())
  }
}

/** Progress that is not shown. */
export const NO_PROGRESS: Progress = { report: () => {}, read: () => {} }

/** Audit files that report their reads as progress. */
export function countedFiles(files: AuditFiles, progress: Progress): AuditFiles {
  return {
    ...files,
    openRead: async (path) => {
      const file = await files.openRead(path)
      return {
        read: async (into, position) => {
          const sizeBytes = await file.read(into, position)
          progress.read(sizeBytes)
          return sizeBytes
        },
        close: () => file.close(),
      }
    },
  }
}
