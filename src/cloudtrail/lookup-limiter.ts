import type { Clock } from '../base/ports.ts'

/** Source: AWS CloudTrail API Reference, "LookupEvents": two calls a second for an account in a region. */
const INTERVAL_MS = 500
const BURST = 2
/** Accounts and regions that are told apart; beyond them all share one. */
const SCOPES_MAX = 1024

/** Limits the rate of lookups of each account in each region. */
export class LookupLimiter {
  readonly #clock: Clock
  /** When the allowance of a scope is full again. */
  readonly #fullAtMs = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Whether a call may go on. */
  admit(account: string, region: string): boolean {
    const nowMs = this.#clock.monotonicMs()
    const scope = this.#scopeOf(`${account}/${region}`, nowMs)
    const next = Math.max(this.#fullAtMs.get(scope) ?? nowMs, nowMs) + INTERVAL_MS
    if (next - nowMs > BURST * INTERVAL_MS) return false
    this.#fullAtMs.set(scope, next)
    return true
  }

  #scopeOf(scope: string, nowMs: number): string {
    if (this.#fullAtMs.has(scope)) return scope
    if (this.#fullAtMs.size >= SCOPES_MAX) {
      for (const [name, fullAtMs] of this.#fullAtMs) if (fullAtMs <= nowMs) this.#fullAtMs.delete(name)
    }
    return this.#fullAtMs.size < SCOPES_MAX ? scope : ''
  }
}
