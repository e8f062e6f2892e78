import { fullGcra, type Gcra, hasRoom, take, usedMs } from '../base/gcra.ts'
import type { Clock } from '../base/ports.ts'
import { type QuotaWatch, THRESHOLD_SHARE } from './quota-watch.ts'
import type { StoredQuotas } from './quotas.ts'
import type { Charged, RateQuota } from './rates.ts'

/**
 * An allowance is for one second. Source: AWS KMS Developer Guide, "Request quotas": rates are of one second.
 */
const SECOND_MS = 1000
/**
 * The part of an interval that is added to a second, so that sums of intervals fit into it in spite of
 * rounding.
 */
const ROUNDING = 0.001
/** Allowances that are kept; beyond them the regions of an account share one for each quota. */
export const ALLOWANCES_MAX = 20_000
/**
 * Regions of an account with allowances of their own, the first in which it calls; all others share one for
 * each quota. A region is any name for which a request is signed: without a limit, a client with enough names
 * could pass every quota. AWS has fewer than 50 in all partitions.
 */
export const REGIONS_MAX = 64

/** The account that pays for a call, and the region. */
export type Payer = {
  readonly account: string
  readonly region: string
  /** The quotas of the account that differ from the default. */
  readonly stored: StoredQuotas | undefined
  /** A thing with an allowance of its own beside others of its kind: a custom key store. */
  readonly of?: string
}

/** The dependencies of a rate limiter. */
export type RateLimiterDependencies = {
  readonly clock: Clock
  readonly watch: QuotaWatch
  /**
   * The number of processes that share the calls: each admits its part, so all together admit no more than
   * the quota.
   */
  readonly processes: number
}

/**
 * Admits calls at the rates of the quotas. In each region and for each quota, an account has an allowance for
 * one second, or for one call if that is less; it fills evenly.
 */
export class RateLimiter {
  readonly #clock: Clock
  readonly #watch: QuotaWatch
  readonly #processes: number
  readonly #allowances = new Map<string, Allowance>()
  /** By account, of which there are only as many as the operator has made. */
  readonly #regions = new Map<string, Set<string>>()
  #sweptAtMs = Number.NEGATIVE_INFINITY

  constructor({ clock, watch, processes }: RateLimiterDependencies) {
    this.#clock = clock
    this.#watch = watch
    this.#processes = processes
  }

  /** Whether a call may go on. It is charged to each of the rates then, to none otherwise. */
  admit(payer: Payer, charged: Charged): boolean {
    const [first, second] = charged
    if (first === undefined) return true
    const nowMs = this.#clock.monotonicMs()
    if (second === undefined) return this.#admitOne(payer, first, nowMs)
    const uses = charged.map((quota) => this.#useOf(payer, quota, nowMs))
    const isAdmitted = uses.every(({ gcra, depthMs, intervalMs }) =>
      hasRoom(gcra, nowMs, depthMs, intervalMs),
    )
    for (const use of uses) this.#finish(payer, use, nowMs, isAdmitted)
    return isAdmitted
  }

  #admitOne(payer: Payer, quota: RateQuota, nowMs: number): boolean {
    const use = this.#useOf(payer, quota, nowMs)
    const isAdmitted = hasRoom(use.gcra, nowMs, use.depthMs, use.intervalMs)
    this.#finish(payer, use, nowMs, isAdmitted)
    return isAdmitted
  }

  #useOf({ account, region, stored, of }: Payer, quota: RateQuota, nowMs: number): Use {
    const limit = stored?.[quota.name] ?? quota.byDefault
    const intervalMs = (SECOND_MS * this.#processes) / limit
    const name = of === undefined ? quota.name : `${quota.name}/${of}`
    const depthMs = Math.max(SECOND_MS, intervalMs) + intervalMs * ROUNDING
    const gcra = this.#allowanceOf(account, region, name, nowMs)
    if (gcra.intervalMs !== intervalMs) convert(gcra, nowMs, intervalMs)
    return { quota, limit, gcra, intervalMs, depthMs }
  }

  #finish({ account }: Payer, use: Use, nowMs: number, isAdmitted: boolean): void {
    if (isAdmitted) take(use.gcra, nowMs, use.intervalMs)
    const usedShare = isAdmitted ? usedMs(use.gcra, nowMs) / use.depthMs : 1
    if (usedShare < THRESHOLD_SHARE - ROUNDING) return
    const { limit, quota } = use
    const { region } = use.gcra
    this.#watch.note({ account, region, quota: quota.name, used: Math.round(usedShare * limit), limit })
  }

  #allowanceOf(account: string, region: string, name: string, nowMs: number): Allowance {
    const key = `${account}/${region}/${name}`
    const known = this.#allowances.get(key)
    if (known !== undefined) return known
    if (this.#allowances.size >= ALLOWANCES_MAX) this.#forgetIdle(nowMs)
    const isFull = this.#allowances.size >= ALLOWANCES_MAX
    const place = isFull || !this.#hasOwn(account, region) ? `${account}//${name}` : key
    const gcra = this.#allowances.get(place) ?? { ...fullGcra(), intervalMs: 0, region }
    this.#allowances.set(place, gcra)
    return gcra
  }

  /** Whether a region is one of the first that the account has called in. */
  #hasOwn(account: string, region: string): boolean {
    const regions = this.#regions.get(account) ?? new Set()
    if (regions.has(region)) return true
    if (regions.size >= REGIONS_MAX) return false
    this.#regions.set(account, regions.add(region))
    return true
  }

  #forgetIdle(nowMs: number): void {
    if (nowMs < this.#sweptAtMs + SECOND_MS) return
    this.#sweptAtMs = nowMs
    for (const [key, { fullAtMs }] of this.#allowances) if (fullAtMs <= nowMs) this.#allowances.delete(key)
  }
}

/** An allowance, the interval of a call by which it was last used, and the region of the call that began it. */
type Allowance = Gcra & { intervalMs: number; readonly region: string }

/** Makes an allowance one of another quota: as many calls are used of it as before, or all. */
function convert(gcra: Allowance, nowMs: number, intervalMs: number): void {
  const calls = gcra.intervalMs === 0 ? 0 : usedMs(gcra, nowMs) / gcra.intervalMs
  gcra.fullAtMs = nowMs + Math.min(calls * intervalMs, Math.max(SECOND_MS, intervalMs))
  gcra.intervalMs = intervalMs
}

type Use = {
  readonly quota: RateQuota
  readonly limit: number
  readonly gcra: Allowance
  readonly intervalMs: number
  readonly depthMs: number
}
