import Box from '@cloudscape-design/components/box'
import Icon from '@cloudscape-design/components/icon'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { call, type OutputOf } from '../../api/client.ts'
import { patiently } from '../../api/what-if.ts'
import { DataTable } from '../../shared/data-table.tsx'
import { ShowCli } from '../../shared/show-cli.tsx'
import { POLICY_TEXTS } from '../../texts/en/policy.ts'
import { TEXTS } from '../../texts/en.ts'
import type { KeyProps } from './key.tsx'

const { access: texts } = POLICY_TEXTS

type Output = OutputOf<'ListKeyAccess'>
type Row = NonNullable<Output['Principals']>[number]
type Access = { readonly operations: readonly string[]; readonly rows: readonly Row[] }

/** Which users and roles may use and administer a key: a row for each, a column for each operation. */
export function KeyAccess({ facts }: KeyProps): ReactNode {
  const { KeyId, region } = facts
  const { data, error } = useQuery({
    queryKey: ['key', region, KeyId, 'access'],
    queryFn: () => readAccess(KeyId),
  })
  return (
    <SpaceBetween size="s">
      <DataTable
        title={texts.title}
        description={texts.about}
        name={`access-${KeyId}`}
        items={data?.rows}
        error={error}
        empty={texts.nobody}
        trackBy={({ PrincipalArn = '' }) => PrincipalArn}
        columns={[
          { id: 'who', header: texts.who, value: ({ PrincipalArn }) => PrincipalArn },
          ...(data?.operations ?? []).map((operation) => ({
            id: operation,
            header: operation,
            value: (row: Row) => wayOf(row, operation),
            cell: (row: Row) => <Way way={wayOf(row, operation)} />,
          })),
        ]}
      />
      <ShowCli name="ListKeyAccess" input={{ KeyId }} />
    </SpaceBetween>
  )
}

async function readAccess(KeyId: string): Promise<Access> {
  const rows: Row[] = []
  let page: Output = {}
  do {
    const { NextToken } = page
    page = await patiently(() => call('ListKeyAccess', { KeyId, NextToken }))
    rows.push(...(page.Principals ?? []))
  } while (page.NextToken !== undefined)
  return { operations: page.Operations ?? [], rows }
}

/** How a principal may call an operation: by policies, or by a grant; nothing if it may not. */
function wayOf({ AllowedOperations = [], Grants = [] }: Row, operation: string): string | undefined {
  if (AllowedOperations.includes(operation)) return texts.byPolicy
  const grant = Grants.find(({ Operations = [] }) => Operations.includes(operation))
  if (grant === undefined) return undefined
  return grant.Constrained === true ? texts.byConstrained : texts.byGrant
}

function Way({ way }: { readonly way: string | undefined }): ReactNode {
  if (way === undefined) return <Box color="text-body-secondary">{TEXTS.common.none}</Box>
  if (way !== texts.byPolicy) return way
  return <Icon name="status-positive" variant="success" ariaLabel={way} />
}
