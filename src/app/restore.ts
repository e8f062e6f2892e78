import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { basePathOf, readFileOf, syncFolder } from '../backup/folder.ts'
import { BackupError, type BackupHeader } from '../backup/format.ts'
import { backupKeysOf } from '../backup/keys.ts'
import { type BackupVisitor, type ReadBackup, readBackup } from '../backup/read.ts'
import { LogFileWriter } from '../backup/restored-log.ts'
import { systemRandom } from '../base/ports.ts'
import type { Config } from '../config/settings.ts'
import type { HmacKey } from '../crypto/hmac.ts'
import { parseEnvelope } from '../custody/roots/envelope.ts'
import { putKeyFile } from '../custody/roots/envelope-file.ts'
import { copyKeyFile } from '../custody/roots/file.ts'
import { claimFileLock, type FileLock } from '../store/file-lock.ts'
import type { RawRecord } from '../store/port.ts'
import { openSealedRow, type Sealer } from '../store/sealed.ts'
import { fillDatabase } from '../store/sqlite-snapshot.ts'
import { BackupRoots, type BackupUnlock, keysOf, sealerOf } from './backup-root.ts'
import { AUDIT_FOLDER, START_LOCK_FILE } from './deployment.ts'
import { type Settled, type SettleRequest, settleRestored } from './restored-records.ts'
import { ENVELOPE_FILE, ROOT_KEY_FILE } from './root-key.ts'

/** What is restored, and with what. */
export type RestoreRequest = BackupUnlock &
  SettleRequest & {
    /** The backup's file. */
    readonly file: string
  }

/** A backup whose every byte was read and authenticated. */
export type VerifiedBackup = ReadBackup & {
  /** The whole backup that it continues. */
  readonly base: BackupHeader | undefined
}

/** What a restore has done. */
export type RestoredFolder = VerifiedBackup & Settled

const NO_VISITOR: BackupVisitor = { record: () => {}, file: () => {}, data: () => {}, fileEnd: () => {} }

/** Reads a backup, and the one that it continues, to their ends. @throws BackupError, SealError. */
export async function verifyBackup(
  config: Config,
  request: Pick<RestoreRequest, 'file' | 'keyFile' | 'ask'>,
): Promise<VerifiedBackup> {
  using roots = new BackupRoots(config, request)
  const read = await readWith(roots, request.file, (sealer) => {
    return { ...NO_VISITOR, record: (record) => assertGenuine(sealer, record) }
  })
  const wanted = new Set(read.manifest.inBase)
  const base = await readBase(roots, request.file, read, {
    ...NO_VISITOR,
    file: (path) => void wanted.delete(path),
  })
  assertFound(wanted)
  return { ...read, base }
}

/**
 * Restores a backup into a folder that does not exist or is empty. It is built beside the folder and put into place
 * whole, so a restore that is killed leaves no data folder. Nothing serves from it until an operator has accepted it.
 *
 * @throws BackupError, SealError, Error.
 */
export async function restoreBackup(config: Config, request: RestoreRequest): Promise<RestoredFolder> {
  if (config.store.engine === 'postgres')
    throw new BackupError(
      'a restore fills a data folder, and no database of PostgreSQL: leave out HOLDFAST_STORE',
    )
  const data = resolve(config.data)
  await assertFree(data)
  await removeLeftOvers(data)
  const staging = `${data}${STAGING}${systemRandom.uuid()}`
  await mkdir(staging, { recursive: true, mode: 0o700 })
  const lock = lockStaging(staging)
  try {
    const restored = await fill(config, staging, request)
    await syncFolder(staging)
    await rename(staging, data)
    await syncFolder(dirname(data))
    return restored
  } catch (error) {
    await rm(staging, { recursive: true, force: true })
    throw error
  } finally {
    lock.release()
  }
}

const STAGING = '.restoring-'
const STAGING_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

async function assertFree(data: string): Promise<void> {
  if (!existsSync(data)) return
  const names = await readdir(data)
  if (names.length > 0)
    throw new BackupError(
      `${data} is not empty, and a restore overwrites nothing: name another folder with --data, or move this one aside`,
    )
}

/** Removes what a killed restore has left. @throws BackupError while another one into the folder runs. */
async function removeLeftOvers(data: string): Promise<void> {
  const parent = dirname(data)
  const prefix = `${basename(data)}${STAGING}`
  const names = await readdir(parent).catch(() => [])
  for (const name of names.filter(
    (one) => one.startsWith(prefix) && STAGING_ID.test(one.slice(prefix.length)),
  )) {
    const path = join(parent, name)
    lockStaging(path).release()
    await rm(path, { recursive: true, force: true })
  }
}

/** Locks a folder that is being built: by the lock of starts, which the restored folder keeps. @throws BackupError. */
function lockStaging(staging: string): FileLock {
  const lock = claimFileLock(join(staging, START_LOCK_FILE))
  if (lock === undefined) throw new BackupError(`another restore is running, which builds ${staging}`)
  return lock
}

async function fill(config: Config, staging: string, request: RestoreRequest): Promise<RestoredFolder> {
  using roots = new BackupRoots(config, request)
  const log = new LogFileWriter(join(staging, AUDIT_FOLDER))
  try {
    const read = await fillRecords(roots, staging, request.file, log)
    const wanted = new Set(read.manifest.inBase)
    const base = await readBase(roots, request.file, read, baseVisitor(log, wanted))
    assertFound(wanted)
    await log.finish()
    const keys = keysOf(read.header, await roots.open(read.header))
    const outcome = await settleRestored(staging, keys, read, request)
    await putKeyFiles(staging, read.header, request.keyFile)
    return { ...read, ...outcome, base }
  } finally {
    await log.abandon()
  }
}

async function fillRecords(
  roots: BackupRoots,
  staging: string,
  file: string,
  log: LogFileWriter,
): Promise<ReadBackup> {
  const filling = fillDatabase(staging)
  let read: ReadBackup | undefined
  try {
    read = await readWith(roots, file, (sealer) => {
      return {
        record: (record) => {
          assertGenuine(sealer, record)
          filling.put(record)
        },
        file: (path) => log.begin(path),
        data: (bytes) => log.write(bytes),
        fileEnd: () => log.end(),
      }
    })
    filling.finish(read.manifest.heads)
    return read
  } catch (error) {
    if (read === undefined) filling.abandon()
    throw error
  }
}

/** Writes the files of a whole backup that the other one needs, and removes them from `wanted`. */
function baseVisitor(log: LogFileWriter, wanted: Set<string>): BackupVisitor {
  let isWanted = false
  return {
    record: () => {},
    file: async (path) => {
      isWanted = wanted.delete(path)
      if (isWanted) await log.begin(path)
    },
    data: async (bytes) => {
      if (isWanted) await log.write(bytes)
    },
    fileEnd: async () => {
      if (isWanted) await log.end()
    },
  }
}

function assertFound(wanted: ReadonlySet<string>): void {
  const [missing] = wanted
  if (missing !== undefined)
    throw new BackupError(`the whole backup lacks ${missing}, which the other one continues`)
}

function assertGenuine(sealer: Sealer, record: RawRecord): void {
  if (openSealedRow(sealer, record) !== undefined) return
  throw new BackupError(
    `a record of kind ${record.kind} in the backup does not open: the database was damaged when the backup was made`,
  )
}

async function readWith(
  roots: BackupRoots,
  file: string,
  visitorOf: (sealer: Sealer) => BackupVisitor,
): Promise<ReadBackup> {
  let visitor = NO_VISITOR
  const unlock = async (header: BackupHeader): Promise<HmacKey> => {
    const root = await roots.open(header)
    visitor = visitorOf(sealerOf(header, root))
    return backupKeysOf(root).key
  }
  return await readBackup(readFileOf(file), unlock, {
    record: (record) => visitor.record(record),
    file: (path) => visitor.file(path),
    data: (bytes) => visitor.data(bytes),
    fileEnd: () => visitor.fileEnd(),
  })
}

/** Reads the whole backup that a backup continues, if it continues one. */
async function readBase(
  roots: BackupRoots,
  file: string,
  { header: { base: id, deployment } }: ReadBackup,
  visitor: BackupVisitor,
): Promise<BackupHeader | undefined> {
  if (id === undefined) return undefined
  const path = basePathOf(file, id, await readdir(dirname(file)))
  const { header } = await readWith(roots, path, () => visitor)
  if (header.id !== id || header.deployment !== deployment || header.base !== undefined)
    throw new BackupError(`${path} is not the whole backup that the other one continues`)
  return header
}

async function putKeyFiles(
  staging: string,
  { envelope: text }: BackupHeader,
  keyFile: string | undefined,
): Promise<void> {
  await putKeyFile(join(staging, ENVELOPE_FILE), text, { replaces: false, random: systemRandom })
  const { envelope } = parseEnvelope(text)
  if (keyFile !== undefined && envelope.paths.some(({ type }) => type === 'file'))
    await copyKeyFile(keyFile, join(staging, ROOT_KEY_FILE), systemRandom)
}
