import { putRecent } from './bounded.ts'
import type { EventFact } from './fact.ts'
import { baselineMinutes, hasLearned, type Judge, report } from './judge.ts'
import { accountScope, knownFor, memberScope, seenFor } from './known.ts'

/** The maximum number of keys; beyond it, the least recently used is removed. */
export const KEYS_MAX = 50_000
/** The same for pairs of a principal and a key. */
export const PAIRS_MAX = 50_000
/** The same for networks of one principal. */
export const NETWORKS_MAX = 16
/** The same for principals that have networks. */
const CALLERS_MAX = 10_000
/** The time without use after which a key is dormant. */
export const DORMANT_SECONDS = 90 * 86_400
/** The age up to which a first use is normal: the key was created for that principal. */
const NEW_KEY_SECONDS = 86_400
/** The time without calls after which a network is removed. */
const NETWORK_SECONDS = 30 * 86_400
/** The number of new networks in two weeks after which a principal counts as roaming: one more is normal. */
const ROAMING_NETWORKS = 2
const ROAMING_SECONDS = 14 * 86_400
/** The first period of a principal, or after a gap, in which its networks are learned and not reported. */
const FIRST_DAY_SECONDS = 86_400
const MINUTE_SECONDS = 60

/** Who has used which key, and from which network. Times are whole minutes, in seconds since 1970. */
export type NoveltyState = {
  /** The last use of a key, or its first appearance. */
  readonly keys: Map<string, number>
  /** The last use of a key by a principal. */
  readonly pairs: Map<string, number>
  readonly callers: Map<string, Map<string, Seen>>
}

type Seen = { readonly first: number; readonly last: number }

/** An empty state. */
export function noNovelty(): NoveltyState {
  return { keys: new Map(), pairs: new Map(), callers: new Map() }
}

/** Detects a key's first use by a principal, its use after dormancy, and a new network. */
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
  const name = memberScope(fact, key) + memberScope(fact, fact.principal)
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
