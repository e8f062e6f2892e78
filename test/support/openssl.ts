/** The OpenSSL command line as a second opinion; it is another build than the one inside Node. */

import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Why tests that need the command are skipped, or `false`. */
export const withoutOpenssl: string | false =
  spawnSync('openssl', ['version']).status === 0 ? false : 'no openssl command here'

/**
 * Runs the command in a folder of its own that holds the files.
 *
 * @returns what it wrote to its standard output, or to the file `out` when there is one.
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
