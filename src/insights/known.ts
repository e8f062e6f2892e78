import { putRecent } from './bounded.ts'
import type { EventFact } from './fact.ts'

/** Accounts, principals and keys that are remembered; beyond, the one seen longest ago is forgotten. */
export const KNOWN_MAX = 50_000

/** Since when accounts, principals and keys are known: the minute, in seconds since 1970. */
export type Known = Map<string, { readonly first: number; hour: number }>

const MINUTE_SECONDS = 60
const HOUR_SECONDS = 3600

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
  const first = entry?.first ?? Math.floor(second / MINUTE_SECONDS) * MINUTE_SECONDS
  putRecent(known, name, { first, hour }, KNOWN_MAX)
}

/** For how many seconds something is known at a time; 0 when it is not. */
export function knownFor(known: Known, name: string, second: number): number {
  return Math.max(0, second - (known.get(name)?.first ?? second))
}
