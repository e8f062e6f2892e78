import Link from '@cloudscape-design/components/link'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import type { ReactNode } from 'react'
import type { EventRow } from '../api/events.ts'
import { TEXTS } from '../texts/en.ts'
import { BASE, useFollow } from './follow.ts'
import { showTime } from './form.ts'

/** Calls as a short list; each leads to its record. */
export function EventList({ events }: { readonly events: readonly EventRow[] }): ReactNode {
  const follow = useFollow()
  return (
    <ul>
      {events.map(({ id, name, who, time, errorCode }) => (
        <li key={id}>
          <Link
            href={`${BASE}/audit?attribute=EventId&value=${encodeURIComponent(id)}&event=${encodeURIComponent(id)}`}
            onFollow={follow}
          >
            {name}
          </Link>{' '}
          {who} · {showTime(time)} <Outcome errorCode={errorCode} />
        </li>
      ))}
    </ul>
  )
}

/** How a call ended. */
export function Outcome({ errorCode }: { readonly errorCode: string | undefined }): ReactNode {
  return errorCode === undefined ? (
    <StatusIndicator>{TEXTS.audit.success}</StatusIndicator>
  ) : (
    <StatusIndicator type="error">{errorCode}</StatusIndicator>
  )
}
