import { StoreConflict } from './port.ts'
import type { Records } from './records.ts'

/** Attempts of a change that conflicts each time. */
const ATTEMPTS_MAX = 25

/**
 * Runs an attempt again, from new reads, each time that another process has changed what it has read.
 *
 * @throws StoreConflict of the last attempt, and whatever else it throws.
 */
export async function retryConflicts<T>(
  records: Pick<Records, 'refresh'>,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let attempts = 1; ; attempts += 1) {
    await records.refresh()
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof StoreConflict) || attempts === ATTEMPTS_MAX) throw error
    }
  }
}
