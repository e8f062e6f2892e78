import { spawn } from 'node:child_process'
import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { constants as system } from 'node:os'
import { join } from 'node:path'

/** A program with its arguments and its whole environment. */
export type Program = {
  readonly path: string
  /** The name by which it was called, and its arguments. */
  readonly args: readonly [string, ...string[]]
  readonly environment: Readonly<Record<string, string>>
}

/** The search for a program: its path; or whether there is none, or only a file that cannot be executed. */
export type FoundProgram = { readonly path: string } | { readonly missing: 'not found' | 'not executable' }

/** Where a program is looked for without a `PATH`. Source: POSIX, `confstr`, `_CS_PATH`. */
const DEFAULT_PATH = '/usr/bin:/bin'

/** Finds a program as `execvp` does: a name with a slash is a path; others are looked for in the folders of `PATH`. */
export async function findProgram(name: string, searchPath: string | undefined): Promise<FoundProgram> {
  const folders = name.includes('/') ? [''] : (searchPath ?? DEFAULT_PATH).split(':')
  let missing: 'not found' | 'not executable' = 'not found'
  for (const folder of folders) {
    const path = name.includes('/') ? name : join(folder === '' ? '.' : folder, name)
    const usable = await isExecutable(path)
    if (usable === true) return { path }
    if (usable === false) missing = 'not executable'
  }
  return { missing }
}

/** Nothing when there is no file. */
async function isExecutable(path: string): Promise<boolean | undefined> {
  try {
    if (!(await stat(path)).isFile()) return false
    await access(path, constants.X_OK)
    return true
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    return code === 'EACCES' ? false : undefined
  }
}

/** Signals that Node ignores, which a program that replaces it would ignore too. A handled signal gets its default. */
const IGNORED_BY_NODE = ['SIGPIPE', 'SIGXFSZ'] as const

/**
 * Replaces this process by the program: no process stays that holds the environment, signals reach the program itself,
 * and its exit status is that of this process. Never returns.
 *
 * @throws Error when the program cannot be executed.
 */
export function becomeProgram({ path, args, environment }: Program): never {
  const handled = (): void => {}
  for (const signal of IGNORED_BY_NODE) process.on(signal, handled)
  try {
    if (process.execve === undefined) throw new Error('this system cannot replace a process')
    return process.execve(path, args, environment)
  } catch (error) {
    for (const signal of IGNORED_BY_NODE) process.removeListener(signal, handled)
    throw error
  }
}

/** Signals that a terminal sends to all processes of its foreground group, so also to the program. */
const OF_TERMINAL = ['SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGWINCH', 'SIGCONT'] as const
/** Further signals that a process can handle and that do not come from its own faults. */
const PASSED_ON = ['SIGTERM', 'SIGUSR1', 'SIGUSR2', 'SIGALRM'] as const
/** The exit status of a shell for a program that a signal ended is this and the signal's number. */
const SIGNAL_STATUS = 128

/** Starts the program, passes signals on to it, and returns its exit status when it has ended. @throws Error when it cannot start. */
export function runProgram({ path, args, environment }: Program): Promise<number> {
  const [argv0, ...rest] = args
  return new Promise((resolve, reject) => {
    // Handled from before the start: the program may already run, and be signalled, when `spawn` returns.
    const stop = passSignals((signal) => void child.kill(signal))
    const child = spawn(path, rest, { argv0, env: environment, stdio: 'inherit' })
    child.once('error', (error) => {
      stop()
      reject(error)
    })
    child.once('exit', (status, signal) => {
      stop()
      resolve(signal === null ? (status ?? 1) : SIGNAL_STATUS + system.signals[signal])
    })
  })
}

function passSignals(pass: (signal: NodeJS.Signals) => void): () => void {
  // On a terminal the program gets these itself; a second one would make many programs end at once.
  const fromTerminal = process.stdin.isTTY === true ? (): void => {} : pass
  for (const signal of PASSED_ON) process.on(signal, pass)
  for (const signal of OF_TERMINAL) process.on(signal, fromTerminal)
  return () => {
    for (const signal of PASSED_ON) process.removeListener(signal, pass)
    for (const signal of OF_TERMINAL) process.removeListener(signal, fromTerminal)
  }
}
