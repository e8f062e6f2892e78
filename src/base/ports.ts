import { randomFillSync, randomUUID } from 'node:crypto'

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type EpochMs = number

/** Where time comes from. Nothing else in the server reads a clock. */
export type Clock = {
  /** The wall clock. It may jump. */
  readonly now: () => EpochMs
  /** Milliseconds from some fixed moment; never goes back. */
  readonly monotonicMs: () => number
}

/** Where unpredictable bytes come from. */
export type Random = {
  /** Fresh bytes from the operating system's generator, by way of OpenSSL. */
  readonly bytes: (sizeBytes: number) => Uint8Array
  /** A random UUID, version 4, lower case. */
  readonly uuid: () => string
}

/** A timer that has been set. */
export type Timer = { readonly cancel: () => void }

/** Where waiting comes from. Timers never keep the process alive. */
export type Timers = {
  /** Runs `task` once, `delayMs` from now. */
  readonly after: (delayMs: number, task: () => void) => Timer
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
}

export const systemRandom: Random = {
  bytes: (sizeBytes) => randomFillSync(new Uint8Array(sizeBytes)),
  uuid: () => randomUUID(),
}

export const systemTimers: Timers = {
  after: (delayMs, task) => {
    const handle = setTimeout(task, delayMs)
    handle.unref()
    return { cancel: () => clearTimeout(handle) }
  },
}
