import Alert from '@cloudscape-design/components/alert'
import Container from '@cloudscape-design/components/container'
import ContentLayout from '@cloudscape-design/components/content-layout'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import Input from '@cloudscape-design/components/input'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import SegmentedControl from '@cloudscape-design/components/segmented-control'
import Select from '@cloudscape-design/components/select'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { type Usage as UsageOf, usageOf } from '../../api/usage.ts'
import { useSession } from '../../session/session.ts'
import { DataTable } from '../../shared/data-table.tsx'
import { DayChart } from '../../shared/day-chart.tsx'
import { Failure } from '../../shared/failure.tsx'
import { formatCost } from '../../shared/format-cost.ts'
import { ShowCli } from '../../shared/show-cli.tsx'
import { USAGE_TEXTS as texts } from '../../texts/en/usage.ts'
import { fill } from '../../texts/en.ts'
import { GROUPS, PERIODS, parseUsageSearch } from './search.ts'

const route = getRouteApi('/usage')
const DAYS_BY_DEFAULT = 30

/** Calls of the account, and what they would cost. */
export function Usage(): ReactNode {
  const { account } = useSession()
  const { days = DAYS_BY_DEFAULT } = parseUsageSearch(route.useSearch())
  const navigate = route.useNavigate()
  const { data, error } = useQuery(usageOf(account, days, 'day'))
  const options = PERIODS.map((period) => ({ value: String(period), label: texts.days[period] }))
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          description={texts.about}
          actions={
            <Select
              ariaLabel={texts.period}
              options={options}
              selectedOption={options.find(({ value }) => value === String(days)) ?? null}
              onChange={({ detail }) => {
                const chosen = PERIODS.find((period) => String(period) === detail.selectedOption.value)
                void navigate({ search: (now) => ({ ...now, days: chosen }) })
              }}
            />
          }
        >
          {texts.title}
        </Header>
      }
    >
      <SpaceBetween size="l">
        <Failure error={error} />
        {data?.isCurrent === false && <Alert type="info">{texts.behind}</Alert>}
        {data !== undefined && <Totals usage={data} />}
        {data !== undefined && <DayChart days={days} lines={data.lines} />}
        <Lines />
        <ShowCli name="GetUsage" input={{ GroupBy: ['day'] }} />
      </SpaceBetween>
    </ContentLayout>
  )
}

function Totals({ usage: { totals, currency } }: { readonly usage: UsageOf }): ReactNode {
  const counts = [
    { label: texts.calls, value: totals.Calls?.toLocaleString() },
    { label: texts.failures, value: totals.Failures?.toLocaleString() },
  ]
  const costs = [
    { label: texts.callsCost, value: formatCost(totals.CallsCost, currency) },
    { label: texts.keysCost, value: formatCost(totals.KeysCost, currency) },
  ]
  return (
    <Container>
      <KeyValuePairs
        columns={4}
        items={
          currency === undefined
            ? [...counts, { label: texts.cost, value: texts.noPrices }]
            : [...counts, ...costs]
        }
      />
    </Container>
  )
}

function Lines(): ReactNode {
  const { account } = useSession()
  const { days = DAYS_BY_DEFAULT, by = 'key' } = parseUsageSearch(route.useSearch())
  const navigate = route.useNavigate()
  const { data, error } = useQuery(usageOf(account, days, by))
  const [least, setLeast] = useState('')
  const minimum = Number(least.replace(',', '.'))
  const isCost = least === '' || (Number.isFinite(minimum) && minimum >= 0)
  const hasCosts = data?.currency !== undefined
  const lines = data?.lines
    .filter(({ cost = 0 }) => !hasCosts || !isCost || cost >= minimum)
    .toSorted((one, other) => (other.cost ?? 0) - (one.cost ?? 0) || other.calls - one.calls)
  return (
    <SpaceBetween size="m">
      <SegmentedControl
        label={texts.groupBy}
        selectedId={by}
        options={GROUPS.map((id) => ({ id, text: texts.groups[id] }))}
        onChange={({ detail }) => {
          const chosen = GROUPS.find((group) => group === detail.selectedId)
          void navigate({ search: (now) => ({ ...now, by: chosen }) })
        }}
      />
      {hasCosts && (
        <FormField
          label={fill(texts.least, { currency: data.currency ?? '' })}
          errorText={isCost ? undefined : texts.leastWrong}
        >
          <Input value={least} inputMode="decimal" onChange={({ detail }) => setLeast(detail.value)} />
        </FormField>
      )}
      {data?.isCut === true && (
        <Alert type="info">{fill(texts.cut, { lines: String(data.lines.length) })}</Alert>
      )}
      <DataTable
        key={by}
        title={texts.groups[by]}
        name={`usage-by-${by}`}
        items={lines}
        error={error}
        empty={texts.noCalls}
        trackBy={({ value }) => value}
        columns={[
          { id: 'value', header: texts.groups[by], value: ({ value }) => value || texts.noKey },
          { id: 'calls', header: texts.calls, value: ({ calls }) => calls },
          { id: 'failures', header: texts.failures, value: ({ failures }) => failures },
          ...(data?.currency === undefined
            ? []
            : [
                {
                  id: 'cost',
                  header: texts.cost,
                  value: ({ cost = 0 }: { readonly cost: number | undefined }) => cost,
                  cell: ({ cost }: { readonly cost: number | undefined }) => formatCost(cost, data.currency),
                },
              ]),
        ]}
      />
    </SpaceBetween>
  )
}
