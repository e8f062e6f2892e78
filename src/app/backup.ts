import { join } from 'node:path'
import { operatorEvent } from '../audit/events/own-events.ts'
import type { Journal } from '../audit/log/journal.ts'
import { type BackupStateValue, noteBackup } from '../backup/backup-records.ts'
import { type BackupKeys, beginBackup, type NewBackup } from '../backup/create.ts'
import { findBase, listBackups, putBackup, removeOld } from '../backup/folder.ts'
import { BackupError, type BackupHeader } from '../backup/format.ts'
import { systemClock, systemRandom } from '../base/ports.ts'
import { readRegularText } from '../base/regular-file.ts'
import type { GiveWay } from '../base/slices.ts'
import type { Config } from '../config/settings.ts'
import { parseEnvelope } from '../custody/roots/envelope.ts'
import type { Records } from '../store/records.ts'
import { retryConflicts } from '../store/retry.ts'
import { openSnapshot } from '../store/sqlite-snapshot.ts'
import { AUDIT_FOLDER, ownEventDependencies } from './deployment.ts'
import type { Rehearsal } from './rehearse.ts'
import { ENVELOPE_FILE, needEnvelope } from './root-key.ts'

/** The dependencies of making a backup of an open data folder. */
export type BackupDependencies = {
  readonly keys: () => readonly BackupKeys[]
  readonly records: Records
  readonly journal: Pick<Journal, 'commit'>
  readonly giveWay: GiveWay
}

/** A backup that was made. */
export type MadeBackup = {
  readonly id: string
  /** The file; nothing for a backup that was written to a stream. */
  readonly path: string | undefined
  readonly sizeBytes: number
  /** The id of the whole backup that it continues. */
  readonly base: string | undefined
  /** Files that retention removed. */
  readonly removed: readonly string[]
}

/** How a backup into a folder is made. */
export type FolderBackup = {
  readonly folder: string
  /** Whether it repeats the whole audit log. */
  readonly isWhole: boolean
  /** How many backups stay; nothing for all. */
  readonly keep: number | undefined
}

/** The largest envelope. */
const ENVELOPE_MAX_BYTES = 4_194_304

/** Makes a backup in a folder, removes those beyond `keep`, and records it. @throws BackupError, StoreFailure, Error. */
export async function backUpToFolder(
  config: Config,
  dependencies: BackupDependencies,
  { folder, isWhole, keep }: FolderBackup,
): Promise<MadeBackup> {
  const { keys, giveWay } = dependencies
  const { deployment } = (await needEnvelope(config)).envelope
  const present = isWhole ? [] : await listBackups(folder)
  const [current] = keys()
  const base = current && (await findBase(present, deployment, current.key, systemClock.now()))
  const made = await begin(config, dependencies, base)
  try {
    const { path, sizeBytes } = await putBackup(folder, made.header, made.bytes, giveWay)
    const done = { id: made.header.id, path, sizeBytes, base: base?.id }
    await recordBackup(config, dependencies, made.header, done)
    // Only after the new one is durable.
    const retention = { made: made.header, key: made.key }
    const removed =
      keep === undefined ? [] : await removeOld(await listBackups(folder), { ...retention, keep })
    return { ...done, removed }
  } finally {
    made.close()
  }
}

/** Writes a whole backup to a stream, and records it. @throws as {@link backUpToFolder}. */
export async function backUpToStream(
  config: Config,
  dependencies: BackupDependencies,
  write: (bytes: Uint8Array) => Promise<void>,
): Promise<MadeBackup> {
  const made = await begin(config, dependencies, undefined)
  let sizeBytes = 0
  try {
    for await (const bytes of made.bytes) {
      await write(bytes)
      sizeBytes += bytes.length
    }
  } finally {
    made.close()
  }
  const done = { id: made.header.id, path: undefined, sizeBytes, base: undefined }
  await recordBackup(config, dependencies, made.header, done)
  return { ...done, removed: [] }
}

async function begin(
  config: Config,
  { keys, giveWay }: BackupDependencies,
  base: Awaited<ReturnType<typeof findBase>>,
): Promise<NewBackup> {
  if (config.store.engine === 'postgres')
    throw new BackupError(
      'the records are in PostgreSQL: dump the database, and copy the data folder after it',
    )
  return beginBackup({
    keys,
    base,
    giveWay,
    clock: systemClock,
    random: systemRandom,
    auditFolder: join(config.data, AUDIT_FOLDER),
    openSnapshot: () => openSnapshot(config.data),
    readEnvelope: async () => {
      const path = join(config.data, ENVELOPE_FILE)
      const text = await readRegularText(path, {
        maxBytes: ENVELOPE_MAX_BYTES,
        noLink: true,
        own: true,
      }).catch((cause: unknown) => {
        throw new BackupError(`${path} cannot be read: ${String(cause)}`, { cause })
      })
      return { text, signed: parseEnvelope(text) }
    },
  })
}

/** Notes a backup that succeeded, in one commit with its event. */
async function recordBackup(
  config: Config,
  { records, journal }: BackupDependencies,
  { id, createdAt }: BackupHeader,
  { path, sizeBytes, base }: Omit<MadeBackup, 'removed'>,
): Promise<void> {
  await recordDone(
    config,
    { records, journal },
    {
      event: 'CreateBackup',
      details: { backup: id, createdAt, sizeBytes, file: path ?? null, base: base ?? null },
      done: { backup: { id, at: createdAt, sizeBytes } },
    },
  )
}

/** Notes a rehearsal, if it succeeded, in one commit with its event; otherwise records the event alone. */
export async function recordRehearsal(
  config: Config,
  dependencies: Pick<BackupDependencies, 'records' | 'journal'>,
  { backup, succeeded, keys, keyMaterials, failures, rehearsedAt, unlockPath }: RehearsalFacts,
): Promise<void> {
  await recordDone(config, dependencies, {
    event: 'RehearseBackup',
    details: { backup, succeeded, keys, keyMaterials, failedKeys: failures.length, unlockPath },
    done: succeeded ? { rehearsal: { id: backup, at: rehearsedAt, keys } } : {},
  })
}

type RehearsalFacts = Pick<
  Rehearsal,
  'backup' | 'succeeded' | 'keys' | 'keyMaterials' | 'failures' | 'rehearsedAt' | 'unlockPath'
>

/** Commits the note of something done with a backup, with its event. */
async function recordDone(
  config: Config,
  { records, journal }: Pick<BackupDependencies, 'records' | 'journal'>,
  what: {
    readonly event: string
    readonly details: { readonly [name: string]: unknown }
    readonly done: Pick<BackupStateValue, 'backup' | 'rehearsal'>
  },
): Promise<void> {
  const eventId = systemRandom.uuid()
  const json = operatorEvent(ownEventDependencies(config), eventId, what.event, what.details)
  await retryConflicts(records, async () => {
    await journal.commit([await noteBackup(records, what.done)], [{ id: eventId, json }])
  })
}
