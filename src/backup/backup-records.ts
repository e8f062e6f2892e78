import { kindOfFormat1 } from '../store/kind.ts'
import { type Change, insert, type Kind, type Records, replace, type Stored } from '../store/records.ts'

/** The last backup and the last rehearsal that succeeded, for status, metrics and reports. */
export type BackupStateValue = {
  readonly format: 1
  readonly backup?: Done & { readonly sizeBytes: number }
  readonly rehearsal?: Done & { readonly keys: number }
}

/** Something that succeeded with a backup. */
type Done = {
  /** The id of the backup. */
  readonly id: string
  /** ISO 8601. */
  readonly at: string
}

/** The one record of its kind: partition and name are {@link ALL}. */
const BACKUP_STATE: Kind<BackupStateValue> = kindOfFormat1('backup-state')

/** A restored folder that nobody has accepted: nothing serves or changes it as long as the record is there. */
export type RestoredValue = {
  readonly format: 1
  /** The id of the backup. */
  readonly backup: string
  /** When the backup was made: ISO 8601. */
  readonly createdAt: string
  readonly restoredAt: string
  /** Events of changes that the log has and the records do not. */
  readonly lostChanges: number
  /** Keys that were deleted after the backup, and whose key material was left out. */
  readonly deletedKeys: readonly string[]
}

/** The one record of its kind: partition and name are {@link ALL}. */
export const RESTORED: Kind<RestoredValue> = kindOfFormat1('restored')

/** Noted once a witness has a statement: from then on, a witness that is gone keeps a start out. */
export const WITNESS_STATE: Kind<{ readonly format: 1 }> = kindOfFormat1('witness-state')

/** The partition and the name of records of which there is one. */
export const ALL = 'all'

/** The record of a restored folder; nothing when the folder was accepted or never restored. */
export function findRestored(records: Records): Promise<Stored<RestoredValue> | undefined> {
  return records.get(RESTORED, ALL, ALL)
}

/** The state of backups; an empty one when there is none. */
export async function readBackupState(records: Records): Promise<BackupStateValue> {
  return (await records.get(BACKUP_STATE, ALL, ALL))?.value ?? { format: 1 }
}

/** The change that notes a backup or a rehearsal. */
export async function noteBackup(
  records: Records,
  done: Pick<BackupStateValue, 'backup' | 'rehearsal'>,
): Promise<Change> {
  const present = await records.get(BACKUP_STATE, ALL, ALL)
  return present === undefined
    ? insert(BACKUP_STATE, ALL, ALL, { format: 1, ...done })
    : replace(present, { ...present.value, ...done })
}
