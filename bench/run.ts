import { openHistogram } from './histogram.ts'
import type { WindowResult } from './load-protocol.ts'
import { findCpuMs } from './procfs.ts'
import type { RequestPool } from './requests.ts'

/** A window with this many errors ends immediately. */
const ERRORS_MAX = 100
const ERRORS_SHOWN = 5

/**
 * The state of one window of load.
 * It is warming up (sends without counting), measuring, draining (sends nothing new), or done.
 */
export class Run {
  readonly #histogram = openHistogram()
  readonly #done = Promise.withResolvers<void>()
  readonly #errors = new Set<string>()
  readonly #pool: RequestPool
  readonly #pids: readonly number[]
  #state: 'warming' | 'measuring' | 'draining' = 'warming'
  #errorCount = 0
  #sent = 0
  #inFlight = 0
  #begun: Snapshot
  #ended: Snapshot

  constructor(pool: RequestPool, pids: readonly number[]) {
    this.#pool = pool
    this.#pids = pids
    this.#begun = snapshot(pids)
    this.#ended = this.#begun
  }

  /** Settles when no request is in flight, or when too many requests have failed. */
  get done(): Promise<void> {
    return this.#done.promise
  }

  /** Starts counting. */
  measure(): void {
    if (this.#state !== 'warming') return
    this.#state = 'measuring'
    this.#begun = snapshot(this.#pids)
  }

  /** The next request, or `undefined` after the end of the window. */
  take(): Uint8Array | undefined {
    if (this.#sent + 1 >= this.#pool.offsets.length || this.#errorCount >= ERRORS_MAX) this.stop()
    if (this.#state === 'draining') return undefined
    const request = this.#pool.bytes.subarray(
      this.#pool.offsets[this.#sent],
      this.#pool.offsets[this.#sent + 1],
    )
    this.#sent += 1
    this.#inFlight += 1
    return request
  }

  /** Records a successful response. */
  finish(durationUs: number): void {
    if (this.#state === 'measuring') this.#histogram.add(durationUs)
    this.#settle()
  }

  /** Records a failed request. */
  fail(why: string): void {
    this.#errorCount += 1
    if (this.#errors.size < ERRORS_SHOWN) this.#errors.add(why)
    this.#settle()
  }

  /** Ends the measured time. The run sends no more requests. */
  stop(): void {
    if (this.#state === 'draining') return
    // A pool that is used up during the warm-up measures nothing.
    this.#ended = snapshot(this.#pids)
    if (this.#state === 'warming') this.#begun = this.#ended
    this.#state = 'draining'
    if (this.#inFlight === 0) this.#done.resolve()
  }

  /** Ends without waiting for requests in flight, which count as failed. */
  giveUp(drainMs: number): void {
    this.#errorCount += this.#inFlight
    this.#errors.add(`${this.#inFlight} requests were not answered within ${drainMs} ms`)
    this.abandon()
  }

  /** Ends immediately. */
  abandon(): void {
    this.stop()
    this.#done.resolve()
  }

  /** The result of the window. */
  result(): WindowResult {
    const [begun, ended] = [this.#begun, this.#ended]
    const known = begun.cpuMs !== undefined && ended.cpuMs !== undefined
    return {
      calls: this.#histogram.count(),
      sent: this.#sent,
      elapsedMs: ended.at - begun.at,
      p50Us: this.#histogram.percentileUs(0.5),
      p99Us: this.#histogram.percentileUs(0.99),
      cpuMs: known ? ended.cpuMs - begun.cpuMs : undefined,
      loadCpuMs: ended.ownCpuMs - begun.ownCpuMs,
      errorCount: this.#errorCount,
      errors: [...this.#errors],
    }
  }

  #settle(): void {
    this.#inFlight -= 1
    if (this.#state === 'draining' && this.#inFlight === 0) this.#done.resolve()
  }
}

type Snapshot = { readonly at: number; readonly cpuMs: number | undefined; readonly ownCpuMs: number }

function snapshot(pids: readonly number[]): Snapshot {
  const own = process.cpuUsage()
  return { at: performance.now(), cpuMs: findCpuMs(pids), ownCpuMs: (own.user + own.system) / 1000 }
}
