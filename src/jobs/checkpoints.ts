import { type CheckpointParts, makeCheckpoint } from '../audit/checkpoints.ts'
import { LogBroken } from '../audit/follow.ts'
import { readHeads } from '../audit/journal.ts'
import type { Log } from '../base/log.ts'
import { StoreConflict } from '../store/port.ts'

/** What making checkpoints works with. */
export type CheckpointJobParts = CheckpointParts & { readonly log: Log }

/**
 * Signs and keeps a checkpoint of every node's log. A node whose log cannot be followed gets none:
 * nothing is signed that is not as it was written.
 *
 * @throws StoreFailure.
 */
export async function makeCheckpoints(parts: CheckpointJobParts): Promise<void> {
  for (const [node, head] of await readHeads(parts.records)) {
    try {
      await makeCheckpoint(parts, node, head)
    } catch (error) {
      // Another process has just made one.
      if (error instanceof StoreConflict) continue
      if (!(error instanceof LogBroken)) throw error
      parts.log.error('no checkpoint of the audit log: see holdfast audit verify', { reason: error.message })
    }
  }
}
