import type { Log } from '../../base/log.ts'
import type { FileLock } from '../../store/file-lock.ts'
import { StoreConflict } from '../../store/port.ts'
import type { Stored } from '../../store/records.ts'
import { listTrails, type TrailValue } from '../trail-records.ts'
import { deliverTrail } from './deliver.ts'
import type { DeliverParts } from './delivery.ts'

/** What delivering all trails works with. */
export type DeliverAllParts = DeliverParts & {
  /** Every account of the data folder. */
  readonly accounts: () => Promise<readonly string[]>
  /** Taken while this process delivers; nothing while another one does. */
  readonly claimLock: () => FileLock | undefined
  readonly log: Log
}

/** Delivers every trail of every account; one that fails does not hold up the others. */
export async function deliverTrails(parts: DeliverAllParts): Promise<void> {
  const lock = parts.claimLock()
  if (lock === undefined) return
  try {
    for (const account of await parts.accounts()) {
      for (const trail of await listTrails(parts.records, account)) {
        await tryTrail(parts, trail)
      }
    }
  } finally {
    lock.release()
  }
}

async function tryTrail(parts: DeliverAllParts, trail: Stored<TrailValue>): Promise<void> {
  try {
    await deliverTrail(parts, trail)
  } catch (error) {
    // The trail was changed or deleted meanwhile: the next round goes by what it is then.
    if (error instanceof StoreConflict) return
    const reason = error instanceof Error ? error.message : String(error)
    parts.log.error('a trail could not be delivered and will be tried again', { trail: trail.name, reason })
  }
}
