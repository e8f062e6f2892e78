import type { Attribution } from './anomaly.ts'
import { putRecent } from './bounded.ts'
import type { EventFact } from './fact.ts'
import { addMinute, peaksBefore, sumBefore } from './hours.ts'
import { baselineMinutes, hasBaseline, type Judge, report } from './judge.ts'
import {
  type ActiveInsight,
  countEvent,
  newSeries,
  newTally,
  parseSeriesName,
  type Series,
  type SeriesFacts,
  scopeOf,
  seriesName,
  seriesNames,
  type Tally,
} from './series.ts'
import { addCounts, largestShares } from './shares.ts'

/** Series with a baseline; beyond, the one that had calls longest ago is forgotten. */
export const SERIES_MAX = 8192
/** Series that are counted in one minute; the calls of more are left out. */
const TALLIES_MAX = 8192
/** An insight has ended when so many minutes were usual. */
const QUIET_MINUTES = 5
/** An insight goes on while minutes have this part of what it began with. */
const STAYS = 0.5
/** An insight that lasts longer is the new normal for a week. */
const LONGEST_MINUTES = 1440
const NORMAL_MINUTES = 10_080
/** Insights that are so far apart are not of the same incident. */
const APART_MINUTES = 720
const MINUTE_SECONDS = 60
const HOUR_MINUTES = 60
/** Standard deviations of a Poisson count that the largest minute of a week is exceeded by at least. */
const DEVIATIONS = 3

/** Call rates and error rates: what is counted, and what is known. */
export type RateState = {
  readonly series: Map<string, Series>
  /** Minutes that are not over, and what is counted in them. */
  readonly open: Map<number, Map<string, Tally>>
  readonly active: Set<string>
  /** The first minute that is not closed. */
  from: number
}

/** Nothing counted yet. */
export function noRates(): RateState {
  return { series: new Map(), open: new Map(), active: new Set(), from: 0 }
}

/** Counts an event; one of a minute that is closed counts for the first that is not. */
export function countRates(state: RateState, fact: EventFact): void {
  const minute = Math.max(state.from, Math.floor(fact.second / MINUTE_SECONDS))
  const tallies = state.open.get(minute) ?? new Map<string, Tally>()
  state.open.set(minute, tallies)
  for (const name of seriesNames(fact)) {
    let tally = tallies.get(name)
    if (tally === undefined) {
      if (tallies.size >= TALLIES_MAX) continue
      tally = newTally()
      tallies.set(name, tally)
    }
    countEvent(tally, fact)
  }
}

/** Judges all minutes before one. */
export function closeMinutes(state: RateState, judge: Judge, before: number): void {
  if (before <= state.from) return
  state.from = before
  for (const minute of [...state.open.keys()].sort((a, b) => a - b)) {
    if (minute >= before) break
    endQuiet(state, judge, minute)
    for (const [name, tally] of inOrder(state.open.get(minute))) {
      judgeMinute(state, judge, minute, { name, tally })
    }
    state.open.delete(minute)
  }
  endQuiet(state, judge, before)
}

/** The order of what is found, and of what is forgotten, must not depend on who came first in a minute. */
function inOrder(tallies: ReadonlyMap<string, Tally> = new Map()): readonly [string, Tally][] {
  return [...tallies].sort(([a], [b]) => (a < b ? -1 : 1))
}

type Named = { readonly name: string; readonly tally: Tally }

function judgeMinute(state: RateState, judge: Judge, minute: number, { name, tally }: Named): void {
  const hour = Math.floor(minute / HOUR_MINUTES)
  const series = state.series.get(name) ?? newSeries(parseSeriesName(name), hour)
  const forgotten = putRecent(state.series, name, series, SERIES_MAX)
  if (forgotten !== undefined) state.active.delete(forgotten)
  if (series.active !== undefined) {
    if (goesOn(series, minute, tally)) return
  } else if (isUnusual(series, judge, minute, tally)) {
    begin(state, judge, minute, { name, tally })
    return
  }
  addMinute(series.hours, hour, tally.count)
}

/** Counts a minute of an insight; false when it is a usual one. */
function goesOn({ active }: Series, minute: number, tally: Tally): boolean {
  if (active === undefined) return false
  if (tally.count < active.limit * STAYS) {
    active.pending += tally.count
    return false
  }
  active.total += active.pending + tally.count
  active.pending = 0
  active.lastHighMinute = minute
  active.peak = Math.max(active.peak, tally.count)
  mergeTally(active.tally, tally)
  return true
}

function isUnusual(series: Series, judge: Judge, minute: number, tally: Tally): boolean {
  const { rules } = judge
  const min = series.facts.error === '' ? rules.callsMin : rules.errorsMin
  if (tally.count < min || !hasBaseline(judge, scopeOf(series.facts), minute * MINUTE_SECONDS)) return false
  return tally.count > limitOf(series, judge, minute)
}

function limitOf(series: Series, { rules }: Judge, minute: number): number {
  const peaks = peaksBefore(series.hours, Math.floor(minute / HOUR_MINUTES))
  const floor = minute < series.floor.untilMinute ? series.floor.peak : 0
  const week = Math.max(peaks.week, floor)
  const hour = Math.max(peaks.hour, floor)
  return Math.max(hour * rules.hourFactor, week * rules.weekFactor + DEVIATIONS * Math.sqrt(week))
}

function begin(state: RateState, judge: Judge, minute: number, { name, tally }: Named): void {
  const series = state.series.get(name)
  if (series === undefined) return
  const second = minute * MINUTE_SECONDS
  const minutes = baselineMinutes(judge, scopeOf(series.facts), second)
  const min = series.facts.error === '' ? judge.rules.callsMin : judge.rules.errorsMin
  const own = newTally()
  mergeTally(own, tally)
  series.active = {
    beganMinute: minute,
    lastHighMinute: minute,
    limit: Math.max(min, limitOf(series, judge, minute)),
    peak: tally.count,
    total: tally.count,
    pending: 0,
    baseline: sumOf(series, minute) / minutes,
    baselineMinutes: minutes,
    tally: own,
  }
  state.active.add(name)
  tell(state, judge, series, 'Start')
}

/** Ends what has been usual for a while before a minute, and what has become normal. */
function endQuiet(state: RateState, judge: Judge, minute: number): void {
  for (const name of [...state.active].sort()) {
    const series = state.series.get(name)
    const active = series?.active
    if (series === undefined || active === undefined) continue
    const isLong = active.lastHighMinute - active.beganMinute >= LONGEST_MINUTES
    if (!isLong && minute - active.lastHighMinute <= QUIET_MINUTES) continue
    tell(state, judge, series, 'End')
    const normal = isLong ? active.peak : levelAgain(series, active)
    if (normal > 0) series.floor = { peak: normal, untilMinute: minute + NORMAL_MINUTES }
    series.last = { peak: active.peak, minute: active.lastHighMinute }
    series.active = undefined
    state.active.delete(name)
  }
}

/** What this insight and the one before have both come to, on two days of a week: it is no news. */
function levelAgain({ last }: Series, { peak, beganMinute }: ActiveInsight): number {
  if (last === undefined) return 0
  const apart = beganMinute - last.minute
  return apart >= APART_MINUTES && apart <= NORMAL_MINUTES + HOUR_MINUTES ? Math.min(last.peak, peak) : 0
}

function tell(state: RateState, judge: Judge, { facts, active }: Series, kind: 'Start' | 'End'): void {
  if (active === undefined) return
  const { account, region, source, operation, error, principal, key } = facts
  const minutes = active.lastHighMinute - active.beganMinute + 1
  const endMinute = kind === 'Start' ? active.beganMinute : active.lastHighMinute + 1
  report(judge, {
    type: error === '' ? 'ApiCallRateInsight' : 'ApiErrorRateInsight',
    state: kind,
    account,
    region,
    second: endMinute * MINUTE_SECONDS,
    beganAt: active.beganMinute * MINUTE_SECONDS,
    source,
    operation,
    ...(error === '' ? {} : { errorCode: error }),
    subject: { ...(principal === '' ? {} : { principal }), ...(key === '' ? {} : { key }) },
    baseline: active.baseline,
    insight: active.total / minutes,
    insightMinutes: minutes,
    baselineMinutes: active.baselineMinutes,
    attributions: attributionsOf(state, facts, active.tally, { minutes, minute: active.beganMinute }),
  })
}

type Span = { readonly minutes: number; readonly minute: number }

function attributionsOf(
  state: RateState,
  facts: SeriesFacts,
  { principals, agents, errors }: Tally,
  { minutes, minute }: Span,
): readonly Attribution[] {
  const usual = (value: string, other: Partial<SeriesFacts>) => {
    const series = state.series.get(seriesName({ ...facts, ...other }))
    return series === undefined ? [] : [{ value, average: sumOf(series, minute) / NORMAL_MINUTES }]
  }
  const identities = largestShares(principals, minutes)
  const attributions: Attribution[] = [
    {
      attribute: 'userIdentityArn',
      insight: identities,
      baseline: identities.flatMap(({ value }) => usual(value, { principal: value })),
    },
    { attribute: 'userAgent', insight: largestShares(agents, minutes), baseline: [] },
  ]
  if (facts.error !== '') return attributions
  const codes = largestShares(errors, minutes)
  const baseline = codes.flatMap(({ value }) => usual(value, { error: value }))
  return [...attributions, { attribute: 'errorCode', insight: codes, baseline }]
}

function sumOf(series: Series, minute: number): number {
  return sumBefore(series.hours, Math.floor(minute / HOUR_MINUTES))
}

function mergeTally(to: Tally, from: Tally): void {
  to.count += from.count
  addCounts(to.principals, from.principals)
  addCounts(to.agents, from.agents)
  addCounts(to.errors, from.errors)
}
