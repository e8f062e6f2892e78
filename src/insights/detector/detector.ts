import type { Anomaly } from './anomaly.ts'
import { type BulkState, closeWindows, judgeDecrypt, noBulk } from './bulk.ts'
import type { EventFact } from './fact.ts'
import type { Judge } from './judge.ts'
import { type Known, rememberAll } from './known.ts'
import { judgeNovelty, type NoveltyState, noNovelty } from './novelty.ts'
import { closeMinutes, countRates, noRates, type RateState } from './rates.ts'
import type { InsightRules } from './rules.ts'

/**
 * Everything that the detector remembers: plain data of bounded size, which can be cloned and kept.
 * The functions of this file change it. They know no time but that of the events and what they are
 * told, so the same events give the same anomalies, whenever and in how many pieces they come.
 */
export type DetectorState = {
  readonly known: Known
  readonly rates: RateState
  readonly novelty: NoveltyState
  readonly bulk: BulkState
}

/** A minute is judged once this much has passed after it: events of another node may come later. */
const GRACE_MINUTES = 1
const MINUTE_SECONDS = 60
const NONE: readonly Anomaly[] = []

/** Nothing is known yet. */
export function newDetector(): DetectorState {
  return { known: new Map(), rates: noRates(), novelty: noNovelty(), bulk: noBulk() }
}

/** Takes the next event, and gives what it shows to be unusual. */
export function takeEvent(state: DetectorState, rules: InsightRules, fact: EventFact): readonly Anomaly[] {
  const judge: Judge = { rules, known: state.known, found: [] }
  pass(state, judge, fact.second)
  rememberAll(state.known, fact)
  countRates(state.rates, fact)
  judgeNovelty(state.novelty, judge, fact)
  judgeDecrypt(state.bulk, judge, fact)
  return judge.found.length === 0 ? NONE : judge.found
}

/** Says that time has come so far: all events before were taken. */
export function passTime(state: DetectorState, rules: InsightRules, second: number): readonly Anomaly[] {
  const judge: Judge = { rules, known: state.known, found: [] }
  pass(state, judge, second)
  return judge.found
}

function pass(state: DetectorState, judge: Judge, second: number): void {
  const before = Math.floor(second / MINUTE_SECONDS) - GRACE_MINUTES
  if (before <= state.rates.from) return
  closeMinutes(state.rates, judge, before)
  closeWindows(state.bulk, judge, before * MINUTE_SECONDS)
}
