import type { Clock } from '../base/ports.ts'

/** The part of a quota from which on it counts as nearly used up. */
export const NEAR_SHARE = 0.8
/** A quota that stays near is told once in this time. */
export const NEAR_INTERVAL_MS = 600_000
/** Quotas that are told apart; what further ones come near to is not told. */
export const NEAR_MAX = 4096

/** A quota of which an account has used a large part. */
export type QuotaUse = {
  readonly account: string
  readonly region: string
  /** The quota's name. */
  readonly quota: string
  readonly used: number
  readonly limit: number
}

/** Tells when accounts come near to their quotas, each at most once in {@link NEAR_INTERVAL_MS}. */
export class QuotaWatch {
  readonly #clock: Clock
  readonly #tell: (use: QuotaUse) => void
  /** When each was told last, oldest first. */
  readonly #toldAtMs = new Map<string, number>()

  constructor(clock: Clock, tell: (use: QuotaUse) => void) {
    this.#clock = clock
    this.#tell = tell
  }

  /** Takes note of what is used of a quota. */
  note(use: QuotaUse): void {
    if (use.used < use.limit * NEAR_SHARE) return
    const nowMs = this.#clock.monotonicMs()
    const name = `${use.account}/${use.region}/${use.quota}`
    const toldAtMs = this.#toldAtMs.get(name)
    if (toldAtMs !== undefined && nowMs < toldAtMs + NEAR_INTERVAL_MS) return
    this.#forgetOld(nowMs)
    if (toldAtMs === undefined && this.#toldAtMs.size >= NEAR_MAX) return
    this.#toldAtMs.delete(name)
    this.#toldAtMs.set(name, nowMs)
    this.#tell(use)
  }

  #forgetOld(nowMs: number): void {
    for (const [name, toldAtMs] of this.#toldAtMs) {
      if (nowMs < toldAtMs + NEAR_INTERVAL_MS) return
      this.#toldAtMs.delete(name)
    }
  }
}
