/** For tests: libraries that are loaded before a server. */

import { execFile } from 'node:child_process'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'

/**
 * Makes a library for LD_PRELOAD in a folder; gives its path.
 *
 * @throws where there is no C compiler, and on systems other than Linux: these tests need both.
 */
export async function compileLibrary(source: string, folder: string): Promise<string> {
  if (process.platform !== 'linux') throw new Error(`faults are injected on Linux, not ${process.platform}`)
  const library = join(folder, `${basename(source, '.c')}.so`)
  const options = ['-shared', '-fPIC', '-O1', '-Wall', '-Wextra', '-Werror', '-o', library, source, '-ldl']
  await promisify(execFile)('cc', options)
  return library
}
