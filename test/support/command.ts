/** For tests: runs `holdfast` commands to their end. */

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { printable } from '../../src/base/printable.ts'
import { runCommandLine } from '../../src/cli/command-line.ts'
import { NODE_ENVIRONMENT } from './run.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

/** The time after which a command is killed. It then has no exit status. */
const COMMAND_MAX_MS = 120_000

/** The output of a command and its exit status. */
export type Finished = { readonly status: number | null; readonly output: string; readonly errors: string }

/** Commands that run until a signal. */
const SERVERS = new Set(['serve', 'xks-proxy', 's3 serve'])

/** The commands that this process has already run as child processes. */
const STARTED = new Set<string>()

/**
 * Runs `holdfast` with these arguments on a data folder and waits for its end.
 * Starting a process takes longer than most commands. So the first run of each command in a test file is a child
 * process, and later runs are in this process. Servers are always child processes.
 */
export function runHoldfast(data: string, ...args: readonly string[]): Promise<Finished> {
  const command = commandIn(args)
  if (!SERVERS.has(command) && STARTED.has(command)) return runHere(data, args)
  STARTED.add(command)
  return runProcess(data, args)
}

/**
 * Runs `holdfast serve` with what it refuses. The first run in a test file is a child process, and later ones are in
 * this process, which ends when a server starts nevertheless.
 */
export async function runRefusedStart(data: string, ...flags: readonly string[]): Promise<Finished> {
  const args = ['serve', '--listen=127.0.0.1:0', ...flags]
  if (!STARTED.has('serve')) return runHoldfast(data, ...args)
  const timeout = setTimeout(() => {
    process.stderr.write(`it was not refused: holdfast ${args.join(' ')}\n`)
    process.exit(1)
  }, COMMAND_MAX_MS)
  // Each start adds listeners for signals.
  process.setMaxListeners(0)
  const finished = await runHere(data, args)
  clearTimeout(timeout)
  return finished
}

/** The words of a command's name. Options, IDs, paths and resource names look different. */
function commandIn(args: readonly string[]): string {
  const end = args.findIndex((arg) => !/^[a-z]+(?:-[a-z]+)*$/.test(arg))
  return args.slice(0, end < 0 ? args.length : end).join(' ')
}

function runProcess(data: string, args: readonly string[]): Promise<Finished> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...NODE_ENVIRONMENT, HOLDFAST_DATA: data },
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

async function runHere(data: string, args: readonly string[]): Promise<Finished> {
  const said = { output: '', errors: '' }
  const output = {
    print: (line: string) => {
      said.output += `${line}\n`
    },
    complain: (text: string) => {
      said.errors += `${text.split('\n').map(printable).join('\n')}\n`
    },
  }
  const environment = { HOLDFAST_DATA: data }
  return { status: await runCommandLine(args, { output, environment }), ...said }
}
