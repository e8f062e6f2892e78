import type { Log } from '../base/log.ts'
import type { Timer, Timers } from '../base/ports.ts'

/** How often a worker says that it is alive. */
const PULSE_INTERVAL_MS = 1_000
/** Ticks without a word after which a worker is ended; no other is within so many more. */
export const SILENT_TICKS_MAX = 10

type PulseMessage = { readonly pulse: true }

/** Of a worker: what is watched. */
export type Watched = {
  readonly pid?: number | undefined
  readonly kill: (signal: 'SIGKILL') => boolean
  readonly on: (event: 'message', listener: (message: unknown) => void) => unknown
}

/**
 * Ends workers that say nothing: stopped ones, and those whose event loop does not turn. What ends is started again by
 * whoever watches for it.
 *
 * Ticks are counted, not time: a process that was itself stopped, with all its workers, has not heard them either. And
 * one is ended at a time, so that a machine that stalls as a whole does not lose all.
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

  /** A worker serves. */
  add(child: Watched): void {
    this.#silent.set(child, 0)
    child.on('message', (message: unknown) => {
      if (isPulse(message) && this.#silent.has(child)) this.#silent.set(child, 0)
    })
  }

  /** A worker has ended. */
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

/** Says again and again that this worker is alive, until the channel to who has started it is closed. */
export function beatPulse(timers: Timers): void {
  timers.after(PULSE_INTERVAL_MS, () => {
    if (!process.connected) return
    process.send?.({ pulse: true } satisfies PulseMessage, undefined, {}, () => {})
    beatPulse(timers)
  })
}

/** Messages come from the process that this one has started, and nobody else. */
function isPulse(message: unknown): boolean {
  return typeof message === 'object' && message !== null && 'pulse' in message
}
