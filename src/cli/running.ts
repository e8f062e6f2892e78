/** A server of one process or several. */
export type RunningServer = {
  readonly port: number
  /** Resolves when the server cannot go on. */
  readonly failed: Promise<void>
  readonly close: () => Promise<void>
}
