/** For the tests of this folder: the files of the project. */

import { readdir, readFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export type SourceFile = {
  /** From the root of the project, with slashes. */
  readonly path: string
  readonly text: string
}

/** Files below a folder of the project that have this ending, in order. */
export async function filesBelow(folder: string, ending: string): Promise<readonly SourceFile[]> {
  const entries = await readdir(join(ROOT, folder), { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).replaceAll(sep, '/'))
    .filter((path) => !path.includes('node_modules/'))
    .sort()
  return Promise.all(paths.map(async (path) => ({ path, text: await readFile(join(ROOT, path), 'utf8') })))
}

/** The files of `src` that the server is made of. */
export async function serverFiles(): Promise<readonly SourceFile[]> {
  const files = await filesBelow('src', '.ts')
  return files.filter(({ path }) => !path.endsWith('.test.ts'))
}
