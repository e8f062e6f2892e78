/** For tests: a real server process on an empty data folder. */

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const START_TIMEOUT_MS = 60_000

export type Credentials = { readonly accessKeyId: string; readonly secretAccessKey: string }

export type ServerOptions = {
  /** An existing data folder. By default, a new one, which is removed at the end. */
  readonly data?: string
  readonly environment?: Readonly<Record<string, string>>
  /** Whether `bin/holdfast`, or the one at another path, starts the server, with its memory settings, as in production. */
  readonly launched?: boolean | string
}

/** The parts of a server that a client needs. */
export type Reachable = { readonly endpoint: string; readonly credentials: Credentials }

/** A running server. */
export type TestServer = Reachable &
  AsyncDisposable & {
    readonly data: string
    readonly process: ChildProcess
    /** Its standard output so far. */
    readonly output: () => string
    /** Its standard error so far. */
    readonly errors: () => string
    /** Sends a stop signal. Returns the exit status. */
    readonly stop: () => Promise<number | null>
    /** Kills it immediately with SIGKILL. */
    readonly kill: () => Promise<void>
  }

/** Creates a folder in the system's temporary folder, or in another one. */
export function temporaryFolder(parent = tmpdir()): Promise<string> {
  return mkdtemp(join(parent, 'holdfast-test-'))
}

/** A server process that may not be ready yet. */
export type ServerProcess = {
  readonly process: ChildProcess
  readonly data: string
  /** Its standard output so far. */
  readonly output: () => string
  /** Its standard error so far. */
  readonly errors: () => string
  /** Its first endpoint. Rejects if the process ends first. */
  readonly serves: Promise<string>
  /** Its exit status; `null` if a signal ended it. */
  readonly ended: Promise<number | null>
  /** Sends a signal to it and to its child processes. */
  readonly signal: (signal: NodeJS.Signals) => void
}

/** Starts a server on a data folder without waiting for it. */
export function spawnServer(
  data: string,
  environment: ServerOptions['environment'] = {},
  launched: boolean | string = false,
): ServerProcess {
  const launcher = launched === true ? join(ROOT, 'bin/holdfast') : launched
  const [program, main] =
    launcher === false ? [process.execPath, [join(ROOT, 'src/main.ts')]] : [launcher, []]
  const child = spawn(program, [...main, 'serve'], {
    env: {
      ...withoutSettings(process.env),
      HOLDFAST_DATA: data,
      HOLDFAST_LISTEN: '127.0.0.1:0',
      // Tests of the console turn it on.
      HOLDFAST_CONSOLE: 'off',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Starts a process group, so that signals also reach its workers.
    detached: true,
  })
  STARTED.add(child)
  const output: string[] = []
  const errors: string[] = []
  child.stdout.on('data', (chunk) => output.push(String(chunk)))
  child.stderr.on('data', (chunk) => errors.push(String(chunk)))
  const serves = firstEndpoint(child, () => errors.join(''))
  // A test that ends the server during its start does not wait for `serves`.
  serves.catch(() => {})
  return {
    process: child,
    data,
    output: () => output.join(''),
    errors: () => errors.join(''),
    serves,
    // Does not use `exit`, at which the output may not be complete.
    ended: new Promise((resolve) =>
      child.once('close', (code) => {
        STARTED.delete(child)
        resolve(code)
      }),
    ),
    signal: (signal) => signalGroup(child, signal),
  }
}

/** Starts a server and waits until it serves. */
export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
  const data = options.data ?? (await temporaryFolder())
  const server = spawnServer(data, options.environment, options.launched)
  const endpoint = await server.serves.catch((error: unknown) => {
    // Kills the server after a failed start. The test has no handle for it, and it would otherwise outlive the test
    // process.
    server.signal('SIGKILL')
    throw error
  })
  const end = (): Promise<number | null> => {
    server.signal('SIGKILL')
    return server.ended
  }
  return {
    endpoint,
    data,
    process: server.process,
    credentials: await readCredentials(data),
    output: server.output,
    errors: server.errors,
    stop: () => {
      server.process.kill('SIGTERM')
      return server.ended
    },
    kill: async () => void (await end()),
    [Symbol.asyncDispose]: async () => {
      await end()
      if (options.data === undefined) await rm(data, { recursive: true, force: true })
    },
  }
}

/** Running servers that this process started. */
const STARTED = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of STARTED) signalGroup(child, 'SIGKILL')
})
// The test runner ends a slow file with a signal. Without a handler, the process emits no exit event.
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(1))

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  try {
    process.kill(-child.pid, signal)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

/** Reads the root credentials that a server or command wrote. For another account, the profile is its ID. */
export async function readCredentials(data: string, profile?: string): Promise<Credentials> {
  const whole = await readFile(join(data, 'credentials'), 'utf8')
  const text = profile === undefined ? whole : whole.slice(whole.indexOf(`[${profile}]\n`))
  const accessKeyId = /aws_access_key_id = (\S+)/.exec(text)?.[1]
  const secretAccessKey = /aws_secret_access_key = (\S+)/.exec(text)?.[1]
  if (accessKeyId === undefined || secretAccessKey === undefined)
    throw new Error('no credentials were written')
  return { accessKeyId, secretAccessKey }
}

function firstEndpoint(child: ChildProcess, errors: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = ''
    const timeout = setTimeout(
      () => reject(new Error(`the server did not start: ${errors()}`)),
      START_TIMEOUT_MS,
    )
    const settle = (then: () => void): void => {
      clearTimeout(timeout)
      then()
    }
    child.stdout?.on('data', (chunk) => {
      printed += String(chunk)
      const endpoint = /serves on (\S+)\n/.exec(printed)?.[1]
      if (endpoint !== undefined) settle(() => resolve(endpoint))
    })
    child.once('exit', () => settle(() => reject(new Error(`the server ended: ${errors()}`))))
  })
}

function withoutSettings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('HOLDFAST_')))
}
