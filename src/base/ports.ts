import { randomFillSync, randomUUID } from 'node:crypto'
import { setImmediate } from 'node:timers'
import { setTimeout as delay } from 'node:timers/promises'

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type EpochMs = number

/** The source of time. Nothing else in the server reads a clock. */
export type Clock = {
  /** The wall clock. It may jump. */
  readonly now: () => EpochMs
  /** Milliseconds from some fixed moment; never decreases. */
  readonly monotonicMs: () => number
}

/** The source of unpredictable bytes. */
export type Random = {
  /** New bytes from the operating system's generator, by way of OpenSSL. */
  readonly bytes: (sizeBytes: number) => Uint8Array
  /** A random UUID, version 4, lower case. */
  readonly uuid: () => string
}

/** A timer that has been set. */
export type Timer = { readonly cancel: () => void }

/** The source of timers, which never keep the process alive. */
export type Timers = {
  /** Runs `task` once, `delayMs` from now. */
  readonly after: (delayMs: number, task: () => void) => Timer
}

/** The clocks of the operating system. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
}

/** Random bytes per request to the generator: one request costs as much for 4,096 bytes as for 16. */
const POOL_BYTES = 4096
/** Larger requests go to the generator directly. */
const POOLED_MAX_BYTES = 256

const pool = { bytes: new Uint8Array(POOL_BYTES), used: POOL_BYTES }

/** Returns bytes of the pool once, and wipes them there. */
function pooledBytes(sizeBytes: number): Uint8Array {
  if (sizeBytes > POOLED_MAX_BYTES) return randomFillSync(new Uint8Array(sizeBytes))
  if (pool.used + sizeBytes > POOL_BYTES) {
    randomFillSync(pool.bytes)
    pool.used = 0
  }
  const end = pool.used + sizeBytes
  const bytes = pool.bytes.slice(pool.used, end)
  pool.bytes.fill(0, pool.used, end)
  pool.used = end
  return bytes
}

/** The operating system's generator, by way of OpenSSL. */
export const systemRandom: Random = {
  bytes: pooledBytes,
  uuid: () => randomUUID(),
}

/** Runs a task after the events of this turn of the event loop. */
export type AfterThisTurn = (task: () => void) => void

/** The event loop's own way to wait for the end of a turn. */
export const systemAfterThisTurn: AfterThisTurn = (task) => void setImmediate(task)

/** The timers of Node. */
export const systemTimers: Timers = {
  after: (delayMs, task) => {
    const handle = setTimeout(task, delayMs)
    handle.unref()
    return { cancel: () => clearTimeout(handle) }
  },
}

/** Waits `delayMs`; the process stays alive for it, as it does not for a {@link Timers} timer. */
export async function systemSleep(delayMs: number): Promise<void> {
  await delay(delayMs)
}

/** `2026-11-25T04:03:40Z`. */
export function isoSeconds(at: EpochMs): string {
  return `${new Date(at).toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length)}Z`
}
