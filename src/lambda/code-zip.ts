import { mkdir, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import yauzl from 'yauzl'
import { invalidParameter, type LambdaError } from './lambda-error.ts'

/** The zip of a request. Source: AWS Lambda Developer Guide, "Lambda quotas". */
export const ZIP_MAX_BYTES = 52_428_800
/** All files of a zip. Source: the same. */
export const UNZIPPED_MAX_BYTES = 262_144_000
/** Files and folders of a zip: Holdfast's own bound. */
const ENTRIES_MAX = 20_000
/** The path of one file: Holdfast's own bound, below that of Linux for the path with its folder. */
const PATH_MAX_CHARS = 1_024

/** Takes a file of a zip. */
type Take = (name: string, mode: number, content: Readable) => Promise<void>

/** Reads all files of a zip without keeping them. @throws LambdaError for a zip that cannot be unpacked. */
export function checkZip(zip: Uint8Array): Promise<void> {
  return readZip(zip, async (_name, _mode, content) => {
    for await (const _ of content);
  })
}

/** Unpacks a zip into a folder. @throws LambdaError as {@link checkZip}; Error of the disk. */
export async function unpackZip(zip: Uint8Array, folder: string): Promise<void> {
  await readZip(zip, async (name, mode, content) => {
    const path = join(folder, name)
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    // A name that occurs twice is refused, and so is one below a file.
    const file = await open(path, 'wx', mode)
    try {
      for await (const piece of content) await file.write(piece)
    } finally {
      await file.close()
    }
  })
}

const FILE_TYPE = 0o170000
const REGULAR = 0o100000
const EXECUTABLE = 0o111

/** The mode of an unpacked file: only whether it may be executed is taken from the zip. */
function modeOf({ externalFileAttributes }: yauzl.Entry): number {
  return ((externalFileAttributes >>> 16) & EXECUTABLE) === 0 ? 0o400 : 0o500
}

function isLinkOrDevice({ externalFileAttributes }: yauzl.Entry): boolean {
  const type = (externalFileAttributes >>> 16) & FILE_TYPE
  return type !== 0 && type !== REGULAR
}

function readZip(bytes: Uint8Array, take: Take): Promise<void> {
  const zip = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => reject(badZip(error))
    yauzl.fromBuffer(
      zip,
      { lazyEntries: true, strictFileNames: true, validateEntrySizes: true },
      (error, file) => {
        if (error !== null || file === undefined) {
          fail(error)
          return
        }
        if (file.entryCount > ENTRIES_MAX) {
          fail(new Unusable(`The zip has more than ${ENTRIES_MAX} entries.`))
          return
        }
        const seen: Seen = { names: new Set(), sizeBytes: 0 }
        file.on('error', fail)
        file.on('end', resolve)
        file.on('entry', (entry: yauzl.Entry) => {
          readEntry(file, entry, seen, take).then(() => file.readEntry(), fail)
        })
        file.readEntry()
      },
    )
  })
}

type Seen = { readonly names: Set<string>; sizeBytes: number }

async function readEntry(file: yauzl.ZipFile, entry: yauzl.Entry, seen: Seen, take: Take): Promise<void> {
  const { fileName: name } = entry
  if (name.length > PATH_MAX_CHARS) throw new Unusable('A file of the zip has too long a name.')
  if (name.endsWith('/')) return
  if (isLinkOrDevice(entry)) throw new Unusable('The zip has an entry that is neither a file nor a folder.')
  checkName(name)
  if (seen.names.has(name)) throw new Unusable('The zip has a file twice.')
  seen.names.add(name)
  // The library checks that an entry is as long as it says.
  seen.sizeBytes += entry.uncompressedSize
  if (seen.sizeBytes > UNZIPPED_MAX_BYTES) {
    throw new Unusable(`Unzipped size must be smaller than ${UNZIPPED_MAX_BYTES} bytes`)
  }
  const content = await new Promise<Readable>((resolve, reject) => {
    file.openReadStream(entry, (error, stream) => (stream === undefined ? reject(error) : resolve(stream)))
  })
  // A stream that has failed before somebody reads it never ends.
  const failed = new Promise<never>((_, reject) => content.once('error', reject))
  const taking = take(name, modeOf(entry), content)
  try {
    await Promise.race([failed, taking])
  } finally {
    content.destroy()
    await taking.catch(() => {})
  }
}

/** The library refuses absolute names, parents and backslashes; this is what Linux would still make something else of. */
function checkName(name: string): void {
  const isPlain = name.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
  if (!isPlain || name.includes('\0')) throw new Unusable('A file of the zip has a name that is not valid.')
}

/** What is wrong with a zip, in words for the caller. */
class Unusable extends Error {}

function badZip(error: unknown): unknown {
  if (isOfDisk(error)) return error
  const why = error instanceof Unusable ? ` ${error.message}` : ''
  return unusableZip(`Could not unzip uploaded file. Please check your file, then try to upload again.${why}`)
}

function unusableZip(message: string): LambdaError {
  return invalidParameter(message)
}

/** A zip cannot make the disk fail, but with a name below that of a file, or one that is too long. */
function isOfDisk(error: unknown): boolean {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return false
  return !['EEXIST', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG'].includes(String(error.code))
}
