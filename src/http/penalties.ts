import { fullGcra, type Gcra, take, usedMs } from '../base/gcra.ts'
import type { Clock } from '../base/ports.ts'

/** Refused calls of one source that the server answers at once; after that, one per interval. */
export const REFUSED_BURST = 400
/** The interval after which the server answers one more of them. */
export const REFUSED_INTERVAL_MS = 10
/** So many bytes received in vain count as one more call. */
const BYTES_PER_CALL = 8192
/** The longest wait of an answer. */
export const PENALTY_MAX_MS = 20_000
/** Sources with an allowance of their own; further ones share one. */
const SOURCES_MAX = 4096

const DEPTH_MS = REFUSED_BURST * REFUSED_INTERVAL_MS

/**
 * Slows down sources whose calls are refused because the caller is not known: beyond a burst, their refusals
 * wait. Calls of known callers never wait.
 */
export class Penalties {
  readonly #clock: Clock
  readonly #others = fullGcra()
  readonly #sources = new Map<string, Gcra>()
  #forgetAtMs = Number.NEGATIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Charges a refused call; returns how long its answer must wait, in milliseconds. */
  charge(source: string, bodyBytes: number): number {
    const nowMs = this.#clock.monotonicMs()
    const gcra = this.#sources.get(source) ?? this.#open(source, nowMs)
    take(gcra, nowMs, REFUSED_INTERVAL_MS * (1 + Math.floor(bodyBytes / BYTES_PER_CALL)))
    gcra.fullAtMs = Math.min(gcra.fullAtMs, nowMs + DEPTH_MS + PENALTY_MAX_MS)
    return excessMs(gcra, nowMs)
  }

  /** How long the next refusal of a source would wait, in milliseconds. */
  debtMs(source: string): number {
    const gcra = this.#sources.get(source)
    return gcra === undefined ? 0 : excessMs(gcra, this.#clock.monotonicMs())
  }

  #open(source: string, nowMs: number): Gcra {
    if (this.#sources.size >= SOURCES_MAX && nowMs >= this.#forgetAtMs) this.#forget(nowMs)
    if (this.#sources.size >= SOURCES_MAX) return this.#others
    const gcra = fullGcra()
    this.#sources.set(source, gcra)
    return gcra
  }

  /** Scans the map once per interval, so that this stays cheap when all sources must wait. */
  #forget(nowMs: number): void {
    this.#forgetAtMs = nowMs + REFUSED_INTERVAL_MS
    for (const [source, gcra] of this.#sources) {
      if (gcra.fullAtMs <= nowMs) this.#sources.delete(source)
    }
  }
}

function excessMs(gcra: Gcra, nowMs: number): number {
  return Math.max(0, usedMs(gcra, nowMs) - DEPTH_MS)
}
