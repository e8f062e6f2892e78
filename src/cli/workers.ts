import { type ChildProcess, fork } from 'node:child_process'
import { openControl } from '../app/control.ts'
import type { OpenedRoot } from '../app/root-key.ts'
import type { Log } from '../base/log.ts'
import type { TlsPair } from '../base/network.ts'
import { systemTimers } from '../base/ports.ts'
import type { Secret } from '../base/secret.ts'
import { UsageError } from '../base/usage-error.ts'
import { processEnvironment } from '../config/setting.ts'
import { type Config, configFlags } from '../config/settings.ts'
import { copyOf } from '../custody/root-keys.ts'
import { EXIT_USAGE } from './command.ts'
import { sendRoots } from './root-pipe.ts'
import type { RunningServer } from './running.ts'
import type { TlsMessage, WorkerMessage } from './worker.ts'
import { WorkerMetrics } from './worker-metrics.ts'
import { PulseWatch } from './worker-pulse.ts'

/** How often within a minute ended workers are started again; after that, the server stops. */
const MAX_RESTARTS = 10
const RESTART_WINDOW_MS = 60_000
/** Node's threads for files and cryptography. Source: libuv, "Thread pool work scheduling". */
const THREADS_VARIABLE = 'UV_THREADPOOL_SIZE'
/** How long workers may take to finish calls in progress before they are ended. */
const STOP_TIMEOUT_MS = 15_000
/** How long workers may take to record that they seal themselves: less than a process waits for its own record. */
const SEAL_TIMEOUT_MS = 4_000

/**
 * Starts several processes that share the port, and gives each the root key, which it owns until the end. The first one prepares the data folder and, for port 0, chooses
 * the port; the others follow.
 */
export async function openWorkers(
  config: Config,
  log: Log,
  opened: OpenedRoot,
  leave: () => void,
): Promise<RunningServer> {
  const fleet = new Workers(config, log, opened)
  // The workers record the seal; this process has no audit log.
  const sealing = { record: () => fleet.sealed(), leave }
  const control = await openControl(config, { useKeys: async ({ roots }) => fleet.useRoots(roots), sealing })
  const close = async (): Promise<void> => {
    await fleet.close()
    await control.close()
  }
  try {
    const port = await fleet.start(config.listen.port)
    for (let count = 1; count < config.workers; count += 1) await fleet.start(port)
    const snapshots = () => fleet.metrics.collect()
    const useTls = (pair: TlsPair) => fleet.useTls(pair)
    return { port, snapshots, useTls, failed: fleet.failed, close }
  } catch (error) {
    await close()
    throw error
  }
}

class Workers {
  readonly #config: Config
  readonly #log: Log
  readonly #opened: OpenedRoot
  #roots: readonly Secret[]
  #isOpeningRecorded = false
  readonly #running = new Set<ChildProcess>()
  readonly #restarts: number[] = []
  readonly #failure = Promise.withResolvers<void>()
  /** The metrics of all workers. */
  readonly metrics: WorkerMetrics
  readonly #pulses: PulseWatch
  #closing = false

  constructor(config: Config, log: Log, opened: OpenedRoot) {
    this.#config = config
    this.#opened = opened
    this.#roots = [opened.root]
    this.metrics = new WorkerMetrics(log)
    this.#pulses = new PulseWatch(systemTimers, log)
    this.#log = log
  }

  get failed(): Promise<void> {
    return this.#failure.promise
  }

  /** Starts one worker and returns its port once it serves. */
  start(port: number): Promise<number> {
    const config = { ...this.#config, listen: { ...this.#config.listen, port } }
    const env = workerEnvironment(processEnvironment(), config.workers)
    const child = fork(process.argv[1] ?? '', ['worker', ...configFlags(config)], {
      env,
      stdio: ['inherit', 'inherit', 'inherit', 'ipc', 'pipe'],
    })
    sendRoots(child, this.#roots, this.#isOpeningRecorded ? undefined : this.#opened)
    this.#isOpeningRecorded = true
    this.#running.add(child)
    return new Promise((resolve, reject) => {
      const failed = (code: number | null): void => {
        this.#running.delete(child)
        const message = 'a worker could not start: its own message is above'
        reject(code === EXIT_USAGE ? new UsageError(message) : new Error(message))
      }
      child.once('exit', failed)
      child.once('message', (message: WorkerMessage) => {
        child.removeListener('exit', failed)
        child.once('exit', (code, signal) => this.#onExit(child, message.listening, signal ?? String(code)))
        this.metrics.add(child)
        this.#pulses.add(child)
        resolve(message.listening)
      })
    })
  }

  /** Sends the certificate to starting workers too: they may have read the old one. */
  useTls(pair: TlsPair): void {
    for (const child of this.#running) {
      // A worker that is ending has no channel any more.
      if (child.connected) child.send({ tls: pair } satisfies TlsMessage, () => {})
    }
  }

  async close(): Promise<void> {
    this.#closing = true
    this.#pulses[Symbol.dispose]()
    const ends = [...this.#running].map((child) => stopChild(child))
    await Promise.all(ends)
    for (const root of this.#roots) root[Symbol.dispose]()
  }

  /** Waits until each worker has sealed itself, and starts none again. Returns that this process has recorded nothing. */
  async sealed(): Promise<boolean> {
    this.#closing = true
    const ends = [...this.#running].map((child) => waitForSeal(child))
    await Promise.all(ends)
    return false
  }

  /** Follows a rotation of the root key. Borrows the root keys. */
  useRoots(roots: readonly Secret[]): void {
    const before = this.#roots
    this.#roots = roots.map(copyOf)
    for (const root of before) root[Symbol.dispose]()
  }

  #onExit(child: ChildProcess, port: number, how: string): void {
    this.#running.delete(child)
    this.#pulses.remove(child)
    if (this.#closing) return
    this.metrics.remove(child)
    this.#log.error('a worker ended and is started again', { pid: child.pid, how })
    const now = performance.now()
    this.#restarts.push(now)
    while ((this.#restarts[0] ?? now) < now - RESTART_WINDOW_MS) this.#restarts.shift()
    if (this.#restarts.length > MAX_RESTARTS) {
      this.#log.error('workers end again and again: stopping')
      this.#failure.resolve()
      return
    }
    // Once more: a rotation of the root key at this moment lets a worker end that has got the key before.
    this.start(port)
      .catch(() => (this.#closing ? undefined : this.start(port)))
      .catch(() => this.#failure.resolve())
  }
}

/** Threads of a worker: one generates RSA keys, two use keys, two are for files. */
const WORKER_THREADS_MIN = 5

/**
 * The environment of a worker, with its share of the threads: if each worker had as many as a single process,
 * signing threads would leave little processor time to the event loops.
 */
export function workerEnvironment(
  given: Readonly<Record<string, string | undefined>>,
  workers: number,
): Record<string, string | undefined> {
  const threads = Number(given[THREADS_VARIABLE])
  if (!Number.isInteger(threads) || threads < 1) return { ...given }
  const part = Math.min(threads, Math.max(WORKER_THREADS_MIN, Math.ceil(threads / workers)))
  return { ...given, [THREADS_VARIABLE]: String(part) }
}

function waitForSeal(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resolve()
      return
    }
    const impatient = setTimeout(() => child.kill('SIGKILL'), SEAL_TIMEOUT_MS)
    child.once('exit', () => {
      clearTimeout(impatient)
      resolve()
    })
  })
}

function stopChild(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resolve()
      return
    }
    const impatient = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
    child.once('exit', () => {
      clearTimeout(impatient)
      resolve()
    })
    child.kill('SIGTERM')
  })
}
