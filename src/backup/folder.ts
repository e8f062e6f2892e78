import { constants, createReadStream } from 'node:fs'
import { open, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { GiveWay } from '../base/slices.ts'
import type { HmacKey } from '../crypto/hmac.ts'
import { makeFolder } from '../store/folder.ts'
import { type Base, closedFilesOf } from './create.ts'
import type { Manifest } from './entries.ts'
import { BackupError, type BackupHeader, ByteSource, readHeader } from './format.ts'
import { readManifest } from './read.ts'

const OWNER_ONLY = 0o600
const NAME = /^holdfast-\d{8}T\d{6}Z-[0-9a-f]{32}\.backup$/
const PARTIAL = /^\.holdfast-\d{8}T\d{6}Z-[0-9a-f]{32}\.backup\.partial$/
const ID_CHARS = 32
const SUFFIX = '.backup'
/** The audit log is repeated in a whole backup at least this often, so that few old files are needed. */
const WHOLE_EVERY_MS = 28 * 86_400_000

/** A backup in a folder. */
export type StoredBackup = {
  readonly path: string
  readonly header: BackupHeader
  readonly sizeBytes: number
}

/** The name of the file of a backup. */
function backupName({ createdAt, id }: Pick<BackupHeader, 'createdAt' | 'id'>): string {
  return `holdfast-${createdAt.slice(0, 'yyyy-mm-ddThh:mm:ss'.length).replaceAll(/[-:]/g, '')}Z-${id}${SUFFIX}`
}

/**
 * Writes a backup into a folder: under another name, synced, then put into place whole. Removes what killed processes
 * have left.
 *
 * @returns its path and size. @throws Error of the file system; then there is no new backup.
 */
export async function putBackup(
  folder: string,
  header: BackupHeader,
  bytes: AsyncIterable<Uint8Array>,
  giveWay: GiveWay,
): Promise<{ readonly path: string; readonly sizeBytes: number }> {
  await makeFolder(folder)
  await removePartial(folder)
  const path = join(folder, backupName(header))
  const aside = join(folder, `.${basename(path)}.partial`)
  let sizeBytes = 0
  try {
    const file = await open(aside, 'wx', OWNER_ONLY)
    try {
      for await (const piece of bytes) {
        await giveWay()
        await file.writeFile(piece)
        sizeBytes += piece.length
      }
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(aside, path)
    await syncFolder(folder)
  } catch (error) {
    await rm(aside, { force: true })
    throw error
  }
  return { path, sizeBytes }
}

async function removePartial(folder: string): Promise<void> {
  for (const name of await readdir(folder))
    if (PARTIAL.test(name)) await rm(join(folder, name), { force: true })
}

/** Makes added and removed names durable. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/**
 * The backups of a folder, oldest first, by their headers, which are not authenticated yet. Others, and files that cannot
 * be read, are left out: they must not keep a new backup from being made.
 */
export async function listBackups(folder: string): Promise<readonly StoredBackup[]> {
  const names = await readdir(folder).catch(() => [])
  const found: StoredBackup[] = []
  for (const name of names.filter((one) => NAME.test(one)).toSorted()) {
    const one = await readStored(join(folder, name))
    if (one !== undefined && backupName(one.header) === name) found.push(one)
  }
  // Names have seconds; several backups of one second are in the order of their times.
  return found.toSorted((one, other) => (one.header.createdAt < other.header.createdAt ? -1 : 1))
}

async function readStored(path: string): Promise<StoredBackup | undefined> {
  const source = new ByteSource(readRegular(path))
  try {
    const { header } = await readHeader(source)
    return { path, header, sizeBytes: (await stat(path)).size }
  } catch {
    return undefined
  } finally {
    await source.close()
  }
}

/** The bytes of a file in a folder of backups: a pipe there would never end. */
async function* readRegular(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    if (!(await file.stat()).isFile()) throw new BackupError(`${path} is no regular file`)
    yield* file.createReadStream({ autoClose: false })
  } finally {
    await file.close()
  }
}

/** The bytes of a backup's file. */
export function readFileOf(path: string): AsyncIterable<Uint8Array> {
  return createReadStream(path)
}

/**
 * The newest whole backup of this deployment in a folder that a further one can continue: not too old, and readable
 * with the present key.
 */
export async function findBase(
  backups: readonly StoredBackup[],
  deployment: string,
  key: HmacKey,
  now: number,
): Promise<Base | undefined> {
  for (const { path, header } of backups.toReversed()) {
    if (header.deployment !== deployment || header.base !== undefined) continue
    const ageMs = now - Date.parse(header.createdAt)
    if (ageMs > WHOLE_EVERY_MS) return undefined
    // One of a clock that was wrong would be continued for years.
    if (ageMs < 0) continue
    const manifest = await manifestOf(path, key)
    if (manifest !== undefined) return { id: manifest.id, closed: closedFilesOf(manifest) }
  }
  return undefined
}

/** The manifest of a backup; nothing when it cannot be read, or does not open by the present key. */
async function manifestOf(path: string, key: HmacKey): Promise<Manifest | undefined> {
  try {
    return (await readManifest(readRegular(path), key)).manifest
  } catch {
    return undefined
  }
}

/** The file with the whole backup that another one continues: beside it. @throws BackupError. */
export function basePathOf(path: string, id: string, names: readonly string[]): string {
  const name = names.find((one) => NAME.test(one) && one.endsWith(`${id}${SUFFIX}`))
  if (name !== undefined) return join(dirname(path), name)
  throw new BackupError(
    `the backup continues another one, whose file holdfast-…-${id.slice(0, ID_CHARS)}${SUFFIX} is not beside it`,
  )
}

/** The backup that was just made, and how many stay with it. */
export type Retention = {
  readonly made: Pick<BackupHeader, 'deployment' | 'id'>
  readonly keep: number
  /** Tells backups from files that only name themselves so. */
  readonly key: HmacKey
}

/**
 * Removes the backups of a deployment that are older than the newest `keep` ones; never the one that was just made, whose
 * time is before that of others when the clock was set back, and never a whole one that a kept one continues. A file that
 * does not open by the present key counts for nothing: whoever can put files into the folder must not push backups out.
 *
 * @returns the paths that were removed.
 */
export async function removeOld(
  backups: readonly StoredBackup[],
  { made: { deployment, id }, keep, key }: Retention,
): Promise<readonly string[]> {
  const own = backups.filter(({ header }) => header.deployment === deployment)
  const others = own.filter(({ header }) => header.id !== id)
  const kept = own.filter(({ header }) => header.id === id)
  while (kept.length < keep) {
    const newest = others.pop()
    if (newest === undefined) return []
    if ((await manifestOf(newest.path, key)) !== undefined) kept.push(newest)
  }
  const needed = new Set(kept.flatMap(({ header }) => (header.base === undefined ? [] : [header.base])))
  const removed: string[] = []
  for (const { path, header } of others) {
    if (needed.has(header.id)) continue
    await rm(path, { force: true })
    removed.push(path)
  }
  const [first] = removed
  if (first !== undefined) await syncFolder(dirname(first))
  return removed
}
