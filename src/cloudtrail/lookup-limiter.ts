import { fullGcra, type Gcra, hasRoom, take } from '../base/gcra.ts'
import type { Clock } from '../base/ports.ts'

/** Source: AWS CloudTrail API Reference, "LookupEvents": two calls a second for an account in a region. */
const IN_REGION: Rate = { intervalMs: 500, burst: 2 }
/**
 * All calls of an account together: a bound of Holdfast's. A region is any name for which a request is
 * signed: without a bound, a client with enough names could pass the rate.
 */
const OF_ACCOUNT: Rate = { intervalMs: 100, burst: 10 }
/** Accounts and regions with rates of their own; further ones share one. */
const SCOPES_MAX = 1024

/**
 * Admitted calls that a limiter remembers, the latest. A call that runs again is charged again only if so many others
 * were admitted since its first run.
 */
export const REMEMBERED_MAX = 4096

/** How often an account may ask: in each region, and in all of them. */
export type LookupRates = { readonly inRegion: Rate; readonly ofAccount: Rate }

const LOOKUP_RATES: LookupRates = { inRegion: IN_REGION, ofAccount: OF_ACCOUNT }

type Rate = { readonly intervalMs: number; readonly burst: number }

/** A call that a limiter admits or refuses. */
export type LimitedCall = {
  /** The same for every run of the call: an operation runs again after a conflict, and before some refusals. */
  readonly requestId: string
  readonly account: string
  /** Nothing for calls that concern all regions. */
  readonly region: string | undefined
}

/** Limits the rate of lookups of each account, and of each account in each region. */
export class LookupLimiter {
  readonly #clock: Clock
  readonly #rates: LookupRates
  readonly #allowances = new Map<string, Gcra>()
  /** Ids of admitted calls, the oldest first. */
  readonly #admitted = new Set<string>()

  constructor(clock: Clock, rates = LOOKUP_RATES) {
    this.#clock = clock
    this.#rates = rates
  }

  /** Whether to admit a call. The limiter charges a call once, however often it runs. */
  admit({ requestId, account, region }: LimitedCall): boolean {
    if (this.#admitted.has(requestId)) return true
    const nowMs = this.#clock.monotonicMs()
    const uses = [
      { rate: this.#rates.ofAccount, gcra: this.#gcraOf(account, nowMs) },
      { rate: this.#rates.inRegion, gcra: this.#gcraOf(`${account}/${region ?? ''}`, nowMs) },
    ]
    const isAdmitted = uses.every(({ rate: { intervalMs, burst }, gcra }) =>
      hasRoom(gcra, nowMs, burst * intervalMs, intervalMs),
    )
    if (!isAdmitted) return false
    for (const { rate, gcra } of uses) take(gcra, nowMs, rate.intervalMs)
    this.#remember(requestId)
    return true
  }

  #remember(requestId: string): void {
    this.#admitted.add(requestId)
    if (this.#admitted.size <= REMEMBERED_MAX) return
    const [oldest] = this.#admitted
    if (oldest !== undefined) this.#admitted.delete(oldest)
  }

  #gcraOf(scope: string, nowMs: number): Gcra {
    const known = this.#allowances.get(scope)
    if (known !== undefined) return known
    if (this.#allowances.size >= SCOPES_MAX) {
      for (const [name, { fullAtMs }] of this.#allowances)
        if (fullAtMs <= nowMs) this.#allowances.delete(name)
    }
    const place = this.#allowances.size < SCOPES_MAX ? scope : ''
    const gcra = this.#allowances.get(place) ?? fullGcra()
    this.#allowances.set(place, gcra)
    return gcra
  }
}
