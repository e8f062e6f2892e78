import type { Log } from '../../base/log.ts'
import type { FileLock } from '../../store/file-lock.ts'
import { StoreConflict } from '../../store/port.ts'
import type { Stored } from '../../store/records.ts'
import { listTrails, type TrailValue } from '../trail-records.ts'
import { deliverTrail } from './deliver.ts'
import type { DeliverDependencies } from './delivery.ts'

/** The dependencies of delivering all trails. */
export type DeliverAllDependencies = DeliverDependencies & {
  /** Every account of the data folder. */
  readonly accounts: () => Promise<readonly string[]>
  /** Claims the lock for delivery; nothing when another process has it. */
  readonly claimLock: () => FileLock | undefined
  readonly log: Log
}

/** Delivers every trail of every account; a failure of one does not delay the others. */
export async function deliverTrails(dependencies: DeliverAllDependencies): Promise<void> {
  const lock = dependencies.claimLock()
  if (lock === undefined) return
  try {
    for (const account of await dependencies.accounts()) {
      for (const trail of await listTrails(dependencies.records, account)) {
        await tryTrail(dependencies, trail)
      }
    }
  } finally {
    lock.release()
  }
}

async function tryTrail(dependencies: DeliverAllDependencies, trail: Stored<TrailValue>): Promise<void> {
  try {
    await deliverTrail(dependencies, trail)
  } catch (error) {
    // The trail was changed or deleted meanwhile: the next round reads its new state.
    if (error instanceof StoreConflict) return
    const reason = error instanceof Error ? error.message : String(error)
    dependencies.log.error('a trail could not be delivered and will be tried again', {
      trail: trail.name,
      reason,
    })
  }
}
