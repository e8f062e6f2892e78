import { type ChildProcess, spawn } from 'node:child_process'

/** A program to start. */
export type Program = {
  readonly command: string
  readonly args: readonly string[]
  /** What it may allocate; without it, the system does not limit that. */
  readonly dataMaxKb: number | undefined
}

/** What a process of a function is started with. */
export type ProcessOptions = Program & {
  readonly folder: string
  /** All variables that it gets. */
  readonly environment: Readonly<Record<string, string>>
  /** Takes what it prints. */
  readonly printed: (text: Uint8Array) => void
}

/** A running process with all that it has started. */
export type FunctionProcess = {
  /** Resolves with what ended it: `exit status 1`, `signal: SIGKILL`. */
  readonly ended: Promise<string>
  /** Ends it and all processes of its group. */
  readonly kill: () => void
  /** Nothing when it could not be started. */
  readonly pid: number | undefined
}

const SHELL = '/bin/sh'
const FILES_MAX = 1_024

/**
 * Starts the program as the leader of a group of its own. A second process of the group reads from a pipe that only this
 * process writes to: when this process is gone, however it ended, the pipe ends and the group is killed.
 */
const LAUNCHER = [
  '(while read -r _ <&3; do :; done; kill -KILL 0) </dev/null >/dev/null 2>&1 &',
  'exec 3<&-',
  'ulimit -c 0; ulimit -n "$1"; ulimit -d "$2"',
  'shift 2',
  'exec "$@"',
].join('\n')

/** Starts the process of a function. Failure to start is an end, too. */
export function startProcess(options: ProcessOptions): FunctionProcess {
  const { command, args, folder, environment, dataMaxKb, printed } = options
  const child = spawn(
    SHELL,
    [
      '-c',
      LAUNCHER,
      'holdfast-function',
      String(FILES_MAX),
      String(dataMaxKb ?? 'unlimited'),
      command,
      ...args,
    ],
    { cwd: folder, env: environment, stdio: ['ignore', 'pipe', 'pipe', 'pipe'], detached: true },
  )
  child.stdout?.on('data', printed)
  child.stderr?.on('data', printed)
  for (const stream of child.stdio) stream?.on('error', () => {})
  let isOver = false
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`the process cannot be started: ${error.message}`))
    child.once('exit', (code, signal) => {
      // The process that watches the pipe is left, and whatever the function has started.
      killGroup(child)
      isOver = true
      resolve(signal === null ? `exit status ${code}` : `signal: ${signal}`)
    })
  })
  // Later the system may give the number of the group to another one.
  const kill = (): void => {
    if (!isOver) killGroup(child)
  }
  return { ended, kill, pid: child.pid }
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    // The group is gone already.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}
