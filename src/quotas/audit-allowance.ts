import { fullGcra, type Gcra, take, usedMs } from '../base/gcra.ts'
import type { Clock } from '../base/ports.ts'
import type { Payer } from './limiter.ts'
import type { QuotaWatch } from './quota-watch.ts'
import { AUDIT_BYTES } from './rates.ts'

/** How long an account may write faster than its quota: bursts of some seconds are no load for a disk. */
export const AUDIT_BURST_MS = 5000
/** The same for urgent calls, when all other calls have used up theirs. */
const URGENT_BURST_MS = 2 * AUDIT_BURST_MS
const SECOND_MS = 1000

/**
 * The bytes that an account has written, the time to write off one byte, and when the clock was last read for
 * it.
 */
type Account = Gcra & { intervalMs: number; limit: number; seenAtMs: number }

/** The dependencies of the allowance. */
export type AuditAllowanceDependencies = {
  readonly clock: Clock
  readonly watch: QuotaWatch
  /** The number of processes that share the calls: each admits its part. */
  readonly processes: number
}

/**
 * The bytes that calls of each account may write to the audit log. It admits a call while the account has not
 * written more than its quota, and charges the call when its bytes are known. It counts all regions together.
 */
export class AuditAllowance {
  readonly #dependencies: AuditAllowanceDependencies
  readonly #accounts = new Map<string, Account>()

  constructor(dependencies: AuditAllowanceDependencies) {
    this.#dependencies = dependencies
  }

  /**
   * Whether the account may make one more call. The region is the call's, for the notification of a quota
   * that is used up.
   */
  admit({ account, region, stored }: Payer, isUrgent: () => boolean): boolean {
    const limit = stored?.[AUDIT_BYTES.name] ?? AUDIT_BYTES.byDefault
    const found = this.#accounts.get(account) ?? this.#begin(account)
    if (found.limit !== limit) this.#change(found, limit)
    // The use is no more than when the clock was last read, so the clock need not be read for every call.
    if (found.fullAtMs - found.seenAtMs < AUDIT_BURST_MS) return true
    const used = usedMs(found, this.#now(found))
    if (used < AUDIT_BURST_MS || (used < URGENT_BURST_MS && isUrgent())) return true
    this.#dependencies.watch.note({ account, region, quota: AUDIT_BYTES.name, used: limit, limit })
    return false
  }

  /** Charges a call for its bytes, or UTF-16 units of JSON. */
  charge(account: string, size: number): void {
    const found = this.#accounts.get(account)
    if (found !== undefined) take(found, this.#now(found), size * found.intervalMs)
  }

  #now(found: Account): number {
    found.seenAtMs = this.#dependencies.clock.monotonicMs()
    return found.seenAtMs
  }

  /** Bytes stay written when the quota changes: they are written off at the new rate. */
  #change(found: Account, limit: number): void {
    const nowMs = this.#now(found)
    const intervalMs = (SECOND_MS * this.#dependencies.processes) / limit
    const bytes = found.intervalMs === 0 ? 0 : usedMs(found, nowMs) / found.intervalMs
    Object.assign(found, { limit, intervalMs, fullAtMs: nowMs + bytes * intervalMs })
  }

  #begin(account: string): Account {
    const begun = { ...fullGcra(), intervalMs: 0, limit: 0, seenAtMs: 0 }
    this.#accounts.set(account, begun)
    return begun
  }
}
