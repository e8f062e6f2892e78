/** The last report that the server has been asked to make. */
export type ReportRun = {
  readonly status: 'RUNNING' | 'SUCCEEDED' | 'FAILED'
  /** UTC, for example `2026-11-25`. */
  readonly day: string
  readonly startedAt: number
  /** The keys that were read so far. */
  readonly keys: number
  /** How much a report that was made says. */
  readonly findings?: number
  readonly changes?: number
  /** Why it was not made. */
  readonly message?: string
}

/** What makes reports, one at a time. */
export type ReportMaker = {
  /** Begins to make today's report, unless one is being made already; returns the state of the run. */
  readonly start: (unusedDays: number) => Promise<ReportRun | undefined>
  readonly state: () => Promise<ReportRun | undefined>
}

/** The written reports. */
export type ReportFiles = {
  /** The key that verifies their notes. */
  readonly verifierKey: string
  /** The days that have a report, oldest first. */
  readonly days: () => Promise<readonly string[]>
  /** The note that signs the files of a day's report. */
  readonly note: (day: string) => Promise<string | undefined>
  /** Some bytes of a file, and the size of the whole file. */
  readonly piece: (
    day: string,
    kind: 'json' | 'html',
    range: { readonly offset: number; readonly maxBytes: number },
  ) => Promise<{ readonly bytes: Uint8Array; readonly sizeBytes: number } | undefined>
}
