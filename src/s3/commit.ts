import type { Log } from '../base/log.ts'
import type { S3Answer } from './call.ts'
import type { Disposal } from './disposal.ts'
import type { ObjectFiles } from './object-files.ts'
import { type Attempt, type RecordingDependencies, recordEnd } from './recording.ts'

/** The dependencies of a commit. */
export type CommitDependencies = RecordingDependencies & {
  readonly files: Pick<ObjectFiles, 'settle' | 'remove'>
  readonly disposal: Pick<Disposal, 'changes' | 'dispose'>
  readonly log: Log
}

/**
 * Makes an answer durable: its changes and its event. Then files that nothing names are removed.
 *
 * @throws StoreFailure, AuditUnavailable.
 */
export async function commitAnswer(
  dependencies: CommitDependencies,
  attempt: Attempt,
  answer: S3Answer,
): Promise<void> {
  const { changes = [], settles = [], disposes = [], event } = answer
  const { disposal, files, log } = dependencies
  try {
    await recordEnd(dependencies, attempt, { event, changes: [...changes, ...disposal.changes(disposes)] })
  } catch (error) {
    await removeUncommitted(dependencies, answer)
    throw error
  }
  disposal.dispose(disposes)
  await Promise.all(
    settles.map((file) =>
      files.settle(file).catch((error: unknown) => {
        // It is read where it is, and the next start moves it.
        log.warn(`a file of an object stays among the incoming ones: ${error}`, { file })
      }),
    ),
  )
}

/** Removes the files of a commit that has failed, unless it has made its changes and only its event is missing. */
async function removeUncommitted(
  { files, log }: CommitDependencies,
  { settles = [], isCommitted }: S3Answer,
): Promise<void> {
  try {
    if (isCommitted?.() === false) await Promise.all(settles.map((file) => files.remove(file)))
  } catch (error) {
    log.warn(`files of a call that failed stay until the next start: ${error}`, { files: settles.length })
  }
}
