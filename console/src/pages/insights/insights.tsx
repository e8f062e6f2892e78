import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import ContentLayout from '@cloudscape-design/components/content-layout'
import Header from '@cloudscape-design/components/header'
import Modal from '@cloudscape-design/components/modal'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useInfiniteQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { call, type OutputOf } from '../../api/client.ts'
import { patiently } from '../../api/what-if.ts'
import { useSession } from '../../session/session.ts'
import { CopyText } from '../../shared/copy-text.tsx'
import { DataTable } from '../../shared/data-table.tsx'
import { showTime } from '../../shared/form.ts'
import { indentJson } from '../../shared/json.ts'
import { ShowCli } from '../../shared/show-cli.tsx'
import { INSIGHT_TEXTS as texts } from '../../texts/en/insights.ts'

type Insight = NonNullable<OutputOf<'ListInsights'>['Insights']>[number]

/** What was unusual in the account. */
export function Insights(): ReactNode {
  const { region } = useSession()
  const [shown, setShown] = useState<Insight>()
  const query = useInfiniteQuery({
    queryKey: ['insights', region],
    queryFn: ({ pageParam }) =>
      patiently(() => call('ListInsights', { NextToken: pageParam === '' ? undefined : pageParam })),
    initialPageParam: '',
    getNextPageParam: ({ NextToken }) => NextToken,
  })
  const items = query.data?.pages.flatMap(({ Insights: page = [] }) => page)
  return (
    <ContentLayout
      header={
        <Header variant="h1" description={texts.about}>
          {texts.title}
        </Header>
      }
    >
      <SpaceBetween size="l">
        {query.data?.pages[0]?.Current === false && <Alert type="info">{texts.behind}</Alert>}
        <DataTable
          title={texts.title}
          name="insights"
          items={items}
          error={query.error}
          empty={texts.empty}
          trackBy={({ EventId = '' }) => EventId}
          columns={COLUMNS}
          more={[
            {
              id: 'record',
              header: texts.record,
              cell: (insight) => (
                <Button
                  variant="inline-link"
                  ariaLabel={`${texts.show} ${insight.EventId}`}
                  onClick={() => setShown(insight)}
                >
                  {texts.show}
                </Button>
              ),
            },
          ]}
        />
        {query.hasNextPage && (
          <Box textAlign="center">
            <Button loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
              {texts.more}
            </Button>
          </Box>
        )}
        <ShowCli name="ListInsights" input={{}} />
        {shown !== undefined && (
          <Modal visible size="large" header={texts.record} onDismiss={() => setShown(undefined)}>
            <CopyText text={indentJson(shown.Event ?? '')} isBlock />
          </Modal>
        )}
      </SpaceBetween>
    </ContentLayout>
  )
}

const COLUMNS = [
  { id: 'what', header: texts.what, value: ({ Type }: Insight) => typeName(Type) },
  { id: 'time', header: texts.time, value: ({ Time }: Insight) => showTime(Time) },
  { id: 'state', header: texts.state, value: ({ State }: Insight) => stateName(State) },
  { id: 'operation', header: texts.operation, value: ({ EventName }: Insight) => EventName },
  { id: 'error', header: texts.error, value: ({ ErrorCode }: Insight) => ErrorCode },
  {
    id: 'principal',
    header: texts.principal,
    value: ({ Subject }: Insight) => parseSubject(Subject).Principal ?? texts.account,
  },
  { id: 'key', header: texts.key, value: ({ Subject }: Insight) => parseSubject(Subject).Key },
  { id: 'network', header: texts.network, value: ({ Subject }: Insight) => parseSubject(Subject).Network },
]

function typeName(type = ''): string {
  const names: Readonly<Record<string, string>> = texts.types
  return names[type] ?? type
}

function stateName(state = ''): string {
  const names: Readonly<Record<string, string>> = texts.states
  return names[state] ?? state
}

type Subject = { readonly Principal?: string; readonly Key?: string; readonly Network?: string }

/** The server has made it. Source: docs/reference/insights.md, "By the API". */
function parseSubject(value: unknown): Subject {
  return (value ?? {}) as Subject
}
