import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import Link from '@cloudscape-design/components/link'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import type { ReactNode } from 'react'
import type { ExplainedCall } from '../../api/explain.ts'
import { PLACES, useFollow } from '../../shared/follow.ts'
import { showTime } from '../../shared/form.ts'
import { PlainText } from '../../shared/plain-text.tsx'
import { REFUSAL_TEXTS } from '../../texts/en/refusals.ts'

const { explain: texts } = REFUSAL_TEXTS

/** What the audit log says of a call. */
export function Recorded({ call }: { readonly call: ExplainedCall }): ReactNode {
  const follow = useFollow()
  const { EventId = '', Result = '', Reason = '–' } = call
  const { userIdentity, eventSource, eventName, eventTime = '' } = parseEvent(call.Event)
  const results: Readonly<Record<string, string>> = texts.results
  return (
    <SpaceBetween size="s">
      <KeyValuePairs
        columns={3}
        items={[
          { label: texts.who, value: <PlainText text={userIdentity?.arn ?? userIdentity?.type ?? '–'} /> },
          { label: texts.operation, value: `${eventSource?.split('.')[0]}:${eventName}` },
          { label: texts.when, value: showTime(Date.parse(eventTime) / 1000) },
          {
            label: texts.result,
            value: (
              <StatusIndicator type={Result === 'allowed' ? 'success' : 'error'}>
                {results[Result] ?? Result}
              </StatusIndicator>
            ),
          },
          { label: texts.reason, value: <PlainText text={Reason} /> },
        ]}
      />
      <Link href={`${PLACES.auditOf('EventId', EventId)}&event=${EventId}`} onFollow={follow}>
        {texts.seeEvent}
      </Link>
    </SpaceBetween>
  )
}

type RecordedEvent = {
  readonly eventName?: string
  readonly eventSource?: string
  readonly eventTime?: string
  readonly userIdentity?: { readonly arn?: string; readonly type?: string }
}

/** An event of the audit log. */
function parseEvent(text = '{}'): RecordedEvent {
  return JSON.parse(text) as RecordedEvent
}
