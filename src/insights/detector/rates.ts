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

/** The maximum number of series with a baseline; beyond it, the least recently called is removed. */
export const SERIES_MAX = 8192
/** The maximum number of series counted in one minute; calls of further ones are ignored. */
const TALLIES_MAX = 8192
/** The number of normal minutes that ends an insight. */
const QUIET_MINUTES = 5
/** An insight continues while minutes have this share of its first one. */
const STAYS = 0.5
/** The maximum duration of an insight; after it, its level is normal for a week. */
const LONGEST_MINUTES = 1440
const NORMAL_MINUTES = 10_080
/** Insights that are further apart belong to different incidents. */
const APART_MINUTES = 720
const MINUTE_SECONDS = 60
const HOUR_MINUTES = 60
/** The minimum excess over the largest minute of a week, in standard deviations of a Poisson count. */
const DEVIATIONS = 3

/** Call rates and error rates: current counts and baselines. */
export type RateState = {
  readonly series: Map<string, Series>
  /** The counts of open minutes. */
  readonly open: Map<number, Map<string, Tally>>
  readonly active: Set<string>
  /** The first open minute. */
  from: number
}

/** Empty counts. */
export function noRates(): RateState {
  return { series: new Map(), open: new Map(), active: new Set(), from: 0 }
}

/** Counts an event; one of a closed minute counts in the first open one. */
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

/** Judges and closes all minutes before one. */
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

/** Sorts the counts, so that results and removals do not depend on the order within a minute. */
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

/** Counts a minute of an insight; returns false for a normal one. */
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

/** Ends the insights that have been normal for a while, or whose level has become normal. */
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

/** The level that this insight and the previous one both reached, on two days of a week: it counts as normal. */
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
