import { utf8 } from '../../base/bytes.ts'
import { sha256Hex } from '../../crypto/hash.ts'

/**
 * The types of insights. The first two are CloudTrail's; the others are Holdfast's own: a principal uses a key
 * for the first time, a key is used again after a long time, a principal decrypts far more than usual, a principal
 * calls from a new network.
 */
export const INSIGHT_TYPES = [
  'ApiCallRateInsight',
  'ApiErrorRateInsight',
  'KeyFirstUseInsight',
  'DormantKeyUseInsight',
  'BulkDecryptInsight',
  'NewNetworkInsight',
] as const

/** One of {@link INSIGHT_TYPES}. */
export type InsightType = (typeof INSIGHT_TYPES)[number]

/** A share of the calls of an insight or its baseline, in calls per minute. */
export type Share = { readonly value: string; readonly average: number }

/** The sources of the calls, the largest shares first. */
export type Attribution = {
  readonly attribute: string
  readonly insight: readonly Share[]
  readonly baseline: readonly Share[]
}

/** The start or end of unusual activity. Plain data, which can be cloned and written as JSON. */
export type Anomaly = {
  /** Deterministic: detection in the same log gives the same ID. */
  readonly id: string
  /** The same for the start and the end. */
  readonly sharedId: string
  readonly type: InsightType
  /** A momentary anomaly has a start and no end. */
  readonly state: 'Start' | 'End'
  readonly account: string
  readonly region: string
  /** The time of the start or end: seconds since 1970, a whole minute. */
  readonly second: number
  readonly source: string
  readonly operation: string
  readonly errorCode?: string
  /** The subject of the anomaly; without members, the whole account. */
  readonly subject: { readonly principal?: string; readonly key?: string; readonly network?: string }
  /** Calls per minute in the baseline, and in the insight. */
  readonly baseline: number
  readonly insight: number
  readonly insightMinutes: number
  readonly baselineMinutes: number
  readonly attributions: readonly Attribution[]
}

/** An anomaly without its IDs, which derive from the other members and the start. */
export type AnomalyFacts = Omit<Anomaly, 'id' | 'sharedId'> & {
  /** The second of the start, also for an end. */
  readonly beganAt: number
}

/** Adds the IDs to an anomaly. */
export function identify({ beganAt, ...facts }: AnomalyFacts): Anomaly {
  const { type, account, region, state } = facts
  const shared = JSON.stringify([type, account, region, ...namesOf(facts), beganAt])
  return { ...facts, id: uuidOf(JSON.stringify([shared, state])), sharedId: uuidOf(shared) }
}

/** The identity of an anomaly within its type, independent of the order of calls within a minute. */
function namesOf({ type, source, operation, errorCode = '', subject }: Omit<Anomaly, 'id' | 'sharedId'>) {
  const { principal = '', key = '', network = '' } = subject
  switch (type) {
    case 'DormantKeyUseInsight':
      return [key]
    case 'KeyFirstUseInsight':
    case 'NewNetworkInsight':
      return [principal, key, network]
    default:
      return [source, operation, errorCode, principal, key, network]
  }
}

/** A UUID that is derived from this text alone. Source: RFC 9562, version 8. */
function uuidOf(text: string): string {
  const hex = sha256Hex(utf8(text))
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
