import Container from '@cloudscape-design/components/container'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Spinner from '@cloudscape-design/components/spinner'
import { getRouteApi } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { IamCall } from '../../api/cli.ts'
import { callIam, listAll } from '../../api/iam.ts'
import { runCall } from '../../api/run-call.ts'
import { CopyText } from '../../shared/copy-text.tsx'
import { DataTable } from '../../shared/data-table.tsx'
import { Failure } from '../../shared/failure.tsx'
import { showTime } from '../../shared/form.ts'
import { RowAction } from '../../shared/row-action.tsx'
import { ShowCli } from '../../shared/show-cli.tsx'
import { ACCESS_TEXTS as texts } from '../../texts/en/access.ts'
import { TEXTS } from '../../texts/en.ts'
import { AccessKeys } from './access-keys.tsx'
import { AddFrom } from './add-from.tsx'
import { MfaDevices } from './mfa-devices.tsx'
import { OwnerPolicies } from './owner-policies.tsx'
import { PageOf } from './page-of.tsx'
import { CHANGES, useAccess, useAccessChange } from './use-access.ts'

const { common } = TEXTS
const route = getRouteApi('/access/users/$name')

/** The page of a user. */
export function User(): ReactNode {
  const { name: UserName } = route.useParams()
  const { data, error } = useAccess(
    ['user', UserName],
    async () => (await callIam('GetUser', { UserName })).User ?? {},
  )
  if (data === undefined) return error === null ? <Spinner /> : <Failure error={error} />
  const { Arn = '', PasswordLastUsed, PermissionsBoundary } = data
  return (
    <PageOf
      tab="users"
      name={UserName}
      deletion={{
        permit: { action: 'iam:DeleteUser', resource: Arn },
        run: () => callIam('DeleteUser', { UserName }),
        call: { name: 'DeleteUser', input: { UserName } },
      }}
    >
      <SpaceBetween size="l">
        <Container footer={<ShowCli name="GetUser" input={{ UserName }} />}>
          <KeyValuePairs
            columns={3}
            items={[
              { label: texts.arn, value: <CopyText text={Arn} /> },
              { label: texts.created, value: showTime(data.CreateDate) },
              {
                label: texts.passwordUsed,
                value: PasswordLastUsed === undefined ? texts.never : showTime(PasswordLastUsed),
              },
              {
                label: texts.boundary,
                value: PermissionsBoundary?.PermissionsBoundaryArn ?? common.none,
              },
            ]}
          />
        </Container>
        <OwnerPolicies owner={{ type: 'User', name: UserName }} arn={Arn} />
        <Memberships userName={UserName} />
        <AccessKeys userName={UserName} arn={Arn} />
        <MfaDevices userName={UserName} />
      </SpaceBetween>
    </PageOf>
  )
}

function Memberships({ userName: UserName }: { readonly userName: string }): ReactNode {
  const { data, error } = useAccess(['memberships', UserName], () =>
    listAll('ListGroupsForUser', { UserName }, ({ Groups }) => Groups),
  )
  const all = useAccess(['groups'], () => listAll('ListGroups', {}, ({ Groups }) => Groups))
  const addCall = (GroupName: string): IamCall => ({ name: 'AddUserToGroup', input: { UserName, GroupName } })
  const add = useAccessChange((GroupName: string) => runCall(addCall(GroupName)))
  const present = new Set(data?.map(({ GroupName }) => GroupName))
  const others = (all.data ?? []).filter(({ GroupName }) => !present.has(GroupName))
  return (
    <DataTable
      title={texts.groups}
      name={`${UserName}-groups`}
      items={data}
      error={error ?? add.error}
      empty={texts.noMemberships}
      trackBy={({ GroupName = '' }) => GroupName}
      actions={[
        <AddFrom
          key="add"
          label={texts.addToGroup}
          placeholder={texts.chooseGroup}
          permit={{ action: 'iam:AddUserToGroup' }}
          options={others.map(({ GroupName = '' }) => ({ value: GroupName }))}
          isBusy={add.isPending}
          onAdd={(group) => add.mutate(group)}
          callOf={addCall}
        />,
      ]}
      columns={[
        { id: 'name', header: texts.name, value: ({ GroupName }) => GroupName },
        { id: 'arn', header: texts.arn, value: ({ Arn }) => Arn },
      ]}
      more={[
        {
          id: 'remove',
          header: common.remove,
          cell: ({ GroupName = '', Arn }) => (
            <RowAction
              label={common.remove}
              of={GroupName}
              permit={{ action: 'iam:RemoveUserFromGroup', resource: Arn }}
              calls={[{ name: 'RemoveUserFromGroup', input: { UserName, GroupName } }]}
              done={texts.done}
              changes={CHANGES}
            />
          ),
        },
      ]}
    />
  )
}
