import Box from '@cloudscape-design/components/box'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import Link from '@cloudscape-design/components/link'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { recentInsights } from '../../api/insights.ts'
import { firstKeySummaries, type KeySummary } from '../../api/key-summaries.ts'
import { useServerStatus } from '../../api/server-status.ts'
import { useSession } from '../../session/session.ts'
import { Failure } from '../../shared/failure.tsx'
import { PLACES, useFollow } from '../../shared/follow.ts'
import { showTime } from '../../shared/form.ts'
import { useAllowed } from '../../shared/may.tsx'
import { PlainText, visibleText } from '../../shared/plain-text.tsx'
import { INSIGHT_TEXTS } from '../../texts/en/insights.ts'
import { TEXTS } from '../../texts/en.ts'

const { home: texts } = TEXTS
/** Keys of each list. */
const KEYS_SHOWN = 20
/** Keys with imported material that the page reads. */
const IMPORTED_READ = 1000
const EXPIRES_SOON_SECONDS = 2_592_000
const PENDING = {
  Filters: [{ Name: 'KeyState', Values: ['PendingDeletion', 'PendingReplicaDeletion'] }],
  SortBy: 'DeletionDate',
} as const
const IMPORTED = { Filters: [{ Name: 'Origin', Values: ['EXTERNAL'] }] } as const

/** What needs somebody: risks of the server, keys that go or expire, and unusual calls. */
export function Attention(): ReactNode {
  const { region, account } = useSession()
  const pending = useQuery(firstKeySummaries(region, PENDING, KEYS_SHOWN))
  const imported = useQuery(firstKeySummaries(region, IMPORTED, IMPORTED_READ))
  const status = useServerStatus()
  const mayList = useAllowed({
    action: 'holdfast:ListInsights',
    resource: `arn:aws:holdfast:${region}:${account}:insight/*`,
  })
  const insights = useQuery({ ...recentInsights(region), enabled: mayList })
  const soon = Date.now() / 1000 + EXPIRES_SOON_SECONDS
  const expiring = (imported.data?.Keys ?? []).filter(
    ({ ValidTo }) => ValidTo !== undefined && ValidTo <= soon,
  )
  const deleted = pending.data?.Keys ?? []
  const { Risks = [] } = status.data ?? {}
  const { Insights = [] } = insights.data ?? {}
  const queries = [pending, imported, status, insights]
  const isNothing = deleted.length + expiring.length + Risks.length + Insights.length === 0
  return (
    <Container header={<Header variant="h2">{texts.attention}</Header>} fitHeight>
      <Failure error={queries.find(({ error }) => error !== null)?.error ?? null} />
      {isNothing && queries.every(({ isLoading, error }) => !isLoading && error === null) && (
        <Box color="text-body-secondary">{texts.nothing}</Box>
      )}
      {Risks.length > 0 && (
        <Box>
          <Box variant="h3">{texts.risks}</Box>
          <ul>
            {Risks.map(({ Severity, Message = '' }) => (
              <li key={Message}>
                <StatusIndicator type={Severity === 'high' ? 'error' : 'warning'}>
                  {Severity === 'high' ? texts.highRisk : texts.risk}
                </StatusIndicator>
                {' · '}
                <PlainText text={Message} />
              </li>
            ))}
          </ul>
        </Box>
      )}
      {deleted.length > 0 && (
        <KeysAt title={texts.pendingDeletion} keys={deleted} timeOf={({ DeletionDate }) => DeletionDate} />
      )}
      {expiring.length > 0 && (
        <KeysAt
          title={texts.expiring}
          keys={expiring.slice(0, KEYS_SHOWN)}
          timeOf={({ ValidTo }) => ValidTo}
        />
      )}
      {Insights.length > 0 && <UnusualCalls insights={Insights} />}
    </Container>
  )
}

type KeysAtProps = {
  readonly title: string
  readonly keys: readonly KeySummary[]
  readonly timeOf: (key: KeySummary) => number | undefined
}

/** Keys, and when something happens to each. */
function KeysAt({ title, keys, timeOf }: KeysAtProps): ReactNode {
  const follow = useFollow()
  return (
    <Box>
      <Box variant="h3">{title}</Box>
      <ul>
        {keys.map((key) => (
          <li key={key.KeyId}>
            <Link href={PLACES.key(key.KeyId ?? '')} onFollow={follow}>
              <PlainText text={key.Aliases?.[0] ?? key.KeyId ?? ''} />
            </Link>{' '}
            · {showTime(timeOf(key))}
          </li>
        ))}
      </ul>
    </Box>
  )
}

type UnusualProps = {
  readonly insights: readonly { readonly EventId?: string; readonly Type?: string; readonly Time?: number }[]
}

function UnusualCalls({ insights }: UnusualProps): ReactNode {
  const follow = useFollow()
  const names: Readonly<Record<string, string>> = INSIGHT_TEXTS.types
  return (
    <Box>
      <Box variant="h3">{texts.insights}</Box>
      <ul>
        {insights.map(({ EventId, Type = '', Time }) => (
          <li key={EventId}>
            <Link href={PLACES.insights} onFollow={follow}>
              {visibleText(names[Type] ?? Type)}
            </Link>{' '}
            · {showTime(Time)}
          </li>
        ))}
      </ul>
    </Box>
  )
}
