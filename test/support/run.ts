/** For tests: runs other programs to their end. */

import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

const { PATH, NODE_COMPILE_CACHE } = process.env

/** The environment of a Node process without settings: it uses the same compiled sources as this process. */
export const NODE_ENVIRONMENT = { PATH, NODE_COMPILE_CACHE }

/** The exit status of a program and its output. */
export type Ended = { readonly status: number | null; readonly out: string; readonly err: string }

export type RunOptions = {
  readonly environment?: Readonly<Record<string, string | undefined>>
  readonly folder?: string
  readonly input?: string
}

/** Runs a program. Its environment holds only `PATH`, `HOME` and the given variables. */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const { PATH, HOME } = process.env
  const child: ChildProcess = spawn(program, args, {
    cwd: options.folder ?? ROOT,
    env: { PATH, HOME, ...options.environment },
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout?.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr?.on('data', (chunk: Buffer) => err.push(chunk))
  child.stdin?.end(options.input)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (status) => {
      resolve({ status, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() })
    })
  })
}

/** Runs `holdfast` like a person at a shell. */
export function holdfast(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return run(`${ROOT}/bin/holdfast`, args, options)
}
