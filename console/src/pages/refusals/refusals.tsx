import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import ContentLayout from '@cloudscape-design/components/content-layout'
import Header from '@cloudscape-design/components/header'
import Select from '@cloudscape-design/components/select'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Spinner from '@cloudscape-design/components/spinner'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { joinedGroups, type RefusalGroup, refusalsOf } from '../../api/refusals.ts'
import { useSession } from '../../session/session.ts'
import { Export } from '../../shared/export.tsx'
import { Failure } from '../../shared/failure.tsx'
import { PLACES, useOpen } from '../../shared/follow.ts'
import { showTime } from '../../shared/form.ts'
import { ShowCli } from '../../shared/show-cli.tsx'
import { REFUSAL_TEXTS as texts } from '../../texts/en/refusals.ts'
import { TEXTS } from '../../texts/en.ts'
import { OneReason } from './one-reason.tsx'
import { PERIODS, parseRefusalsSearch } from './search.ts'

const { common } = TEXTS
const route = getRouteApi('/refusals')
const DAYS_BY_DEFAULT = 7

/** Calls that policies refused, grouped by reason, each with what would allow it. */
export function Refusals(): ReactNode {
  const { region, arn } = useSession()
  const { days = DAYS_BY_DEFAULT } = parseRefusalsSearch(route.useSearch())
  const query = useInfiniteQuery(refusalsOf(region, arn, days))
  const pages = query.data?.pages ?? []
  const groups = joinedGroups(pages.map(({ output }) => output))
  const byReason = Map.groupBy(groups, ({ Reason }) => Reason ?? texts.noReason)
  return (
    <ContentLayout header={<Top groups={groups} onRefresh={() => void query.refetch()} />}>
      <SpaceBetween size="l">
        <Failure error={query.error} />
        {pages.some(({ onlyOwn }) => onlyOwn) && <Alert type="info">{texts.onlyOwn}</Alert>}
        {pages[0]?.output.Current === false && <Alert type="info">{texts.behind}</Alert>}
        {query.isPending && <Spinner />}
        {query.isSuccess && groups.length === 0 && <Nothing />}
        <SpaceBetween size="l">
          {[...byReason].map(([reason, alike]) => (
            <OneReason key={reason} reason={reason} groups={alike} />
          ))}
        </SpaceBetween>
        {query.hasNextPage && (
          <Box textAlign="center">
            <Button loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
              {texts.more}
            </Button>
          </Box>
        )}
        <ShowCli name="ListRefusals" input={{}} />
      </SpaceBetween>
    </ContentLayout>
  )
}

function Nothing(): ReactNode {
  return (
    <Container>
      <Box textAlign="center" padding="l">
        <Box variant="h3">{texts.empty}</Box>
        <Box color="text-body-secondary">{texts.emptyMore}</Box>
      </Box>
    </Container>
  )
}

type TopProps = { readonly groups: readonly RefusalGroup[]; readonly onRefresh: () => void }

function Top({ groups, onRefresh }: TopProps): ReactNode {
  const { days = DAYS_BY_DEFAULT } = parseRefusalsSearch(route.useSearch())
  const navigate = route.useNavigate()
  const open = useOpen()
  const options = PERIODS.map((period) => ({ value: String(period), label: texts.days[period] }))
  return (
    <Header
      variant="h1"
      description={texts.about}
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          <Select
            ariaLabel={texts.period}
            options={options}
            selectedOption={options.find(({ value }) => value === String(days)) ?? null}
            onChange={({ detail }) => {
              const chosen = PERIODS.find((period) => String(period) === detail.selectedOption.value)
              void navigate({ search: { days: chosen } })
            }}
          />
          <Button iconName="refresh" ariaLabel={common.refresh} onClick={onRefresh} />
          <Export name="refusals" columns={COLUMNS} items={() => groups} />
          <Button onClick={() => open(PLACES.explain(''))}>{texts.explainOne}</Button>
        </SpaceBetween>
      }
    >
      {texts.title}
    </Header>
  )
}

const { columns } = texts
const COLUMNS = [
  { name: columns.reason, value: ({ Reason }: RefusalGroup) => Reason },
  { name: columns.who, value: ({ Principal }: RefusalGroup) => Principal },
  { name: columns.service, value: ({ EventSource }: RefusalGroup) => EventSource },
  { name: columns.operation, value: ({ EventName }: RefusalGroup) => EventName },
  { name: columns.resources, value: ({ Resources = [] }: RefusalGroup) => Resources.join(' ') },
  { name: columns.calls, value: ({ Calls }: RefusalGroup) => Calls },
  { name: columns.first, value: ({ FirstTime }: RefusalGroup) => showTime(FirstTime) },
  { name: columns.last, value: ({ LastTime }: RefusalGroup) => showTime(LastTime) },
  { name: columns.event, value: ({ EventIds: [id] = [] }: RefusalGroup) => id },
]
