import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import ColumnLayout from '@cloudscape-design/components/column-layout'
import Container from '@cloudscape-design/components/container'
import ContentLayout from '@cloudscape-design/components/content-layout'
import Header from '@cloudscape-design/components/header'
import Link from '@cloudscape-design/components/link'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { recentEvents } from '../../api/events.ts'
import { firstKeySummaries, type KeySummary } from '../../api/key-summaries.ts'
import { useSession } from '../../session/session.ts'
import { EventExport } from '../../shared/event-export.tsx'
import { EventList } from '../../shared/event-list.tsx'
import { Failure } from '../../shared/failure.tsx'
import { PLACES, useFollow, useOpen } from '../../shared/follow.ts'
import { showTime } from '../../shared/form.ts'
import { PlainText } from '../../shared/plain-text.tsx'
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
const EVENTS_SHOWN = 6

/** The home page: what needs somebody, and what happened last. */
export function Home(): ReactNode {
  const open = useOpen()
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          description={texts.intro}
          actions={
            <Button variant="primary" onClick={() => open(PLACES.createKey)}>
              {texts.create}
            </Button>
          }
        >
          {texts.title}
        </Header>
      }
    >
      <SpaceBetween size="l">
        <ColumnLayout columns={2}>
          <Attention />
          <FirstSteps />
        </ColumnLayout>
        <Recent />
      </SpaceBetween>
    </ContentLayout>
  )
}

function Attention(): ReactNode {
  const { region } = useSession()
  const pending = useQuery(firstKeySummaries(region, PENDING, KEYS_SHOWN))
  const imported = useQuery(firstKeySummaries(region, IMPORTED, IMPORTED_READ))
  const soon = Date.now() / 1000 + EXPIRES_SOON_SECONDS
  const expiring = (imported.data?.Keys ?? []).filter(
    ({ ValidTo }) => ValidTo !== undefined && ValidTo <= soon,
  )
  const deleted = pending.data?.Keys ?? []
  return (
    <Container header={<Header variant="h2">{texts.attention}</Header>} fitHeight>
      <Failure error={pending.error ?? imported.error} />
      {pending.isSuccess && imported.isSuccess && deleted.length + expiring.length === 0 && (
        <Box color="text-body-secondary">{texts.nothing}</Box>
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

function FirstSteps(): ReactNode {
  const follow = useFollow()
  const places = [PLACES.createKey, PLACES.tryAny, PLACES.audit]
  return (
    <Container header={<Header variant="h2">{texts.start}</Header>} fitHeight>
      <ol>
        {texts.steps.map((step, index) => (
          <li key={step}>
            <Link href={places[index]} onFollow={follow}>
              {step}
            </Link>
          </li>
        ))}
      </ol>
    </Container>
  )
}

function Recent(): ReactNode {
  const { region } = useSession()
  const { data = [], error, isPending, isSuccess } = useQuery(recentEvents(region))
  const refused = data.filter(({ errorCode }) => errorCode !== undefined).slice(0, EVENTS_SHOWN)
  return (
    <ColumnLayout columns={2}>
      <Container
        header={
          <Header variant="h2" actions={<EventExport name="recent-calls" items={() => data} />}>
            {texts.recent}
          </Header>
        }
      >
        <Failure error={error} />
        {error === null && data.length === 0 ? (
          <Box color="text-body-secondary">{isPending ? TEXTS.common.loading : texts.noCalls}</Box>
        ) : (
          <EventList events={data.slice(0, EVENTS_SHOWN)} />
        )}
      </Container>
      <Container header={<Header variant="h2">{texts.refusals}</Header>}>
        {refused.length === 0 ? (
          <Box color="text-body-secondary">{isSuccess ? texts.noRefusals : TEXTS.common.none}</Box>
        ) : (
          <EventList events={refused} />
        )}
      </Container>
    </ColumnLayout>
  )
}
