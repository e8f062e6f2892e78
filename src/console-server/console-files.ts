import { readdir } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { readRegularFile } from '../base/regular-file.ts'

/** A file of the built console. */
export type ConsoleFile = {
  readonly mediaType: string
  readonly bytes: Uint8Array
  /** The content compressed by Brotli; absent when compression saves nothing. */
  readonly brotli: Uint8Array | undefined
  /** Whether the name contains a hash of the content: the file never changes. */
  readonly isImmutable: boolean
}

/** The files of the built console by their paths below `/console/`. */
export type ConsoleFiles = ReadonlyMap<string, ConsoleFile>

/** The page that the server sends for every address of the console. */
export const PAGE = 'index.html'
/** The folder of files whose names contain hashes. */
const HASHED_FOLDER = 'assets'
/** Larger than every console: the server does not read an unrelated folder into memory. */
const FILES_MAX = 500
const FILES_MAX_BYTES = 33_554_432

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}

/**
 * Reads the built console into memory; returns nothing when it was not built.
 *
 * @throws Error when the folder exceeds a limit.
 */
export async function readConsoleFiles(folder: string): Promise<ConsoleFiles | undefined> {
  const names = [...(await namesIn(folder)), ...(await namesIn(join(folder, HASHED_FOLDER), HASHED_FOLDER))]
  if (!names.includes(PAGE)) return undefined
  if (names.length > FILES_MAX) throw new Error(`${folder}: expected at most ${FILES_MAX} files`)
  const contents = new Map<string, Uint8Array>()
  let sizeBytes = 0
  for (const name of names) {
    const bytes = await readRegularFile(join(folder, name))
    sizeBytes += bytes.length
    if (sizeBytes > FILES_MAX_BYTES) throw new Error(`${folder}: expected at most ${FILES_MAX_BYTES} bytes`)
    contents.set(name, bytes)
  }
  const files = new Map<string, ConsoleFile>()
  for (const [name, bytes] of contents) {
    const mediaType = MEDIA_TYPES[extname(name)]
    if (mediaType === undefined) continue
    const isImmutable = name.startsWith(`${HASHED_FOLDER}/`)
    files.set(name, { mediaType, bytes, brotli: contents.get(`${name}.br`), isImmutable })
  }
  return files
}

async function namesIn(folder: string, prefix?: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  })
  return entries
    .filter((entry) => entry.isFile())
    .map(({ name }) => (prefix === undefined ? name : `${prefix}/${name}`))
}
