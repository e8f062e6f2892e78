import { putRecent } from './bounded.ts'
import type { EventFact } from './fact.ts'

/** Accounts, principals and keys that are remembered; beyond, the one seen longest ago is forgotten. */
export const KNOWN_MAX = 50_000

/**
 * Since when accounts, principals and keys are known, and since when they have been seen without a
 * week's break: after one there is no baseline. Whole minutes, in seconds since 1970.
 */
export type Known = Map<string, { readonly first: number; readonly since: number; readonly hour: number }>

const MINUTE_SECONDS = 60
const HOUR_SECONDS = 3600
const WEEK_HOURS = 168

/** The name of an account in a region, among what is known. */
export function accountScope({ account, region }: Pick<EventFact, 'account' | 'region'>): string {
  return `${account}\n${region}`
}

/** The name of a principal or key in it. */
export function memberScope(fact: Pick<EventFact, 'account' | 'region'>, arn: string): string {
  return `${fact.account}\n${fact.region}\n${arn}`
}

/** Remembers everything that an event names. */
export function rememberAll(known: Known, fact: EventFact): void {
  remember(known, accountScope(fact), fact.second)
  if (fact.principal !== '') remember(known, memberScope(fact, fact.principal), fact.second)
  for (const key of fact.keys) remember(known, memberScope(fact, key), fact.second)
}

function remember(known: Known, name: string, second: number): void {
  const hour = Math.floor(second / HOUR_SECONDS)
  const entry = known.get(name)
  if (entry?.hour === hour) return
  const minute = Math.floor(second / MINUTE_SECONDS) * MINUTE_SECONDS
  const { first = minute, since = minute } = entry ?? {}
  const isBack = entry !== undefined && hour - entry.hour > WEEK_HOURS
  putRecent(known, name, { first, since: isBack ? minute : since, hour }, KNOWN_MAX)
}

/** For how many seconds something has been seen without a week's break; 0 when it was not. */
export function seenFor(known: Known, name: string, second: number): number {
  return Math.max(0, second - (known.get(name)?.since ?? second))
}

/** For how many seconds something is known at a time; 0 when it is not. */
export function knownFor(known: Known, name: string, second: number): number {
  return Math.max(0, second - (known.get(name)?.first ?? second))
}
