import Alert from '@cloudscape-design/components/alert'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { usageOf } from '../../api/usage.ts'
import { useSession } from '../../session/session.ts'
import { DataTable } from '../../shared/data-table.tsx'
import { DayChart } from '../../shared/day-chart.tsx'
import { Failure } from '../../shared/failure.tsx'
import { formatCost } from '../../shared/format-cost.ts'
import { ShowCli } from '../../shared/show-cli.tsx'
import { USAGE_TEXTS as texts } from '../../texts/en/usage.ts'
import type { KeyProps } from './key.tsx'

const DAYS = 30

/** The calls on a key of the last 30 days: by day, and by principal with their cost. */
export function UsageTab({ facts: { Arn } }: KeyProps): ReactNode {
  const { account } = useSession()
  const byDay = useQuery(usageOf(account, DAYS, 'day', Arn))
  const byPrincipal = useQuery(usageOf(account, DAYS, 'principal', Arn))
  const currency = byPrincipal.data?.currency
  return (
    <SpaceBetween size="l">
      <Failure error={byDay.error} />
      {byDay.data?.isCurrent === false && <Alert type="info">{texts.behind}</Alert>}
      {byDay.data !== undefined && <DayChart days={DAYS} lines={byDay.data.lines} />}
      <DataTable
        title={texts.byPrincipal}
        name="usage-by-principal"
        items={byPrincipal.data?.lines}
        error={byPrincipal.error}
        empty={texts.noCalls}
        trackBy={({ value }) => value}
        columns={[
          { id: 'value', header: texts.groups.principal, value: ({ value }) => value },
          { id: 'calls', header: texts.calls, value: ({ calls }) => calls },
          { id: 'failures', header: texts.failures, value: ({ failures }) => failures },
          {
            id: 'cost',
            header: texts.cost,
            value: ({ cost = 0 }) => cost,
            cell: ({ cost }) => formatCost(cost, currency),
          },
        ]}
      />
      <ShowCli name="GetUsage" input={{ KeyArn: Arn, GroupBy: ['principal'] }} />
    </SpaceBetween>
  )
}
