import { join } from 'node:path'
import type { ArchiverDependencies } from '../audit/archive/archiver.ts'
import type { Journal } from '../audit/log/journal.ts'
import type { Log } from '../base/log.ts'
import { takenByTrails } from '../cloudtrail/delivery/delivered.ts'
import type { Config } from '../config/settings.ts'
import { type ArchiveJobDependencies, archiveLocked } from '../jobs/archive.ts'
import { takenByEvents } from '../notifications/notification-records.ts'
import { claimFileLock } from '../store/file-lock.ts'
import { AUDIT_FOLDER, type Deployment, listAccounts, ownEventDependencies } from './deployment.ts'

/** The lock of the archiving process. */
const LOCK_FILE = 'archive.lock'

/** The dependencies of archiving, in a server and in a command. */
export type ArchivingDependencies = {
  readonly config: Config
  readonly deployment: Pick<Deployment, 'records' | 'auditKey' | 'auditPlace' | 'checkpointKey'>
  readonly journal: Journal
  /** By node, the last event that is in the index. */
  readonly indexed: () => Promise<Readonly<Record<string, number>>>
  readonly log: Log
}

/** The dependencies of archiving a data folder's log. */
export function archiveDependencies({
  config,
  deployment,
  journal,
  indexed,
  log,
}: ArchivingDependencies): ArchiveJobDependencies {
  const { records, auditKey: key, auditPlace, checkpointKey: signingKey } = deployment
  const taken: ArchiverDependencies['taken'] = async () => {
    const byTrails = await takenByTrails(records, await listAccounts(records))
    const byEvents = await takenByEvents(records)
    const inIndex = await indexed()
    return (node) => Math.min(byTrails(node), byEvents(node), inIndex[node] ?? 0)
  }
  return {
    ...{ records, key, signingKey, taken, log, files: auditPlace.files },
    folder: join(config.data, AUDIT_FOLDER),
    commit: (changes, events) => journal.commit(changes, events),
    own: ownEventDependencies(config),
    keep: config.archive,
    claimLock: () => claimFileLock(join(config.data, LOCK_FILE)),
  }
}

/** Archives once; returns nothing when another process is archiving. @throws StoreFailure. */
export function archiveNow(dependencies: ArchivingDependencies): Promise<number | undefined> {
  return archiveLocked(archiveDependencies(dependencies))
}
