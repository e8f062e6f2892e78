import { type Bucket, fullBucket, hasRoom, take } from '../base/bucket.ts'
import type { Clock } from '../base/ports.ts'

/** Source: AWS CloudTrail API Reference, "LookupEvents": two calls a second for an account in a region. */
const IN_REGION: Rate = { intervalMs: 500, burst: 2 }
/**
 * All calls of an account together: a bound of ours. A region is whatever a request was signed for: without a bound, who
 * names enough of them passes the rate.
 */
const OF_ACCOUNT: Rate = { intervalMs: 100, burst: 10 }
/** Accounts and regions that are told apart; beyond them all share one. */
const SCOPES_MAX = 1024

type Rate = { readonly intervalMs: number; readonly burst: number }

/** Limits the rate of lookups of each account, and of each account in each region. */
export class LookupLimiter {
  readonly #clock: Clock
  readonly #buckets = new Map<string, Bucket>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Whether a call may go on. @param region nothing for calls that are about all regions. */
  admit(account: string, region: string | undefined): boolean {
    const nowMs = this.#clock.monotonicMs()
    const uses = [
      { rate: OF_ACCOUNT, bucket: this.#bucketOf(account, nowMs) },
      { rate: IN_REGION, bucket: this.#bucketOf(`${account}/${region ?? ''}`, nowMs) },
    ]
    const isAdmitted = uses.every(({ rate: { intervalMs, burst }, bucket }) =>
      hasRoom(bucket, nowMs, burst * intervalMs, intervalMs),
    )
    if (isAdmitted) for (const { rate, bucket } of uses) take(bucket, nowMs, rate.intervalMs)
    return isAdmitted
  }

  #bucketOf(scope: string, nowMs: number): Bucket {
    const known = this.#buckets.get(scope)
    if (known !== undefined) return known
    if (this.#buckets.size >= SCOPES_MAX) {
      for (const [name, { fullAtMs }] of this.#buckets) if (fullAtMs <= nowMs) this.#buckets.delete(name)
    }
    const place = this.#buckets.size < SCOPES_MAX ? scope : ''
    const bucket = this.#buckets.get(place) ?? fullBucket()
    this.#buckets.set(place, bucket)
    return bucket
  }
}
