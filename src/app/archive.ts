import { join } from 'node:path'
import type { ArchiverParts } from '../audit/archive/archiver.ts'
import { systemFiles } from '../audit/log/files.ts'
import type { Journal } from '../audit/log/journal.ts'
import type { Log } from '../base/log.ts'
import { takenByTrails } from '../cloudtrail/delivery/delivered.ts'
import type { Config } from '../config/settings.ts'
import { type ArchiveJobParts, archiveLocked } from '../jobs/archive.ts'
import { takenByEvents } from '../notifications/taken.ts'
import { claimFileLock } from '../store/file-lock.ts'
import { AUDIT_FOLDER, type Deployment, listAccounts, ownEventParts } from './deployment.ts'

/** Held by the process that archives. */
const LOCK_FILE = 'archive.lock'

/** What archiving works with, in a server and for a command. */
export type ArchivingParts = {
  readonly config: Config
  readonly deployment: Pick<Deployment, 'records' | 'auditKey' | 'checkpointKey'>
  readonly journal: Journal
  /** By node, the last event that is in the index. */
  readonly indexed: () => Promise<Readonly<Record<string, number>>>
  readonly log: Log
}

/** The parts of archiving a data folder's log. */
export function archiveParts({ config, deployment, journal, indexed, log }: ArchivingParts): ArchiveJobParts {
  const { records, auditKey: key, checkpointKey: signingKey } = deployment
  const taken: ArchiverParts['taken'] = async () => {
    const byTrails = await takenByTrails(records, await listAccounts(records))
    const byEvents = await takenByEvents(records)
    const inIndex = await indexed()
    return (node) => Math.min(byTrails(node), byEvents(node), inIndex[node] ?? 0)
  }
  return {
    ...{ records, key, signingKey, taken, log, files: systemFiles },
    folder: join(config.data, AUDIT_FOLDER),
    commit: (changes, events) => journal.commit(changes, events),
    own: ownEventParts(config),
    keep: config.archive,
    claimLock: () => claimFileLock(join(config.data, LOCK_FILE)),
  }
}

/** Archives once; nothing when another process does. @throws StoreFailure. */
export function archiveNow(parts: ArchivingParts): Promise<number | undefined> {
  return archiveLocked(archiveParts(parts))
}
