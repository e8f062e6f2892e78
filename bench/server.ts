import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { undoAtExit } from './cleanup.ts'
import type { Endpoint } from './endpoint.ts'
import { processTree } from './procfs.ts'
import type { SigningCredentials } from './sign.ts'

/** A Holdfast server that the bench has started. */
export type Server = {
  readonly endpoint: Endpoint
  readonly credentials: SigningCredentials
  /** From the start of the process to the first 200 of `/readyz`. */
  readonly readyMs: number
  /** Its process and those that it has started. */
  readonly pids: () => readonly number[]
  /** The end of what it has printed. */
  readonly output: () => string
  /** Asks it to end and waits until it has. */
  readonly stop: () => Promise<void>
}

/** How a server is started. */
export type ServerSettings = {
  /** The program: `bin/holdfast`, or that of another checkout. */
  readonly program: string
  readonly dataFolder: string
  readonly region: string
  /** Further settings. */
  readonly environment?: Readonly<Record<string, string>>
}

const READY_TIMEOUT_MS = 60_000
const READY_POLL_MS = 2
const PROBE_TIMEOUT_MS = 1_000
const STOP_TIMEOUT_MS = 10_000
const GROUP_TIMEOUT_MS = 2_000
const OUTPUT_KEPT_CHARS = 8_192

/**
 * Starts `serve` on a free port of the loopback and waits until it is ready.
 *
 * @throws Error with the end of its output when it ends or is not ready in time.
 */
export async function startServer(settings: ServerSettings): Promise<Server> {
  const port = await freePort()
  const endpoint: Endpoint = { tls: false, host: '127.0.0.1', port }
  const startedAt = performance.now()
  // A group of its own: the program may be a launcher, and what it starts must end with it.
  const child = spawn(settings.program, ['serve'], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      ...settings.environment,
      HOLDFAST_DATA: settings.dataFolder,
      HOLDFAST_LISTEN: `127.0.0.1:${port}`,
    },
  })
  const output = keepOutput(child)
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  const forget = undoAtExit(() => signalGroup(child, 'SIGKILL'))
  const stop = async () => {
    signalGroup(child, 'SIGTERM')
    const late = setTimeout(() => signalGroup(child, 'SIGKILL'), STOP_TIMEOUT_MS)
    await exited
    clearTimeout(late)
    await untilGroupEnds(child)
    forget()
  }
  try {
    await untilReady(child, endpoint)
    const readyMs = performance.now() - startedAt
    const credentials = parseCredentials(
      readFileSync(join(settings.dataFolder, 'credentials'), 'utf8'),
      settings.region,
    )
    return { endpoint, credentials, readyMs, pids: () => processTree(child.pid ?? 0), output, stop }
  } catch (error) {
    await stop()
    throw new Error(`${settings.program} serve did not get ready:\n${output()}`, { cause: error })
  }
}

/**
 * The keys of the `default` profile of a shared-credentials file.
 *
 * @throws Error when the profile lacks one of them.
 */
export function parseCredentials(text: string, region: string): SigningCredentials {
  const values = new Map<string, string>()
  let profile = ''
  for (const line of text.split('\n').map((raw) => raw.trim())) {
    const section = /^\[(.+)\]$/.exec(line)?.[1]
    if (section !== undefined) profile = section.trim()
    const [, name, value] = /^(\w+)\s*=\s*(\S+)$/.exec(line) ?? []
    if (profile === 'default' && name !== undefined && value !== undefined) values.set(name, value)
  }
  const accessKeyId = values.get('aws_access_key_id')
  const secretAccessKey = values.get('aws_secret_access_key')
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new Error('credentials: profile default with aws_access_key_id and aws_secret_access_key required')
  }
  return { accessKeyId, secretAccessKey, region }
}

async function untilReady(child: ChildProcess, endpoint: Endpoint): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS
  while (!(await probe(endpoint))) {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined)
      throw new Error('it has ended')
    if (performance.now() > deadline) throw new Error(`not ready within ${READY_TIMEOUT_MS} ms`)
    await delay(READY_POLL_MS)
  }
}

/** Whether one `GET /readyz` is answered with 200. */
function probe({ host, port }: Endpoint): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    let head = ''
    socket.setTimeout(PROBE_TIMEOUT_MS, () => socket.destroy())
    socket.on('connect', () =>
      socket.write(`GET /readyz HTTP/1.1\r\nhost: ${host}:${port}\r\nconnection: close\r\n\r\n`),
    )
    socket.on('data', (chunk: Buffer) => {
      head += chunk.toString('latin1', 0, 12)
      if (head.length >= 12) socket.destroy()
    })
    // A refused connection is what a server that has not started looks like.
    socket.on('error', () => {})
    socket.on('close', () => resolve(head.startsWith('HTTP/1.1 200')))
  })
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' ? (address?.port ?? 0) : 0
      server.close(() => resolve(port))
    })
  })
}

function keepOutput(child: ChildProcess): () => string {
  let kept = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      kept = (kept + chunk.toString()).slice(-OUTPUT_KEPT_CHARS)
    })
  }
  child.once('error', (error) => {
    kept += error.message
  })
  return () => kept
}

/** A launcher may end before what it has started: the data folder is free when all have. */
async function untilGroupEnds(child: ChildProcess): Promise<void> {
  const deadline = performance.now() + GROUP_TIMEOUT_MS
  while (signalGroup(child, 0) && performance.now() < deadline) await delay(READY_POLL_MS)
}

/** Whether there was anyone to signal. */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals | 0): boolean {
  if (child.pid === undefined) return false
  try {
    return process.kill(-child.pid, signal)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false
    throw error
  }
}
