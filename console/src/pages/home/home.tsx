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
import { useSession } from '../../session/session.ts'
import { EventExport } from '../../shared/event-export.tsx'
import { EventList } from '../../shared/event-list.tsx'
import { Failure } from '../../shared/failure.tsx'
import { PLACES, useFollow, useOpen } from '../../shared/follow.ts'
import { TEXTS } from '../../texts/en.ts'
import { Attention } from './attention.tsx'
import { Custody } from './custody.tsx'

const { home: texts } = TEXTS
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
        <Custody />
        <Recent />
      </SpaceBetween>
    </ContentLayout>
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
