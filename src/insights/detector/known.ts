import { charsOf, utf8 } from '../../base/bytes.ts'
import { sha256 } from '../../crypto/hash.ts'
import { putRecent } from './bounded.ts'
import type { EventFact } from './fact.ts'

/** The maximum number of known accounts, principals and keys; beyond it, the least recently seen is removed. */
export const KNOWN_MAX = 50_000

/**
 * When accounts, principals and keys were first seen, and since when without a week's gap: a gap ends the
 * baseline. Whole minutes, in seconds since 1970.
 */
export type Known = Map<string, { readonly first: number; readonly since: number; readonly hour: number }>

const MINUTE_SECONDS = 60
const HOUR_SECONDS = 3600
const WEEK_HOURS = 168

/** The name of an account and region in the known scopes. */
export function accountScope({ account, region }: Pick<EventFact, 'account' | 'region'>): string {
  return `${account}\n${region}`
}

/** The name of a principal or key in an account and region: short, since the detector stores 150,000 of them. */
export function memberScope(fact: Pick<EventFact, 'account' | 'region'>, arn: string): string {
  const name = `${fact.account}\n${fact.region}\n${arn}`
  const kept = SHORT_NAMES.get(name)
  if (kept !== undefined) return kept
  const short = charsOf(sha256(utf8(name)), { begin: 0, end: SHORT_NAME_BYTES })
  if (SHORT_NAMES.size >= SHORT_NAMES_MAX) SHORT_NAMES.clear()
  SHORT_NAMES.set(name, short)
  return short
}

/** The length of a short name: with 128 bits of SHA-256, no two members have the same name. */
const SHORT_NAME_BYTES = 16
/** The number of members whose short names are cached. */
const SHORT_NAMES_MAX = 4096
const SHORT_NAMES = new Map<string, string>()

/** Records everything that an event names. */
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

/** The seconds for which a scope has been seen without a week's gap; 0 when it is unknown. */
export function seenFor(known: Known, name: string, second: number): number {
  return Math.max(0, second - (known.get(name)?.since ?? second))
}

/** The seconds for which a scope has been known; 0 when it is unknown. */
export function knownFor(known: Known, name: string, second: number): number {
  return Math.max(0, second - (known.get(name)?.first ?? second))
}
