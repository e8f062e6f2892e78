import type { Clock } from '../base/ports.ts'

/** The threshold: the share of a quota from which on Holdfast notifies. */
export const THRESHOLD_SHARE = 0.8
/** Holdfast notifies once in this time of a quota that stays above the threshold. */
export const NOTIFY_INTERVAL_MS = 600_000
/** Quotas that Holdfast notifies of within that time; it does not notify of further ones. */
export const NOTIFIED_QUOTAS_MAX = 4096

/** A quota of which an account has used a large part. */
export type QuotaUse = {
  readonly account: string
  readonly region: string
  /** The quota's name. */
  readonly quota: string
  readonly used: number
  readonly limit: number
}

/** Notifies of quotas whose use passes the threshold, of each at most once in {@link NOTIFY_INTERVAL_MS}. */
export class QuotaWatch {
  readonly #clock: Clock
  readonly #notify: (use: QuotaUse) => void
  /** When it notified of each quota last, oldest first. */
  readonly #notifiedAtMs = new Map<string, number>()

  constructor(clock: Clock, notify: (use: QuotaUse) => void) {
    this.#clock = clock
    this.#notify = notify
  }

  /** Notes the use of a quota. */
  note(use: QuotaUse): void {
    if (use.used < use.limit * THRESHOLD_SHARE) return
    const nowMs = this.#clock.monotonicMs()
    const name = `${use.account}/${use.region}/${use.quota}`
    const notifiedAtMs = this.#notifiedAtMs.get(name)
    if (notifiedAtMs !== undefined && nowMs < notifiedAtMs + NOTIFY_INTERVAL_MS) return
    this.#forgetOld(nowMs)
    if (notifiedAtMs === undefined && this.#notifiedAtMs.size >= NOTIFIED_QUOTAS_MAX) return
    this.#notifiedAtMs.delete(name)
    this.#notifiedAtMs.set(name, nowMs)
    this.#notify(use)
  }

  #forgetOld(nowMs: number): void {
    for (const [name, notifiedAtMs] of this.#notifiedAtMs) {
      if (nowMs < notifiedAtMs + NOTIFY_INTERVAL_MS) return
      this.#notifiedAtMs.delete(name)
    }
  }
}
