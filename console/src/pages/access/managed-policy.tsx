import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { getRouteApi } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { callIam, listAll } from '../../api/iam.ts'
import { managedPolicy } from '../../api/policy-targets.ts'
import { DataTable } from '../../shared/data-table.tsx'
import { showTime } from '../../shared/form.ts'
import { RowAction } from '../../shared/row-action.tsx'
import { ACCESS_TEXTS as texts } from '../../texts/en/access.ts'
import { TEXTS } from '../../texts/en.ts'
import { PageOf } from './page-of.tsx'
import { PolicyPanel } from './policy-panel.tsx'
import { parsePolicySearch } from './search.ts'
import { CHANGES, useAccess } from './use-access.ts'

const { common } = TEXTS
const route = getRouteApi('/access/policy')

/** The page of a managed policy. */
export function ManagedPolicy(): ReactNode {
  const { arn: PolicyArn } = parsePolicySearch(route.useSearch())
  return (
    <PageOf
      tab="policies"
      name={PolicyArn.replace(/^.*\//, '')}
      deletion={{
        permit: { action: 'iam:DeletePolicy', resource: PolicyArn },
        run: () => callIam('DeletePolicy', { PolicyArn }),
        call: { name: 'DeletePolicy', input: { PolicyArn } },
      }}
    >
      <SpaceBetween size="l">
        <PolicyPanel
          target={managedPolicy(PolicyArn)}
          title={texts.document}
          permit={{ action: 'iam:CreatePolicyVersion', resource: PolicyArn }}
        />
        <Versions arn={PolicyArn} />
        <Entities arn={PolicyArn} />
      </SpaceBetween>
    </PageOf>
  )
}

function Versions({ arn: PolicyArn }: { readonly arn: string }): ReactNode {
  const { data, error } = useAccess(['versions', PolicyArn], () =>
    listAll('ListPolicyVersions', { PolicyArn }, (output) => output.Versions),
  )
  return (
    <DataTable
      title={texts.versions}
      name="policy-versions"
      items={data}
      error={error}
      empty={common.none}
      trackBy={({ VersionId = '' }) => VersionId}
      columns={[
        { id: 'version', header: texts.version, value: ({ VersionId }) => VersionId },
        { id: 'created', header: texts.created, value: ({ CreateDate }) => showTime(CreateDate) },
        {
          id: 'default',
          header: texts.isDefault,
          value: ({ IsDefaultVersion }) => IsDefaultVersion,
          cell: ({ IsDefaultVersion }) =>
            IsDefaultVersion === true ? <StatusIndicator>{texts.isDefault}</StatusIndicator> : common.none,
        },
      ]}
      more={[
        {
          id: 'actions',
          header: texts.actions,
          cell: ({ VersionId = '', IsDefaultVersion: isDefault = false }) => (
            <SpaceBetween direction="horizontal" size="xs">
              <RowAction
                isDisabled={isDefault}
                label={texts.makeDefault}
                of={VersionId}
                permit={{ action: 'iam:SetDefaultPolicyVersion', resource: PolicyArn }}
                calls={[{ name: 'SetDefaultPolicyVersion', input: { PolicyArn, VersionId } }]}
                done={texts.done}
                changes={CHANGES}
              />
              <RowAction
                isDisabled={isDefault}
                label={texts.delete}
                of={VersionId}
                permit={{ action: 'iam:DeletePolicyVersion', resource: PolicyArn }}
                calls={[{ name: 'DeletePolicyVersion', input: { PolicyArn, VersionId } }]}
                done={texts.done}
                changes={CHANGES}
              />
            </SpaceBetween>
          ),
        },
      ]}
    />
  )
}

function Entities({ arn: PolicyArn }: { readonly arn: string }): ReactNode {
  const { data, error } = useAccess(['entities', PolicyArn], () =>
    listAll('ListEntitiesForPolicy', { PolicyArn }, ({ PolicyUsers, PolicyGroups, PolicyRoles }) => [
      ...(PolicyUsers ?? []).map(({ UserName: name = '' }) => ({ kind: texts.user, name })),
      ...(PolicyGroups ?? []).map(({ GroupName: name = '' }) => ({ kind: texts.group, name })),
      ...(PolicyRoles ?? []).map(({ RoleName: name = '' }) => ({ kind: texts.role, name })),
    ]),
  )
  return (
    <DataTable
      title={texts.usedBy}
      name="policy-entities"
      items={data}
      error={error}
      empty={texts.notUsed}
      trackBy={({ kind, name }) => `${kind} ${name}`}
      columns={[
        { id: 'name', header: texts.name, value: ({ name }) => name },
        { id: 'kind', header: texts.kind, value: ({ kind }) => kind },
      ]}
    />
  )
}
