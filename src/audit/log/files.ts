import {
  close,
  constants,
  createReadStream,
  createWriteStream,
  fstat,
  fsync,
  ftruncate,
  open,
  read,
  write,
} from 'node:fs'
import { mkdir, readdir, rename, stat, unlink } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'

/** A segment that is being written: every write goes to its end. */
export type AppendFile = {
  readonly sizeBytes: () => Promise<number>
  /** Writes some of the bytes, at least one, and returns how many; they are then durable. */
  readonly write: (bytes: Uint8Array) => Promise<number>
  /** Cuts the file, durably. */
  readonly truncate: (sizeBytes: number) => Promise<void>
  readonly close: () => Promise<void>
}

/** A segment that is being read. */
export type ReadFile = {
  /** Reads into the buffer from a position of the file; returns 0 at its end. */
  readonly read: (into: Uint8Array, position: number) => Promise<number>
  readonly close: () => Promise<void>
}

/** The file system, as far as the audit log needs it. Every call may fail. */
export type AuditFiles = {
  /** The names in a folder; none when there is no such folder. */
  readonly list: (folder: string) => Promise<readonly string[]>
  readonly makeFolder: (path: string) => Promise<void>
  /** Opens a file for appending; makes it if there is none. */
  readonly openAppend: (path: string) => Promise<AppendFile>
  readonly openRead: (path: string) => Promise<ReadFile>
  readonly sizeOf: (path: string) => Promise<number>
  /** Copies the bytes of a file from `offset` on to a new file, durably. */
  readonly copyTail: (path: string, offset: number, to: string) => Promise<void>
  readonly rename: (from: string, to: string) => Promise<void>
  readonly remove: (path: string) => Promise<void>
  /** Makes added and removed names durable. */
  readonly syncFolder: (path: string) => Promise<void>
}

const openAsync = promisify(open)
const closeAsync = promisify(close)
const fsyncAsync = promisify(fsync)
const ftruncateAsync = promisify(ftruncate)
const fstatAsync = promisify(fstat)

const APPEND = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_DSYNC
/** On macOS only `fsync` reaches the disk. Source: Apple, fcntl(2), `F_FULLFSYNC`. */
const NEEDS_FSYNC = process.platform === 'darwin'
const FILE_MODE = 0o600
const FOLDER_MODE = 0o700

/** The files of the operating system. */
export const systemFiles: AuditFiles = {
  list,
  makeFolder: async (path) => {
    await mkdir(path, { recursive: true, mode: FOLDER_MODE })
  },
  openAppend,
  openRead,
  sizeOf: async (path) => (await stat(path)).size,
  copyTail: (path, offset, to) =>
    pipeline(
      createReadStream(path, { start: offset }),
      createWriteStream(to, { flags: 'wx', mode: FILE_MODE, flush: true }),
    ),
  rename,
  remove: unlink,
  syncFolder,
}

async function list(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

async function openAppend(path: string): Promise<AppendFile> {
  const fd = await openAsync(path, APPEND, FILE_MODE)
  return {
    sizeBytes: async () => (await fstatAsync(fd)).size,
    write: async (bytes) => {
      const count = await writeSome(fd, bytes)
      if (NEEDS_FSYNC) await fsyncAsync(fd)
      return count
    },
    truncate: async (sizeBytes) => {
      await ftruncateAsync(fd, sizeBytes)
      await fsyncAsync(fd)
    },
    close: () => closeAsync(fd),
  }
}

function writeSome(fd: number, bytes: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, (error, count) => (error === null ? resolve(count) : reject(error)))
  })
}

async function openRead(path: string): Promise<ReadFile> {
  const fd = await openAsync(path, 'r')
  return {
    read: (into, position) =>
      new Promise((resolve, reject) => {
        read(fd, into, 0, into.length, position, (error, count) =>
          error === null ? resolve(count) : reject(error),
        )
      }),
    close: () => closeAsync(fd),
  }
}

async function syncFolder(path: string): Promise<void> {
  const fd = await openAsync(path, 'r')
  try {
    await fsyncAsync(fd)
  } finally {
    await closeAsync(fd)
  }
}
