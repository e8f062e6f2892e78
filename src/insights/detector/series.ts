import type { EventFact } from './fact.ts'
import { type Hours, noHours } from './hours.ts'
import { accountScope, memberScope } from './known.ts'
import { type Counts, countValue } from './shares.ts'

/** What is counted together: an operation's calls, or its errors of one code, of one subject. */
export type SeriesFacts = {
  readonly account: string
  readonly region: string
  readonly source: string
  readonly operation: string
  /** Empty for calls; of errors, the code. */
  readonly error: string
  /** Whose calls; neither: the account's. */
  readonly principal: string
  readonly key: string
}

/** An insight that has begun. */
export type ActiveInsight = {
  readonly beganMinute: number
  lastHighMinute: number
  /** From how many calls on a minute is unusual. */
  readonly limit: number
  peak: number
  /** Calls up to the last unusual minute, and since. */
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
  /** A new normal: what an insight that went on for too long, or came again, has come to. */
  floor: { readonly peak: number; readonly untilMinute: number }
  /** The largest minute of the last insight, and when it ended. */
  last: { readonly peak: number; readonly minute: number } | undefined
  active: ActiveInsight | undefined
}

/** What is counted of one series in one minute. */
export type Tally = {
  count: number
  readonly principals: Counts
  readonly agents: Counts
  readonly errors: Counts
}

/** How a call without an error is counted. Source: the "errorCode" attribution of CloudTrail's records. */
const NO_ERROR = 'null'

/** The names of all series that an event counts for. */
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

/** A name that no other series has: no text of an event has a line end. */
export function seriesName(facts: SeriesFacts): string {
  const { account, region, source, operation, error, principal, key } = facts
  return `${account}\n${region}\n${source}\n${operation}\n${error}\n${principal}\n${key}`
}

/** What a series with this name counts. */
export function parseSeriesName(name: string): SeriesFacts {
  const [account = '', region = '', source = '', operation = '', error = '', principal = '', key = ''] =
    name.split('\n')
  return { account, region, source, operation, error, principal, key }
}

/** Since when the series' subject is known, decides whether it is judged. */
export function scopeOf(facts: SeriesFacts): string {
  const subject = facts.principal === '' ? facts.key : facts.principal
  return subject === '' ? accountScope(facts) : memberScope(facts, subject)
}

/** A series that begins in this hour. */
export function newSeries(facts: SeriesFacts, hour: number): Series {
  return {
    facts,
    hours: noHours(hour),
    floor: { peak: 0, untilMinute: 0 },
    last: undefined,
    active: undefined,
  }
}

/** Nothing counted yet. */
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
