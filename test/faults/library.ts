/** For tests: libraries that a server preloads. */

import { execFile } from 'node:child_process'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'

/**
 * Compiles a library for LD_PRELOAD into a folder. Returns its path.
 * @throws Error without a C compiler, or on systems other than Linux. These tests need both.
 */
export async function compileLibrary(source: string, folder: string): Promise<string> {
  if (process.platform !== 'linux') throw new Error(`fault injection needs Linux, got ${process.platform}`)
  const library = join(folder, `${basename(source, '.c')}.so`)
  const options = ['-shared', '-fPIC', '-O1', '-Wall', '-Wextra', '-Werror', '-o', library, source, '-ldl']
  await promisify(execFile)('cc', options)
  return library
}
