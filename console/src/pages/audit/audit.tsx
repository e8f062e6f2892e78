import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Table, { type TableProps } from '@cloudscape-design/components/table'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { type EventRow, exportedEvents, foundEvents, rows } from '../../api/events.ts'
import { useSession } from '../../session/session.ts'
import { EventExport } from '../../shared/event-export.tsx'
import { Outcome } from '../../shared/event-list.tsx'
import { Failure } from '../../shared/failure.tsx'
import { showTime } from '../../shared/form.ts'
import { ShowCli } from '../../shared/show-cli.tsx'
import { TEXTS } from '../../texts/en.ts'
import { EventsByDay } from './events-by-day.tsx'
import { AuditFilter } from './filter.tsx'
import { EventRecord } from './record.tsx'
import { parseAuditSearch, timesOf } from './search.ts'

const { audit: texts, common } = TEXTS
const route = getRouteApi('/audit')

/** The calls that were recorded, newest first. What is looked for stands in the address. */
export function Audit(): ReactNode {
  const { region } = useSession()
  const { attribute, value, from, until, event: shown } = parseAuditSearch(route.useSearch())
  const navigate = route.useNavigate()
  const filter = {
    ...(attribute !== undefined &&
      value !== undefined && { LookupAttributes: [{ AttributeKey: attribute, AttributeValue: value }] }),
    ...timesOf({ from, until }),
  }
  const query = useInfiniteQuery(foundEvents(region, filter))
  const items = query.data?.pages.flatMap(rows) ?? []
  const selected = items.find(({ id }) => id === shown)
  return (
    <SpaceBetween size="m">
      <Failure error={query.error} />
      <Table
        variant="full-page"
        trackBy="id"
        items={items}
        columnDefinitions={COLUMNS}
        loading={query.isPending}
        loadingText={common.loading}
        empty={query.error === null && <Box>{texts.empty}</Box>}
        ariaLabels={{
          tableLabel: texts.table,
          selectionGroupLabel: texts.table,
          itemSelectionLabel: (_, { name, id }) => `${name} ${id}`,
        }}
        selectionType="single"
        selectedItems={selected === undefined ? [] : [selected]}
        onSelectionChange={({ detail }) =>
          void navigate({ search: (now) => ({ ...now, event: detail.selectedItems[0]?.id }), replace: true })
        }
        header={
          <Header
            variant="h1"
            description={texts.about}
            actions={
              <SpaceBetween direction="horizontal" size="xs">
                <Button iconName="refresh" ariaLabel={common.refresh} onClick={() => void query.refetch()} />
                <EventExport name="audit-log" items={() => exportedEvents(filter)} />
              </SpaceBetween>
            }
          >
            {texts.title}
          </Header>
        }
        filter={
          <AuditFilter
            key={`${attribute} ${value} ${from} ${until}`}
            from={from}
            until={until}
            attribute={attribute}
            value={value}
            onSearch={(search) => void navigate({ search })}
          />
        }
        footer={
          query.hasNextPage && (
            <Box textAlign="center">
              <Button loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                {texts.more}
              </Button>
            </Box>
          )
        }
      />
      <EventRecord event={selected} />
      <EventsByDay filter={filter} />
      <ShowCli name="LookupEvents" input={filter} />
    </SpaceBetween>
  )
}

const COLUMNS: readonly TableProps.ColumnDefinition<EventRow>[] = [
  { id: 'time', header: texts.time, cell: ({ time }) => showTime(time) },
  { id: 'name', header: texts.event, cell: ({ name }) => name, isRowHeader: true },
  { id: 'who', header: texts.who, cell: ({ who }) => who },
  { id: 'outcome', header: texts.outcome, cell: ({ errorCode }) => <Outcome errorCode={errorCode} /> },
  { id: 'resources', header: texts.resources, cell: ({ resources }) => resources.join(', ') || common.none },
]
