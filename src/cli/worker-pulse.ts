import type { Log } from '../base/log.ts'
import type { Timer, Timers } from '../base/ports.ts'

/** How often a worker sends its heartbeat. */
const PULSE_INTERVAL_MS = 1_000
/** Ticks without a heartbeat after which a worker is ended; no other worker is ended within as many ticks. */
export const SILENT_TICKS_MAX = 10

type PulseMessage = { readonly pulse: true }

/** The members of a worker that the watch uses. */
export type Watched = {
  readonly pid?: number | undefined
  readonly kill: (signal: 'SIGKILL') => boolean
  readonly on: (event: 'message', listener: (message: unknown) => void) => unknown
}

/**
 * Ends workers without a heartbeat: stopped ones, and those whose event loop is blocked. Their owner starts them
 * again.
 * The watch counts ticks, not time: a process that was stopped together with its workers received no heartbeat
 * either. It ends one worker at a time, so that a machine that stalls as a whole does not lose all of them.
 */
export class PulseWatch {
  readonly #timers: Timers
  readonly #log: Log
  readonly #silent = new Map<Watched, number>()
  #timer: Timer | undefined
  #pause = 0

  constructor(timers: Timers, log: Log) {
    this.#timers = timers
    this.#log = log
    this.#arm()
  }

  /** Adds a serving worker. */
  add(child: Watched): void {
    this.#silent.set(child, 0)
    child.on('message', (message: unknown) => {
      if (isPulse(message) && this.#silent.has(child)) this.#silent.set(child, 0)
    })
  }

  /** Removes a worker that has ended. */
  remove(child: Watched): void {
    this.#silent.delete(child)
  }

  [Symbol.dispose](): void {
    this.#timer?.cancel()
  }

  #arm(): void {
    this.#timer = this.#timers.after(PULSE_INTERVAL_MS, () => {
      this.#tick()
      this.#arm()
    })
  }

  #tick(): void {
    this.#pause = Math.max(0, this.#pause - 1)
    for (const [child, ticks] of this.#silent) {
      this.#silent.set(child, ticks + 1)
      if (ticks + 1 < SILENT_TICKS_MAX || this.#pause > 0) continue
      this.#pause = SILENT_TICKS_MAX
      this.#silent.delete(child)
      this.#log.error('a worker does not answer and is ended', { pid: child.pid })
      child.kill('SIGKILL')
    }
  }
}

/** Sends heartbeats to the parent process until the channel closes. */
export function beatPulse(timers: Timers): void {
  timers.after(PULSE_INTERVAL_MS, () => {
    if (!process.connected) return
    process.send?.({ pulse: true } satisfies PulseMessage, undefined, {}, () => {})
    beatPulse(timers)
  })
}

/** Messages come from the child process only. */
function isPulse(message: unknown): boolean {
  return typeof message === 'object' && message !== null && 'pulse' in message
}
