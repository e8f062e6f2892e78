import SpaceBetween from '@cloudscape-design/components/space-between'
import Spinner from '@cloudscape-design/components/spinner'
import { getRouteApi } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { IamCall } from '../../api/cli.ts'
import { callIam, listAll } from '../../api/iam.ts'
import { runCall } from '../../api/run-call.ts'
import { DataTable } from '../../shared/data-table.tsx'
import { Failure } from '../../shared/failure.tsx'
import { RowAction } from '../../shared/row-action.tsx'
import { ACCESS_TEXTS as texts } from '../../texts/en/access.ts'
import { TEXTS } from '../../texts/en.ts'
import { AddFrom } from './add-from.tsx'
import { OwnerPolicies } from './owner-policies.tsx'
import { PageOf } from './page-of.tsx'
import { CHANGES, useAccess, useAccessChange } from './use-access.ts'

const { common } = TEXTS
const route = getRouteApi('/access/groups/$name')

/** The page of a group. */
export function Group(): ReactNode {
  const { name: GroupName } = route.useParams()
  const { data, error } = useAccess(
    ['group', GroupName],
    async () => (await callIam('GetGroup', { GroupName, MaxItems: 1 })).Group ?? {},
  )
  if (data === undefined) return error === null ? <Spinner /> : <Failure error={error} />
  const { Arn = '' } = data
  return (
    <PageOf
      tab="groups"
      name={GroupName}
      deletion={{
        permit: { action: 'iam:DeleteGroup', resource: Arn },
        run: () => callIam('DeleteGroup', { GroupName }),
        call: { name: 'DeleteGroup', input: { GroupName } },
      }}
    >
      <SpaceBetween size="l">
        <Members groupName={GroupName} arn={Arn} />
        <OwnerPolicies owner={{ type: 'Group', name: GroupName }} arn={Arn} />
      </SpaceBetween>
    </PageOf>
  )
}

type MembersProps = { readonly groupName: string; readonly arn: string }

function Members({ groupName: GroupName, arn }: MembersProps): ReactNode {
  const { data, error } = useAccess(['members', GroupName], () =>
    listAll('GetGroup', { GroupName }, ({ Users }) => Users),
  )
  const all = useAccess(['users'], () => listAll('ListUsers', {}, ({ Users }) => Users))
  const addCall = (UserName: string): IamCall => ({ name: 'AddUserToGroup', input: { UserName, GroupName } })
  const add = useAccessChange((UserName: string) => runCall(addCall(UserName)))
  const present = new Set(data?.map(({ UserName }) => UserName))
  const others = (all.data ?? []).filter(({ UserName }) => !present.has(UserName))
  return (
    <DataTable
      title={texts.members}
      name={`${GroupName}-members`}
      items={data}
      error={error ?? add.error}
      empty={texts.noMembers}
      trackBy={({ UserName = '' }) => UserName}
      actions={[
        <AddFrom
          key="add"
          label={texts.addMember}
          placeholder={texts.chooseUser}
          permit={{ action: 'iam:AddUserToGroup', resource: arn }}
          options={others.map(({ UserName = '' }) => ({ value: UserName }))}
          isBusy={add.isPending}
          onAdd={(user) => add.mutate(user)}
          callOf={addCall}
        />,
      ]}
      columns={[
        { id: 'name', header: texts.name, value: ({ UserName }) => UserName },
        { id: 'arn', header: texts.arn, value: ({ Arn }) => Arn },
      ]}
      more={[
        {
          id: 'remove',
          header: common.remove,
          cell: ({ UserName = '' }) => (
            <RowAction
              label={common.remove}
              of={UserName}
              permit={{ action: 'iam:RemoveUserFromGroup', resource: arn }}
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
