import { putRecent } from './bounded.ts'
import type { EventFact } from './fact.ts'
import { baselineMinutes, hasLearned, type Judge, report } from './judge.ts'
import { accountScope, knownFor, memberScope, seenFor } from './known.ts'

/** Keys that are remembered; beyond, the one used longest ago is forgotten. */
export const KEYS_MAX = 50_000
/** The same for pairs of a principal and a key. */
export const PAIRS_MAX = 50_000
/** The same for networks of one principal. */
export const NETWORKS_MAX = 16
/** The same for principals that have networks. */
const CALLERS_MAX = 10_000
/** A key that nobody has used for so long. */
export const DORMANT_SECONDS = 90 * 86_400
/** Whoever begins to use a key within its first day: it was made for them. */
const NEW_KEY_SECONDS = 86_400
/** A network is forgotten when nothing has come from it for so long. */
const NETWORK_SECONDS = 30 * 86_400
/** Who has come from so many new networks in two weeks is on the road: one more is nothing unusual. */
const ROAMING_NETWORKS = 2
const ROAMING_SECONDS = 14 * 86_400
/** The networks of a principal's first day, or first day back, are those that it has, and not new ones. */
const FIRST_DAY_SECONDS = 86_400
const MINUTE_SECONDS = 60

/** Who has used what, and from where. Times are whole minutes, in seconds since 1970. */
export type NoveltyState = {
  /** When a key was last used, or first seen if it was not. */
  readonly keys: Map<string, number>
  /** When a principal has last used a key. */
  readonly pairs: Map<string, number>
  readonly callers: Map<string, Map<string, Seen>>
}

type Seen = { readonly first: number; readonly last: number }

/** Nothing is known yet. */
export function noNovelty(): NoveltyState {
  return { keys: new Map(), pairs: new Map(), callers: new Map() }
}

/** Looks for a key's first use by a principal, its use after a long time, and a new network. */
export function judgeNovelty(state: NoveltyState, judge: Judge, fact: EventFact): void {
  const now = Math.floor(fact.second / MINUTE_SECONDS) * MINUTE_SECONDS
  for (const key of fact.keys) {
    judgeKey(state, judge, { fact, now, key })
    if (fact.isUse && fact.principal !== '') judgePair(state, judge, { fact, now, key })
  }
  if (fact.network !== '' && fact.principal !== '') judgeNetwork(state, judge, fact, now)
}

type KeyUse = { readonly fact: EventFact; readonly now: number; readonly key: string }

function judgeKey({ keys }: NoveltyState, judge: Judge, { fact, now, key }: KeyUse): void {
  const name = memberScope(fact, key)
  const last = keys.get(name)
  if (last === undefined || fact.isUse) {
    if (last !== now) putRecent(keys, name, Math.max(last ?? 0, now), KEYS_MAX)
  }
  if (last === undefined || !fact.isUse || now - last < DORMANT_SECONDS) return
  const days = Math.floor((now - last) / (DORMANT_SECONDS / 90))
  tell(judge, { fact, now }, 'DormantKeyUseInsight', {
    subject: { principal: fact.principal, key },
    attributions: [
      { attribute: 'resourceArn', insight: [{ value: key, average: 1 }], baseline: [] },
      { attribute: 'daysUnused', insight: [{ value: String(days), average: 1 }], baseline: [] },
    ],
  })
}

function judgePair({ pairs }: NoveltyState, judge: Judge, { fact, now, key }: KeyUse): void {
  const name = `${memberScope(fact, key)}\n${fact.principal}`
  const last = pairs.get(name)
  if (last !== now) putRecent(pairs, name, now, PAIRS_MAX)
  if (last !== undefined || !hasLearned(judge, accountScope(fact), now)) return
  const fresh = Math.min(NEW_KEY_SECONDS, judge.rules.learningSeconds)
  if (knownFor(judge.known, memberScope(fact, key), now) < fresh) return
  tell(judge, { fact, now }, 'KeyFirstUseInsight', {
    subject: { principal: fact.principal, key },
    attributions: [{ attribute: 'resourceArn', insight: [{ value: key, average: 1 }], baseline: [] }],
  })
}

function judgeNetwork({ callers }: NoveltyState, judge: Judge, fact: EventFact, now: number): void {
  const { network, principal } = fact
  const name = memberScope(fact, principal)
  const networks = callers.get(name) ?? new Map<string, Seen>()
  const seen = networks.get(network)
  if (seen?.last === now) return
  const isKnown = seen !== undefined && now - seen.last < NETWORK_SECONDS
  const settled = now - seenFor(judge.known, name, now) + FIRST_DAY_SECONDS
  const isNew = ({ first }: Seen): boolean => first >= settled && now - first < ROAMING_SECONDS
  const newOnes = [...networks.values()].filter(isNew).length
  putRecent(networks, network, { first: isKnown ? seen.first : now, last: now }, NETWORKS_MAX)
  putRecent(callers, name, networks, CALLERS_MAX)
  if (isKnown || newOnes >= ROAMING_NETWORKS || !hasLearned(judge, name, now)) return
  tell(judge, { fact, now }, 'NewNetworkInsight', {
    subject: { principal, network },
    attributions: [{ attribute: 'sourceNetwork', insight: [{ value: network, average: 1 }], baseline: [] }],
  })
}

type Told = Pick<Parameters<typeof report>[1], 'subject' | 'attributions'>
type Moment = { readonly fact: EventFact; readonly now: number }
type NoveltyType = 'KeyFirstUseInsight' | 'DormantKeyUseInsight' | 'NewNetworkInsight'

function tell(judge: Judge, { fact, now }: Moment, type: NoveltyType, told: Told): void {
  const { account, region, source, operation, principal } = fact
  const who = { attribute: 'userIdentityArn', insight: [{ value: principal, average: 1 }], baseline: [] }
  report(judge, {
    type,
    state: 'Start',
    account,
    region,
    second: now,
    beganAt: now,
    source,
    operation,
    subject: told.subject,
    baseline: 0,
    insight: 1,
    insightMinutes: 1,
    baselineMinutes: baselineMinutes(judge, accountScope(fact), now),
    attributions: [who, ...told.attributions],
  })
}
