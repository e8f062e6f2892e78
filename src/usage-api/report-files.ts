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
