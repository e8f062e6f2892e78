import { LogBroken } from '../audit/log/follow.ts'
import { readHeads } from '../audit/log/journal.ts'
import { type CheckpointDependencies, makeCheckpoint } from '../audit/proofs/checkpoints.ts'
import type { Log } from '../base/log.ts'
import { StoreConflict } from '../store/port.ts'
import type { Job } from './scheduler.ts'

/** The dependencies of making checkpoints. */
type CheckpointJobDependencies = CheckpointDependencies & { readonly log: Log }

/** The interval of checkpoints. */
const INTERVAL_MS = 3_600_000

/** The job that makes checkpoints. */
export function checkpointJob(dependencies: CheckpointJobDependencies): Job {
  return { name: 'checkpoints', everyMs: INTERVAL_MS, run: () => makeCheckpoints(dependencies) }
}

/**
 * Signs and stores a checkpoint of every node's log. A node whose log is not as it was written gets none.
 *
 * @throws StoreFailure.
 */
async function makeCheckpoints(dependencies: CheckpointJobDependencies): Promise<void> {
  for (const [node, head] of await readHeads(dependencies.records)) {
    try {
      await makeCheckpoint(dependencies, node, head)
    } catch (error) {
      // Another process has just made one.
      if (error instanceof StoreConflict) continue
      if (!(error instanceof LogBroken)) throw error
      dependencies.log.error('no checkpoint of the audit log: see holdfast audit verify', {
        reason: error.message,
      })
    }
  }
}
