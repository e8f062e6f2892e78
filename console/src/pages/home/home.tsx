import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import ColumnLayout from '@cloudscape-design/components/column-layout'
import Container from '@cloudscape-design/components/container'
import ContentLayout from '@cloudscape-design/components/content-layout'
import Header from '@cloudscape-design/components/header'
import Link from '@cloudscape-design/components/link'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useQueries, useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { recentEvents } from '../../api/events.ts'
import { keyFacts, keysPage } from '../../api/keys.ts'
import { useSession } from '../../session/session.ts'
import { Aliases } from '../../shared/alias.tsx'
import { EventList } from '../../shared/event-list.tsx'
import { Failure } from '../../shared/failure.tsx'
import { PLACES, useFollow, useOpen } from '../../shared/follow.ts'
import { showTime } from '../../shared/form.ts'
import { TEXTS } from '../../texts/en.ts'

const { home: texts } = TEXTS
/** Keys whose state is looked at. */
const KEYS_LOOKED_AT = 50
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
  const follow = useFollow()
  const page = useQuery(keysPage(region, undefined, KEYS_LOOKED_AT))
  const ids = (page.data?.Keys ?? []).map(({ KeyId = '' }) => KeyId)
  const facts = useQueries({ queries: ids.map((id) => keyFacts(region, id)) })
  const pending = facts.flatMap(({ data }) => (data?.KeyState === 'PendingDeletion' ? [data] : []))
  return (
    <Container header={<Header variant="h2">{texts.attention}</Header>} fitHeight>
      <Failure error={page.error} />
      {pending.length === 0 ? (
        <Box color="text-body-secondary">{texts.nothing}</Box>
      ) : (
        <Box>
          <Box variant="h3">{texts.pendingDeletion}</Box>
          <ul>
            {pending.map(({ KeyId = '', DeletionDate }) => (
              <li key={KeyId}>
                <Link href={PLACES.key(KeyId)} onFollow={follow}>
                  {KeyId}
                </Link>{' '}
                <Aliases keyId={KeyId} /> · {showTime(DeletionDate)}
              </li>
            ))}
          </ul>
        </Box>
      )}
    </Container>
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
  const { data = [], error, isPending } = useQuery(recentEvents(region))
  const refused = data.filter(({ errorCode }) => errorCode !== undefined).slice(0, EVENTS_SHOWN)
  return (
    <ColumnLayout columns={2}>
      <Container header={<Header variant="h2">{texts.recent}</Header>}>
        <Failure error={error} />
        {data.length === 0 ? (
          <Box color="text-body-secondary">{isPending ? TEXTS.common.loading : texts.noCalls}</Box>
        ) : (
          <EventList events={data.slice(0, EVENTS_SHOWN)} />
        )}
      </Container>
      <Container header={<Header variant="h2">{texts.refusals}</Header>}>
        {refused.length === 0 ? (
          <Box color="text-body-secondary">{texts.noRefusals}</Box>
        ) : (
          <EventList events={refused} />
        )}
      </Container>
    </ColumnLayout>
  )
}
