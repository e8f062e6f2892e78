import SpaceBetween from '@cloudscape-design/components/space-between'
import { type ReactNode, useState } from 'react'
import { call, type OutputOf } from '../../api/client.ts'
import { DataTable } from '../../shared/data-table.tsx'
import { showTime } from '../../shared/form.ts'
import { PermitButton } from '../../shared/may.tsx'
import { ShowCommands } from '../../shared/show-cli.tsx'
import { ACCESS_TEXTS as texts } from '../../texts/en/access.ts'
import { ORGANIZATION_TEXTS } from '../../texts/en/organization.ts'
import { MoveAccount } from './move-account.tsx'
import { useAccess, useAccessChange } from './use-access.ts'

type Account = NonNullable<OutputOf<'ListAccounts'>['Accounts']>[number]

/** The accounts that the person sees. */
export function Accounts(): ReactNode {
  const { data, error } = useAccess(['accounts'], allAccounts)
  const create = useAccessChange(() => call('CreateAccount', {}))
  const [moved, setMoved] = useState<string>()
  return (
    <SpaceBetween size="m">
      <DataTable
        title={texts.tabs.accounts}
        name="accounts"
        items={data}
        error={error ?? create.error}
        empty={texts.noAccounts}
        actions={[
          <PermitButton
            key="create"
            permit={{ action: 'holdfast:CreateAccount' }}
            loading={create.isPending}
            onClick={() => create.mutate()}
          >
            {texts.createAccount}
          </PermitButton>,
        ]}
        trackBy={({ AccountId = '' }) => AccountId}
        columns={[
          { id: 'id', header: texts.accountId, value: ({ AccountId }) => AccountId },
          { id: 'alias', header: texts.alias, value: ({ Alias }) => Alias },
          { id: 'created', header: texts.created, value: ({ CreatedTime }) => showTime(CreatedTime) },
          { id: 'parent', header: texts.parent, value: ({ ParentId }) => ParentId },
          {
            id: 'scps',
            header: texts.scps,
            value: ({ ServiceControlPolicies }) => ServiceControlPolicies?.join(', '),
          },
          {
            id: 'rcps',
            header: texts.rcps,
            value: ({ ResourceControlPolicies }) => ResourceControlPolicies?.join(', '),
          },
        ]}
        more={[
          {
            id: 'move',
            header: texts.actions,
            cell: ({ AccountId = '', ParentId }) =>
              ParentId !== undefined && (
                <PermitButton
                  variant="inline-link"
                  ariaLabel={`${ORGANIZATION_TEXTS.move} ${AccountId}`}
                  permit={{
                    action: 'holdfast:MoveAccount',
                    resource: `arn:aws:holdfast:::account/${AccountId}`,
                  }}
                  onClick={() => setMoved(AccountId)}
                >
                  {ORGANIZATION_TEXTS.move}
                </PermitButton>
              ),
          },
        ]}
      />
      <ShowCommands
        calls={[
          { name: 'ListAccounts', input: {} },
          { name: 'CreateAccount', input: {} },
        ]}
      />
      {moved !== undefined && <MoveAccount account={moved} onClose={() => setMoved(undefined)} />}
    </SpaceBetween>
  )
}

async function allAccounts(): Promise<readonly Account[]> {
  const accounts: Account[] = []
  let next: string | undefined
  do {
    const page = await call('ListAccounts', { NextToken: next })
    accounts.push(...(page.Accounts ?? []))
    next = page.NextToken
  } while (next !== undefined)
  return accounts
}
