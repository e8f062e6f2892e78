import type { Anomaly } from './anomaly.ts'
import { type BulkState, closeWindows, judgeDecrypt, noBulk } from './bulk.ts'
import type { EventFact } from './fact.ts'
import type { Judge } from './judge.ts'
import { type Known, rememberAll } from './known.ts'
import { judgeNovelty, type NoveltyState, noNovelty } from './novelty.ts'
import { closeMinutes, countRates, noRates, type RateState } from './rates.ts'
import type { InsightRules } from './rules.ts'

/**
 * The complete state of the detector: plain data of bounded size, which can be cloned and saved. The functions of
 * this file change it. They use no clock but the times of events and arguments, so the same events give the same
 * anomalies, whenever they arrive and however they are divided.
 */
export type DetectorState = {
  readonly known: Known
  readonly rates: RateState
  readonly novelty: NoveltyState
  readonly bulk: BulkState
}

/** The delay before a minute is judged: events of another node may arrive later. */
const GRACE_MINUTES = 1
const MINUTE_SECONDS = 60
const NONE: readonly Anomaly[] = []

/** An empty state. */
export function newDetector(): DetectorState {
  return { known: new Map(), rates: noRates(), novelty: noNovelty(), bulk: noBulk() }
}

/** Processes the next event and returns the anomalies that it reveals. */
export function takeEvent(state: DetectorState, rules: InsightRules, fact: EventFact): readonly Anomaly[] {
  const judge: Judge = { rules, known: state.known, found: [] }
  pass(state, judge, fact.second)
  rememberAll(state.known, fact)
  countRates(state.rates, fact)
  judgeNovelty(state.novelty, judge, fact)
  judgeDecrypt(state.bulk, judge, fact)
  return judge.found.length === 0 ? NONE : judge.found
}

/** Advances the time: all events before it have been processed. */
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
