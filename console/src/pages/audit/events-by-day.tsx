import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { countedByDay, type EventFilter } from '../../api/events.ts'
import { useSession } from '../../session/session.ts'
import { DayChart } from '../../shared/day-chart.tsx'
import { useAllowed } from '../../shared/may.tsx'
import { TEXTS } from '../../texts/en.ts'

const DAYS = 30

/** How many calls of the last 30 days a filter lets through, by day. */
export function EventsByDay({ filter }: { readonly filter: EventFilter }): ReactNode {
  const { region, account } = useSession()
  const resource = `arn:aws:holdfast:${region}:${account}:event/*`
  const enabled = useAllowed({ action: 'holdfast:CountEvents', resource })
  const { data } = useQuery({ ...countedByDay(region, filter, DAYS), enabled })
  if (data === undefined) return null
  return <DayChart days={DAYS} lines={data} failed={TEXTS.audit.refused} />
}
