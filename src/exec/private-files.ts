import { mkdtemp, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isMemoryFolder } from '../base/memory-folder.ts'
import { UsageError } from '../base/usage-error.ts'

const OWNER_ONLY = 0o600
const FILE_NAME = /^(?!\.{1,2}$)[^/\0]{1,255}$/
/** Files that only this user can read, in a folder of their own, which is removed at the end. */
export type PrivateFiles = AsyncDisposable & {
  /** The path of each file, by its name. */
  readonly paths: ReadonlyMap<string, string>
}

/**
 * The first of these folders that is in memory, so that nothing that is written there reaches a disk.
 *
 * @throws UsageError when none is.
 */
export async function findMemoryFolder(candidates: readonly (string | undefined)[]): Promise<string> {
  for (const folder of candidates) {
    if (folder === undefined || folder === '') continue
    if (await isMemoryFolder(folder)) return folder
  }
  throw new UsageError('--files: there is no folder in memory here: name a folder with --files-in FOLDER')
}

/** Writes each value into a file of its own below `parent`. When one cannot be written, none stays. @throws UsageError. */
export async function writePrivateFiles(
  parent: string,
  values: ReadonlyMap<string, Uint8Array>,
): Promise<PrivateFiles> {
  // A variable of the environment can have any name.
  const strange = [...values.keys()].filter((name) => !FILE_NAME.test(name))
  if (strange.length > 0)
    throw new UsageError(
      `--files: expected names of variables that are file names; got '${strange.join("', '")}'`,
    )
  // The folder that this makes is for its owner only.
  const folder = await mkdtemp(join(parent, 'holdfast-exec-'))
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true })
  const paths = new Map<string, string>()
  try {
    for (const [name, bytes] of values) {
      const path = join(folder, name)
      const file = await open(path, 'wx', OWNER_ONLY)
      try {
        await file.writeFile(bytes)
      } finally {
        await file.close()
      }
      paths.set(name, path)
    }
  } catch (error) {
    await remove()
    throw error
  }
  return { paths, [Symbol.asyncDispose]: remove }
}
