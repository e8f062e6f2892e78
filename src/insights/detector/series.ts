import type { EventFact } from './fact.ts'
import { type Hours, noHours } from './hours.ts'
import { accountScope, memberScope } from './known.ts'
import { type Counts, countValue } from './shares.ts'

/** The subject of a series: an operation's calls, or its errors of one code, of an account or principal. */
export type SeriesFacts = {
  readonly account: string
  readonly region: string
  readonly source: string
  readonly operation: string
  /** The error code; empty for calls. */
  readonly error: string
  /** The principal; empty: the whole account. */
  readonly principal: string
  readonly key: string
}

/** An active insight. */
export type ActiveInsight = {
  readonly beganMinute: number
  lastHighMinute: number
  /** The number of calls from which a minute is unusual. */
  readonly limit: number
  peak: number
  /** The calls up to the last unusual minute, and since. */
  total: number
  pending: number
  readonly baseline: number
  readonly baselineMinutes: number
  readonly tally: Tally
}

/** A series and its baseline. */
export type Series = {
  readonly facts: SeriesFacts
  readonly hours: Hours
  /** A raised normal level, after an insight that lasted too long or was repeated. */
  floor: { readonly peak: number; readonly untilMinute: number }
  /** The largest minute of the last insight, and its end. */
  last: { readonly peak: number; readonly minute: number } | undefined
  active: ActiveInsight | undefined
}

/** The counts of one series in one minute. */
export type Tally = {
  count: number
  readonly principals: Counts
  readonly agents: Counts
  readonly errors: Counts
}

/** The error code that stands for no error. Source: the "errorCode" attribution of CloudTrail's records. */
const NO_ERROR = 'null'

/** The names of all series that count an event. */
export function seriesNames({
  account,
  region,
  source,
  operation,
  principal,
  keys,
  error,
}: EventFact): readonly string[] {
  const what = `${account}\n${region}\n${source}\n${operation}\n`
  const names = [`${what}\n\n`]
  if (principal !== '') names.push(`${what}\n${principal}\n`)
  for (const key of keys) names.push(`${what}\n\n${key}`)
  if (error === '') return names
  names.push(`${what}${error}\n\n`)
  if (principal !== '') names.push(`${what}${error}\n${principal}\n`)
  for (const key of keys) names.push(`${what}${error}\n\n${key}`)
  return names
}

/** A unique name of a series: no text of an event contains a line end. */
export function seriesName(facts: SeriesFacts): string {
  const { account, region, source, operation, error, principal, key } = facts
  return `${account}\n${region}\n${source}\n${operation}\n${error}\n${principal}\n${key}`
}

/** Parses the name of a series. */
export function parseSeriesName(name: string): SeriesFacts {
  const [account = '', region = '', source = '', operation = '', error = '', principal = '', key = ''] =
    name.split('\n')
  return { account, region, source, operation, error, principal, key }
}

/** The scope whose age decides whether the series is judged. */
export function scopeOf(facts: SeriesFacts): string {
  const subject = facts.principal === '' ? facts.key : facts.principal
  return subject === '' ? accountScope(facts) : memberScope(facts, subject)
}

/** A new series that begins in this hour. */
export function newSeries(facts: SeriesFacts, hour: number): Series {
  return {
    facts,
    hours: noHours(hour),
    floor: { peak: 0, untilMinute: 0 },
    last: undefined,
    active: undefined,
  }
}

/** Empty counts. */
export function newTally(): Tally {
  return { count: 0, principals: new Map(), agents: new Map(), errors: new Map() }
}

/** Counts an event. */
export function countEvent(tally: Tally, { principal, agent, error }: EventFact): void {
  tally.count += 1
  if (principal !== '') countValue(tally.principals, principal)
  if (agent !== '') countValue(tally.agents, agent)
  countValue(tally.errors, error === '' ? NO_ERROR : error)
}
