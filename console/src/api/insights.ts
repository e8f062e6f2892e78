import { queryOptions } from '@tanstack/react-query'
import { call } from './client.ts'
import { patiently } from './what-if.ts'

const RECENT_SECONDS = 604_800
const SHOWN = 5

/** The last unusual calls of the week. */
export function recentInsights(region: string) {
  return queryOptions({
    queryKey: ['recent-insights', region],
    queryFn: () => {
      const StartTime = Math.floor(Date.now() / 1000) - RECENT_SECONDS
      return patiently(() => call('ListInsights', { StartTime, MaxResults: SHOWN }))
    },
  })
}
