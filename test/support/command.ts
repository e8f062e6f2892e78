/** For tests: a command of `holdfast` as a process of its own. */

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

/** A command that hangs is ended: it has no exit status then. */
const COMMAND_MAX_MS = 120_000

/** What a command has said, and its exit status. */
export type Finished = { readonly status: number | null; readonly output: string; readonly errors: string }

/** Runs `holdfast` with these arguments on a data folder, to its end. */
export function runHoldfast(data: string, ...args: readonly string[]): Promise<Finished> {
  const { PATH, NODE_COMPILE_CACHE } = process.env
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH, NODE_COMPILE_CACHE, HOLDFAST_DATA: data },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: COMMAND_MAX_MS,
    killSignal: 'SIGKILL',
  })
  const said = { output: '', errors: '' }
  child.stdout.on('data', (chunk) => {
    said.output += String(chunk)
  })
  child.stderr.on('data', (chunk) => {
    said.errors += String(chunk)
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (status) => resolve({ status, ...said }))
  })
}
