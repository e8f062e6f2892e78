import { fullGcra, type Gcra, hasRoom, take } from '../../base/gcra.ts'
import { networkOf } from '../../base/network.ts'
import type { Clock, EpochMs, Timer, Timers } from '../../base/ports.ts'

/** Refused calls of one source with records of their own: so many at once, then one per interval. */
export const REFUSALS_BURST = 20
/** The interval after which a source may have one more refusal recorded. */
export const REFUSAL_INTERVAL_MS = 1000
/** Refused calls of all sources together: so many at once, then one per interval. */
export const ALL_REFUSALS_BURST = 500
const ALL_REFUSALS_INTERVAL_MS = 20
/** Sources that are counted by themselves; further ones are counted together. */
export const SOURCES_MAX = 4096
/** The source of the summary of all further sources. */
export const OTHER_SOURCES = 'other sources'
/** The interval of summaries. */
export const SUMMARY_INTERVAL_MS = 60_000
/** Summaries of one minute; further refusals are counted together. */
export const SUMMARIES_MAX = 100

/** Refused calls of a source that were counted and not recorded. */
export type RefusalSummary = {
  readonly source: string
  readonly count: number
  readonly firstAt: EpochMs
  readonly lastAt: EpochMs
}

type Counted = { source: string; count: number; firstAt: EpochMs; lastAt: EpochMs }

/** Decides which calls refused before their caller is known get a record of their own. */
export class RefusalLimiter {
  readonly #clock: Clock
  readonly #all: Gcra = fullGcra()
  /** Oldest first. */
  readonly #allowances = new Map<string, Gcra>()
  #counted = new Map<string, Counted>()
  #sweptAtMs = Number.NEGATIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Whether a refusal of this source gets a record of its own; otherwise the limiter counts it. */
  admit(source: string): boolean {
    const nowMs = this.#clock.monotonicMs()
    const gcra = this.#gcraOf(networkOf(source), nowMs)
    const isAdmitted =
      hasRoom(gcra, nowMs, REFUSALS_BURST * REFUSAL_INTERVAL_MS, REFUSAL_INTERVAL_MS) &&
      hasRoom(this.#all, nowMs, ALL_REFUSALS_BURST * ALL_REFUSALS_INTERVAL_MS, ALL_REFUSALS_INTERVAL_MS)
    if (!isAdmitted) {
      this.#count(networkOf(source))
      return false
    }
    take(gcra, nowMs, REFUSAL_INTERVAL_MS)
    take(this.#all, nowMs, ALL_REFUSALS_INTERVAL_MS)
    return true
  }

  /** Returns the counts since the last time, highest first, and starts to count anew. */
  takeSummaries(): readonly RefusalSummary[] {
    const counted = [...this.#counted.values()].sort((a, b) => b.count - a.count)
    this.#counted = new Map()
    if (counted.length <= SUMMARIES_MAX) return counted
    return [...counted.slice(0, SUMMARIES_MAX - 1), together(counted.slice(SUMMARIES_MAX - 1))]
  }

  #gcraOf(network: string, nowMs: number): Gcra {
    const known = this.#allowances.get(network)
    if (known !== undefined) return known
    if (this.#allowances.size >= SOURCES_MAX) this.#forgetIdle(nowMs)
    if (this.#allowances.size >= SOURCES_MAX) return this.#all
    const gcra = fullGcra()
    this.#allowances.set(network, gcra)
    return gcra
  }

  #forgetIdle(nowMs: number): void {
    if (nowMs < this.#sweptAtMs + REFUSAL_INTERVAL_MS) return
    this.#sweptAtMs = nowMs
    for (const [network, { fullAtMs }] of this.#allowances) {
      if (fullAtMs <= nowMs) this.#allowances.delete(network)
    }
  }

  #count(network: string): void {
    const isKnown = this.#counted.has(network) || this.#counted.size < SOURCES_MAX
    const source = isKnown ? network : OTHER_SOURCES
    const now = this.#clock.now()
    const counted = this.#counted.get(source)
    if (counted === undefined) {
      this.#counted.set(source, { source, count: 1, firstAt: now, lastAt: now })
      return
    }
    counted.count += 1
    counted.lastAt = now
  }
}

/** Passes the summaries of each minute to `record`, until it is disposed. */
export class RefusalSummaries {
  readonly #limiter: RefusalLimiter
  readonly #timers: Timers
  readonly #record: (summary: RefusalSummary) => void
  #timer: Timer | undefined

  constructor(limiter: RefusalLimiter, timers: Timers, record: (summary: RefusalSummary) => void) {
    this.#limiter = limiter
    this.#timers = timers
    this.#record = record
    this.#arm()
  }

  /** Passes on the counts so far. */
  flush(): void {
    for (const summary of this.#limiter.takeSummaries()) this.#record(summary)
  }

  [Symbol.dispose](): void {
    this.#timer?.cancel()
  }

  #arm(): void {
    this.#timer = this.#timers.after(SUMMARY_INTERVAL_MS, () => {
      this.flush()
      this.#arm()
    })
  }
}

function together(counted: readonly Counted[]): Counted {
  return {
    source: OTHER_SOURCES,
    count: counted.reduce((sum, one) => sum + one.count, 0),
    firstAt: Math.min(...counted.map((one) => one.firstAt)),
    lastAt: Math.max(...counted.map((one) => one.lastAt)),
  }
}
