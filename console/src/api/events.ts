import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { call, type InputOf, type OutputOf } from './client.ts'
import { patiently } from './what-if.ts'

/** A recorded call, as lists show it. */
export type EventRow = {
  readonly id: string
  readonly time: number
  readonly name: string
  readonly source: string
  readonly who: string
  readonly errorCode: string | undefined
  readonly resources: readonly string[]
  /** The whole record as JSON text. */
  readonly record: string
}

/** What is looked up: the parts of LookupEvents that people choose. */
export type EventFilter = Pick<InputOf<'LookupEvents'>, 'LookupAttributes' | 'StartTime' | 'EndTime'>

/** Source: CloudTrail API Reference, "LookupEvents". */
const EVENTS_MAX = 50

/** The last calls, newest first. */
export function recentEvents(region: string) {
  return queryOptions({
    queryKey: ['events', region, 'recent'],
    queryFn: async () => rows(await call('LookupEvents', { MaxResults: EVENTS_MAX })),
  })
}

/** The calls that a filter lets through, page by page. */
export function foundEvents(region: string, filter: EventFilter) {
  return infiniteQueryOptions({
    queryKey: ['events', region, filter],
    queryFn: ({ pageParam }) =>
      call('LookupEvents', { ...filter, MaxResults: EVENTS_MAX, NextToken: pageParam || undefined }),
    initialPageParam: '',
    getNextPageParam: ({ NextToken }) => NextToken,
  })
}

const DAY_SECONDS = 86_400

/** The calls of the last days that the attributes of a filter let through, by day (UTC). */
export function countedByDay(region: string, { LookupAttributes }: EventFilter, days: number) {
  return queryOptions({
    queryKey: ['events', region, 'by-day', LookupAttributes, days],
    queryFn: async () => {
      const StartTime = Math.floor(Date.now() / 1000) - (days - 1) * DAY_SECONDS
      const input = { LookupAttributes, StartTime, Period: DAY_SECONDS }
      const { Counts = [] } = await patiently(() => call('CountEvents', input))
      return Counts.map(({ Time = 0, Events = 0, Refusals = 0 }) => ({
        value: new Date(Time * 1000).toISOString(),
        calls: Events,
        failures: Refusals,
      }))
    },
  })
}

/** The calls of an export at most: more of them are files of the log. */
const EXPORT_MAX = 1000

/** The latest calls that a filter lets through, for a file. */
export async function exportedEvents(filter: EventFilter): Promise<readonly EventRow[]> {
  const found: EventRow[] = []
  let next: string | undefined
  do {
    const NextToken = next
    const page = await patiently(() => call('LookupEvents', { ...filter, MaxResults: EVENTS_MAX, NextToken }))
    found.push(...rows(page))
    next = page.NextToken
  } while (next !== undefined && found.length < EXPORT_MAX)
  return found
}

/** The calls of an answer. */
export function rows({ Events = [] }: OutputOf<'LookupEvents'>): readonly EventRow[] {
  return Events.map((event) => ({
    id: event.EventId ?? '',
    time: event.EventTime ?? 0,
    name: event.EventName ?? '',
    source: event.EventSource ?? '',
    who: event.Username ?? '',
    errorCode: parseRecord(event.CloudTrailEvent).errorCode,
    resources: (event.Resources ?? []).map(({ ResourceName = '' }) => ResourceName),
    record: event.CloudTrailEvent ?? '',
  }))
}

/** A record of the log, as far as lists look at it. */
function parseRecord(text = '{}'): { readonly errorCode?: string } {
  return JSON.parse(text) as { readonly errorCode?: string }
}
