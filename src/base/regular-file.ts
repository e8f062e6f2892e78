import { constants, type Stats } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { devNull } from 'node:os'

/** Of files that settings name: a list of a thousand certificates is some 2 MB. */
const SETTINGS_FILE_MAX_BYTES = 16_777_216

/** How a file is read. */
type Reading = {
  readonly maxBytes?: number
  /** Whether a symbolic link is refused. */
  readonly noLink?: boolean
  /** Whether only its owner, who is this process's user or root, may write it. */
  readonly own?: boolean
}

/**
 * Reads a file that has to be a regular one, or the null device: a pipe would never end, other devices have no end.
 *
 * @throws Error, without the path, for what is something else or is longer; as the file system with its `code`.
 */
export async function readRegularFile(path: string, reading: Reading = {}): Promise<Uint8Array> {
  const { maxBytes = SETTINGS_FILE_MAX_BYTES, noLink = false, own = false } = reading
  // What everybody writes for an empty file.
  if (path === devNull) return new Uint8Array(0)
  // A pipe that nobody writes to is opened at once so.
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | (noLink ? constants.O_NOFOLLOW : 0)
  const file = await openFile(path, flags)
  try {
    const stats = await file.stat()
    if (stats.isDirectory()) throw new Error('it is a folder')
    if (!stats.isFile()) throw new Error(`it is ${kindOf(stats)}, and has to be a regular file`)
    if (stats.size > maxBytes) throw new Error(`it is longer than ${maxBytes} bytes`)
    const problem = own ? ownershipProblem(stats) : undefined
    if (problem !== undefined) throw new Error(problem)
    return await readAll(file, stats.size)
  } finally {
    await file.close()
  }
}

/** The same as text. @throws as {@link readRegularFile}. */
export async function readRegularText(path: string, reading: Reading = {}): Promise<string> {
  return Buffer.from(await readRegularFile(path, reading)).toString('utf8')
}

async function openFile(path: string, flags: number): Promise<FileHandle> {
  try {
    return await open(path, flags)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    if (code === 'ELOOP') throw new Error('it is a symbolic link, and has to be a regular file', { cause })
    if (code === 'ENXIO') throw new Error('it is a socket, and has to be a regular file', { cause })
    throw cause
  }
}

async function readAll(file: FileHandle, size: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(size)
  let filled = 0
  while (filled < size) {
    const { bytesRead } = await file.read(buffer, filled, size - filled, filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return buffer.subarray(0, filled)
}

function kindOf(stats: Stats): string {
  if (stats.isFIFO()) return 'a pipe'
  return stats.isSocket() ? 'a socket' : 'a device'
}

const OTHERS_WRITE = 0o022

/** Why somebody else could change a file or folder; nothing when only this process's user and root can. */
export function ownershipProblem({ uid, mode }: Pick<Stats, 'uid' | 'mode'>): string | undefined {
  const user = process.geteuid?.()
  // Windows has neither users nor modes of this kind.
  if (user === undefined) return undefined
  if (uid !== user && uid !== 0)
    return `it belongs to user ${uid}, and this process runs as user ${user}: run it as the owner, or change the owner`
  if ((mode & OTHERS_WRITE) === 0) return undefined
  return 'others than its owner can write it: chmod go-w it'
}
