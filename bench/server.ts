import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { undoAtExit } from './cleanup.ts'
import type { Endpoint } from './endpoint.ts'
import { processTree } from './procfs.ts'
import type { SigningCredentials } from './sign.ts'

/** A Holdfast server that the bench started. */
export type Server = {
  readonly endpoint: Endpoint
  readonly credentials: SigningCredentials
  /** The time from the start of the process to the first 200 from `/readyz`. */
  readonly readyMs: number
  /** Its process and its descendants. */
  readonly pids: () => readonly number[]
  /** The last part of its output. */
  readonly output: () => string
  /** Sends a stop signal and waits until the server has ended. */
  readonly stop: () => Promise<void>
}

/** The settings of a server start. */
export type ServerSettings = {
  /** The program: `bin/holdfast`, or that of another checkout. */
  readonly program: string
  readonly dataFolder: string
  readonly region: string
  /** Additional environment variables. */
  readonly environment?: Readonly<Record<string, string>>
}

const READY_TIMEOUT_MS = 60_000
const READY_POLL_MS = 2
const PROBE_TIMEOUT_MS = 1_000
const STOP_TIMEOUT_MS = 10_000
const GROUP_TIMEOUT_MS = 2_000
const OUTPUT_KEPT_CHARS = 8_192

/**
 * Starts `serve` on a free loopback port and waits until it is ready.
 * @throws Error with the last part of its output if it ends or is not ready in time.
 */
export async function startServer(settings: ServerSettings): Promise<Server> {
  const port = await freePort()
  const endpoint: Endpoint = { tls: false, host: '127.0.0.1', port }
  const startedAt = performance.now()
  // Starts a process group: the program may be a launcher, and its children must end with it.
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
    throw new Error(`${settings.program} serve did not become ready:\n${output()}`, { cause: error })
  }
}

/**
 * Parses the `default` profile of a shared credentials file.
 * @throws Error if the profile lacks a required key.
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
      throw new Error('the process has ended')
    if (performance.now() > deadline) throw new Error(`not ready within ${READY_TIMEOUT_MS} ms`)
    await delay(READY_POLL_MS)
  }
}

/** Whether one `GET /readyz` returns 200. */
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
    // A server that has not started yet refuses connections.
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

/** Waits for the whole group. A launcher may end before its children, which still use the data folder. */
async function untilGroupEnds(child: ChildProcess): Promise<void> {
  const deadline = performance.now() + GROUP_TIMEOUT_MS
  while (signalGroup(child, 0) && performance.now() < deadline) await delay(READY_POLL_MS)
}

/** Signals the process group. Returns whether it still has a process. */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals | 0): boolean {
  if (child.pid === undefined) return false
  try {
    return process.kill(-child.pid, signal)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false
    throw error
  }
}
