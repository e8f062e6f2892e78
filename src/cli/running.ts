import type { TlsPair } from '../base/network.ts'
import type { Snapshot } from '../metrics/points.ts'

/** A server of one process or several. */
export type RunningServer = {
  readonly port: number
  /** What each of its processes counts and measures, as it is now. */
  readonly snapshots: () => Promise<readonly Snapshot[]>
  /** Resolves when the server cannot go on. */
  readonly failed: Promise<void>
  /** Gives new connections to all of them another certificate. */
  readonly useTls: (pair: TlsPair) => void
  readonly close: () => Promise<void>
}
