import { type ArchiverDependencies, archiveOld, type KeepLive } from '../audit/archive/archiver.ts'
import { LogBroken } from '../audit/log/follow.ts'
import type { FileLock } from '../store/file-lock.ts'
import type { Job } from './scheduler.ts'

/** The dependencies of archiving. */
export type ArchiveJobDependencies = ArchiverDependencies & {
  readonly keep: KeepLive
  /** Claims the lock for archiving; nothing when another process has it. */
  readonly claimLock: () => FileLock | undefined
}

/** The interval of the job. */
const INTERVAL_MS = 600_000

/** The job that archives segments of the audit log; it does nothing when all of it stays uncompressed. */
export function archiveJob(dependencies: ArchiveJobDependencies): Job {
  const { ageMs, sizeBytes } = dependencies.keep
  const isWanted = ageMs !== undefined || sizeBytes !== undefined
  const run = async (): Promise<void> => void (isWanted && (await archiveLocked(dependencies)))
  return { name: 'archive', everyMs: INTERVAL_MS, run }
}

/**
 * Archives, unless another process does. A segment that is not as it was written stays, and nothing after it
 * is archived. Returns how many were archived; nothing when another process archives.
 *
 * @throws StoreFailure.
 */
export async function archiveLocked(dependencies: ArchiveJobDependencies): Promise<number | undefined> {
  const lock = dependencies.claimLock()
  if (lock === undefined) return undefined
  try {
    return await archiveOld(dependencies, dependencies.keep)
  } catch (error) {
    if (!(error instanceof LogBroken)) throw error
    dependencies.log.error('the audit log cannot be archived: see holdfast audit verify', {
      reason: error.message,
    })
    return 0
  } finally {
    lock.release()
  }
}
