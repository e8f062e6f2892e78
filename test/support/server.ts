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
  /** An existing data folder; a new one, removed at the end, when left out. */
  readonly data?: string
  readonly environment?: Readonly<Record<string, string>>
  /** Whether it is started as in production, by `bin/holdfast`: with the settings of memory that this has. */
  readonly launched?: boolean
}

/** What a client needs to know of a server. */
export type Reachable = { readonly endpoint: string; readonly credentials: Credentials }

/** A server that is running. */
export type TestServer = Reachable &
  AsyncDisposable & {
    readonly data: string
    readonly process: ChildProcess
    /** What it has printed on standard output so far. */
    readonly output: () => string
    /** What it has printed on standard error so far. */
    readonly errors: () => string
    /** Asks it to stop and gives its exit status. */
    readonly stop: () => Promise<number | null>
    /** Ends it at once, as the kernel would. */
    readonly kill: () => Promise<void>
  }

/** A new folder under the system's temporary folder. */
export function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'holdfast-test-'))
}

/** A server process that may not serve yet. */
export type ServerProcess = {
  readonly process: ChildProcess
  readonly data: string
  /** What it has printed on standard output so far. */
  readonly output: () => string
  /** What it has printed on standard error so far. */
  readonly errors: () => string
  /** Its first endpoint; fails when the process ends before. */
  readonly serves: Promise<string>
  /** Its exit status; nothing when a signal has ended it. */
  readonly ended: Promise<number | null>
  /** Sends a signal to it and to all that it has started. */
  readonly signal: (signal: NodeJS.Signals) => void
}

/** Starts a server on a data folder and does not wait. */
export function spawnServer(
  data: string,
  environment: ServerOptions['environment'] = {},
  launched = false,
): ServerProcess {
  const [program, main] = launched
    ? [join(ROOT, 'bin/holdfast'), []]
    : [process.execPath, [join(ROOT, 'src/main.ts')]]
  const child = spawn(program, [...main, 'serve'], {
    env: {
      ...withoutSettings(process.env),
      HOLDFAST_DATA: data,
      HOLDFAST_LISTEN: '127.0.0.1:0',
      // Whoever tests the console turns it on.
      HOLDFAST_CONSOLE: 'off',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that a signal reaches its workers too.
    detached: true,
  })
  STARTED.add(child)
  const output: string[] = []
  const errors: string[] = []
  child.stdout.on('data', (chunk) => output.push(String(chunk)))
  child.stderr.on('data', (chunk) => errors.push(String(chunk)))
  const serves = firstEndpoint(child, () => errors.join(''))
  // Whoever ends it while it starts does not wait for it.
  serves.catch(() => {})
  return {
    process: child,
    data,
    output: () => output.join(''),
    errors: () => errors.join(''),
    serves,
    // Not at `exit`: what it has printed is then not all read.
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
    // A test that fails here has nothing to end: what was started would keep its process, and outlive it.
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

/** Servers that this process has started and that have not ended. */
const STARTED = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of STARTED) signalGroup(child, 'SIGKILL')
})
// The runner ends a file that takes too long by a signal, after which there is no exit event unless it is asked for.
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(1))

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  try {
    process.kill(-child.pid, signal)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

/** The root credentials that a server has written, or a command for another account: then by its id. */
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
