import { join } from 'node:path'
import { readArchived } from '../audit/archive/archiver.ts'
import { segmentFiles } from '../audit/archive/segment-files.ts'
import { formatDamage } from '../audit/log/damage.ts'
import { systemFiles } from '../audit/log/files.ts'
import { readHeads } from '../audit/log/journal.ts'
import { AUDIT_KEY_INFO } from '../audit/log/segment.ts'
import { readTrees } from '../audit/proofs/checkpoints.ts'
import { readCheckpoints } from '../audit/proofs/kept-checkpoints.ts'
import { CHECKPOINT_KEY_INFO } from '../audit/proofs/note.ts'
import { verifyLog } from '../audit/verify/verify.ts'
import { ALL, RESTORED } from '../backup/backup-records.ts'
import { BackupError } from '../backup/format.ts'
import { findLogEnds } from '../backup/log-files.ts'
import { findLostChanges, type LostChanges } from '../backup/lost-changes.ts'
import type { ReadBackup } from '../backup/read.ts'
import { copyLog, replaceLog } from '../backup/restored-log.ts'
import { systemClock, systemRandom } from '../base/ports.ts'
import { ed25519Key } from '../crypto/ed25519.ts'
import { hmacKey } from '../crypto/hmac.ts'
import type { DeploymentKeys } from '../custody/deployment-keys.ts'
import { recordSealer } from '../custody/record-sealer.ts'
import { planDestruction } from '../kms/lifecycle/destruction.ts'
import { openRecords } from '../store/cache.ts'
import { insert, type Records } from '../store/records.ts'
import { openSqlite } from '../store/sqlite.ts'
import { AUDIT_FOLDER } from './deployment.ts'

/** What is done with restored records before anything serves from them. */
export type SettleRequest = {
  /** A copy of the audit folder that is newer than the backup. */
  readonly auditCopy: string | undefined
  /** Leaves key material also of keys that were deleted after the backup. */
  readonly keepDeleted: boolean
}

/** What was found and done. */
export type Settled = {
  /** Changes that the log has and the records do not. */
  readonly lost: LostChanges
  /** ARNs of keys whose key material was removed. */
  readonly destroyed: readonly string[]
  /** Events of the restored audit log. */
  readonly events: number
}

/**
 * Checks the audit log of a restored folder against its records, takes over a newer log, removes key material of keys that
 * the log says are deleted, and notes that nobody has accepted the folder.
 *
 * @throws BackupError when a log is not as it was written.
 */
export async function settleRestored(
  folder: string,
  keys: DeploymentKeys,
  read: ReadBackup,
  { auditCopy, keepDeleted }: SettleRequest,
): Promise<Settled> {
  const auditFolder = join(folder, AUDIT_FOLDER)
  const records = await openRecords(openSqlite(folder), recordSealer(keys, systemRandom), {})
  try {
    const own = await verifyRestored(records, keys, auditFolder, 'the audit log in the backup')
    const events = auditCopy === undefined ? own : await takeOver({ records, keys }, auditFolder, auditCopy)
    const log = { files: segmentFiles, folder: auditFolder }
    const lost = await findLostChanges(log, records, read.manifest.covered)
    const destroyed = keepDeleted ? [] : await destroy(records, lost.deletedKeys)
    const { id: backup, createdAt } = read.header
    await records.commit([
      insert(RESTORED, ALL, ALL, {
        format: 1,
        backup,
        createdAt,
        restoredAt: new Date(systemClock.now()).toISOString(),
        lostChanges: lost.count,
        deletedKeys: destroyed,
      }),
    ])
    return { lost, destroyed, events }
  } finally {
    await records.close()
  }
}

/** Replaces the log by a newer one, which has all that it has. Returns the number of events. */
async function takeOver(
  { records, keys }: { readonly records: Records; readonly keys: DeploymentKeys },
  auditFolder: string,
  source: string,
): Promise<number> {
  const what = `the audit log in ${source}`
  const copy = await copyLog(auditFolder, source)
  // Not the source, which may change after it was verified.
  const events = await verifyRestored(records, keys, copy, what)
  const ends = await findLogEnds({ files: segmentFiles, folder: copy })
  for (const [node, { sequence }] of await findLogEnds({ files: segmentFiles, folder: auditFolder }))
    if ((ends.get(node)?.sequence ?? 0) < sequence)
      throw new BackupError(
        `${what} is older than that of the backup, which has event ${sequence} of ${node}`,
      )
  await replaceLog(auditFolder, copy)
  return events
}

/** Returns the number of events. */
async function verifyRestored(
  records: Records,
  keys: DeploymentKeys,
  folder: string,
  what: string,
): Promise<number> {
  using auditKey = keys.lasting(AUDIT_KEY_INFO)
  using checkpointSeed = keys.lasting(CHECKPOINT_KEY_INFO)
  const signingKey = ed25519Key(checkpointSeed)
  const found = await verifyLog({
    folder,
    key: auditKey.reveal(hmacKey),
    signingKey,
    heads: await readHeads(records),
    trees: await readTrees(records),
    archived: await readArchived(records),
    // A newer log has checkpoints that cover more than the restored heads.
    checkpoints: [],
  })
  if (found.firstDamage !== undefined)
    throw new BackupError(
      `${what} is damaged, or does not continue that of the backup: ${formatDamage(found.firstDamage)}`,
    )
  const { length } = (await readCheckpoints(systemFiles, folder, signingKey)).filter(
    ({ size }) => size === undefined,
  )
  if (length > 0)
    throw new BackupError(`${what} has ${length} checkpoints that this deployment has not signed`)
  return found.events
}

async function destroy(records: Records, arns: readonly string[]): Promise<readonly string[]> {
  const destroyed: string[] = []
  for (const arn of arns) {
    const changes = await planDestruction(records, arn, { now: systemClock.now(), random: systemRandom })
    if (changes.length === 0) continue
    await records.commit(changes)
    destroyed.push(arn)
  }
  return destroyed
}
