import type { TlsPair } from '../base/network.ts'
import type { Snapshot } from '../metrics/points.ts'

/** A running server of one or several processes. */
export type RunningServer = {
  readonly port: number
  /** The current metrics of each process. */
  readonly snapshots: () => Promise<readonly Snapshot[]>
  /** Resolves when the server cannot continue. */
  readonly failed: Promise<void>
  /** Makes all processes use another certificate for new connections. */
  readonly useTls: (pair: TlsPair) => void
  readonly close: () => Promise<void>
}
