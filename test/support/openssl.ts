/** For tests: the OpenSSL command line as a second implementation. It is another build than the one inside Node. */

import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The reason to skip tests that need the command; `false` to run them. */
export const withoutOpenssl: string | false =
  spawnSync('openssl', ['version']).status === 0 ? false : 'no openssl command here'

/**
 * Runs the command in a temporary folder with the given files.
 * @returns its standard output, or the file `out` if it exists.
 */
export function openssl(args: readonly string[], files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-openssl-'))
  try {
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes)
    const printed = execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
    return args.includes('out') ? readFileSync(join(folder, 'out')) : printed
  } finally {
    rmSync(folder, { recursive: true })
  }
}
