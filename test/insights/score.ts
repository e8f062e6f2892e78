/** How well the insights of a month fit what was put into it. */

import { type Anomaly, INSIGHT_TYPES, type InsightType } from '../../src/insights/detector/anomaly.ts'
import { newDetector, passTime, takeEvent } from '../../src/insights/detector/detector.ts'
import type { EventFact } from '../../src/insights/detector/fact.ts'
import type { InsightRules } from '../../src/insights/detector/rules.ts'
import type { Incident } from './incidents.ts'
import { drawMonth, MONTH_DAYS, MONTH_START } from './month.ts'
import { DAY } from './world.ts'

/** Of one kind. An insight is right when something that was put in explains it. */
type Score = { incidents: number; found: number; insights: number; right: number }

/** The scores of all kinds. */
export type Scores = Readonly<Record<InsightType, Score>>

/** A truth that needs no incident: who uses a key for the first time is a fact. */
type Fact = {
  readonly type: InsightType
  readonly minute: number
  readonly principal: string
  readonly key: string
}

const WEEK = 7 * DAY
/** An insight may come so many minutes late, and end so many later. */
const LATE = 15

/** No scores yet. */
export function noScores(): Scores {
  const none = (): Score => ({ incidents: 0, found: 0, insights: 0, right: 0 })
  return {
    ApiCallRateInsight: none(),
    ApiErrorRateInsight: none(),
    KeyFirstUseInsight: none(),
    DormantKeyUseInsight: none(),
    BulkDecryptInsight: none(),
    NewNetworkInsight: none(),
  }
}

/** Runs the detector over the month of a seed; adds to the scores. Gives insights that nothing explains. */
export function scoreMonth(
  { seed, days = MONTH_DAYS }: { readonly seed: number; readonly days?: number },
  rules: InsightRules,
  scores: Scores,
): readonly Anomaly[] {
  const month = drawMonth(seed, days)
  const detector = newDetector()
  const facts = new FirstUses()
  const found: Anomaly[] = []
  for (const minute of month.minutes()) {
    for (const fact of minute) {
      facts.take(fact)
      found.push(...takeEvent(detector, rules, fact))
    }
  }
  found.push(...passTime(detector, rules, MONTH_START + (days + 1) * DAY * 60))
  const starts = found.filter(({ state, second }) => state === 'Start' && minuteOf(second) >= WEEK)
  return judge(starts, month.incidents, facts.found, scores)
}

function judge(
  starts: readonly Anomaly[],
  incidents: readonly Incident[],
  facts: readonly Fact[],
  scores: Scores,
): readonly Anomaly[] {
  const wrong: Anomaly[] = []
  for (const one of starts) {
    const isRight =
      incidents.some((incident) => explains(incident, one)) || facts.some((fact) => isFact(fact, one))
    scores[one.type].insights += 1
    if (isRight) scores[one.type].right += 1
    else wrong.push(one)
  }
  for (const type of INSIGHT_TYPES) {
    const own = type === 'KeyFirstUseInsight' ? [] : incidents.filter((incident) => incident.type === type)
    scores[type].incidents += own.length
    scores[type].found += own.filter((incident) =>
      starts.some((one) => one.type === type && explains(incident, one)),
    ).length
  }
  scores.KeyFirstUseInsight.incidents += facts.length
  scores.KeyFirstUseInsight.found += facts.filter((fact) => starts.some((one) => isFact(fact, one))).length
  return wrong
}

/** Whether an insight is of an incident: at its time, and of its principal, its keys or its operations. */
function explains(incident: Incident, { type, second, subject, operation }: Anomaly): boolean {
  const minute = minuteOf(second)
  if (minute < incident.from - LATE || minute > incident.to + LATE) return false
  if (type === 'NewNetworkInsight') {
    return incident.network !== undefined && subject.network === incident.network
  }
  if (type === 'KeyFirstUseInsight' || type === 'DormantKeyUseInsight') {
    return subject.principal === incident.principal && incident.keys.includes(subject.key ?? '')
  }
  if (type === 'BulkDecryptInsight') return subject.principal === incident.principal
  if (subject.principal !== undefined) return subject.principal === incident.principal
  if (subject.key !== undefined) return incident.keys.includes(subject.key)
  return incident.operations.includes(operation)
}

function isFact(fact: Fact, { type, second, subject }: Anomaly): boolean {
  if (type !== fact.type || minuteOf(second) !== fact.minute) return false
  return subject.principal === fact.principal && subject.key === fact.key
}

function minuteOf(second: number): number {
  return Math.floor((second - MONTH_START) / 60)
}

/** Finds first uses by remembering all. */
class FirstUses {
  readonly found: Fact[] = []
  readonly #pairs = new Set<string>()
  readonly #keys = new Map<string, number>()

  take({ second, principal, keys, isUse }: EventFact): void {
    const minute = minuteOf(second)
    for (const key of keys) {
      const since = this.#keys.get(key) ?? minute
      this.#keys.set(key, since)
      const pair = `${principal} ${key}`
      if (!isUse || this.#pairs.has(pair)) continue
      this.#pairs.add(pair)
      if (minute >= WEEK && minute - since >= DAY) {
        this.found.push({ type: 'KeyFirstUseInsight', minute, principal, key })
      }
    }
  }
}
