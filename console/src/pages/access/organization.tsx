import Box from '@cloudscape-design/components/box'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { type ReactNode, useState } from 'react'
import { call } from '../../api/client.ts'
import { type OrganizationNode, pathOf, readOrganization } from '../../api/organization.ts'
import { DataTable } from '../../shared/data-table.tsx'
import { Failure } from '../../shared/failure.tsx'
import { PermitButton } from '../../shared/may.tsx'
import { ShowCli, ShowCommands } from '../../shared/show-cli.tsx'
import { ORGANIZATION_TEXTS as texts } from '../../texts/en/organization.ts'
import { fill } from '../../texts/en.ts'
import { DeleteModal, NameModal } from './name-modal.tsx'
import { useAccess, useAccessChange } from './use-access.ts'

type Action = { readonly kind: 'create' | 'rename' | 'delete'; readonly node: OrganizationNode }

/** The root and the units of the organization. */
export function Organization(): ReactNode {
  const { data, error } = useAccess(['organization'], readOrganization)
  const [action, setAction] = useState<Action>()
  if (data !== undefined && data.id === undefined) return <NoOrganization />
  const nodes = data?.nodes
  return (
    <SpaceBetween size="m">
      <DataTable
        title={texts.title}
        {...(data?.id !== undefined && {
          description: fill(texts.about, { id: data.id, management: data.management ?? '' }),
        })}
        name="organization"
        items={nodes}
        error={error}
        empty={texts.member}
        trackBy={({ Id = '' }) => Id}
        columns={[
          { id: 'path', header: texts.path, value: (node) => pathOf(node, nodes ?? []) },
          { id: 'id', header: texts.id, value: ({ Id }) => Id },
          {
            id: 'scps',
            header: texts.scps,
            value: ({ ServiceControlPolicies = [] }) => ServiceControlPolicies.join(', '),
          },
          {
            id: 'rcps',
            header: texts.rcps,
            value: ({ ResourceControlPolicies = [] }) => ResourceControlPolicies.join(', '),
          },
        ]}
        more={[
          {
            id: 'actions',
            header: texts.actions,
            cell: (node) => <Actions node={node} onChoose={(kind) => setAction({ kind, node })} />,
          },
        ]}
      />
      <ShowCli name="DescribeOrganization" input={{}} />
      {action !== undefined && <UnitModal {...action} onClose={() => setAction(undefined)} />}
    </SpaceBetween>
  )
}

function NoOrganization(): ReactNode {
  const create = useAccessChange(() => call('CreateOrganization', {}))
  return (
    <Container header={<Header variant="h2">{texts.none}</Header>}>
      <SpaceBetween size="m">
        <Box>{texts.noneMore}</Box>
        <PermitButton
          permit={{ action: 'holdfast:CreateOrganization', resource: 'arn:aws:holdfast:::organization' }}
          loading={create.isPending}
          onClick={() => create.mutate()}
        >
          {texts.create}
        </PermitButton>
        <Failure error={create.error} />
        <ShowCommands calls={[{ name: 'CreateOrganization', input: {} }]} />
      </SpaceBetween>
    </Container>
  )
}

type ActionsProps = { readonly node: OrganizationNode; readonly onChoose: (kind: Action['kind']) => void }

function Actions({ node, onChoose }: ActionsProps): ReactNode {
  const { Id = '', ParentId, Name = texts.root } = node
  const kinds = ParentId === undefined ? (['create'] as const) : (['create', 'rename', 'delete'] as const)
  return (
    <SpaceBetween direction="horizontal" size="s">
      {kinds.map((kind) => (
        <PermitButton
          key={kind}
          variant="inline-link"
          ariaLabel={fill(texts.ofNode[kind], { name: Name })}
          permit={{ action: `holdfast:${OPERATIONS[kind]}`, resource: `arn:aws:holdfast:::unit/${Id}` }}
          onClick={() => onChoose(kind)}
        >
          {texts.kinds[kind]}
        </PermitButton>
      ))}
    </SpaceBetween>
  )
}

const OPERATIONS = {
  create: 'CreateOrganizationalUnit',
  rename: 'UpdateOrganizationalUnit',
  delete: 'DeleteOrganizationalUnit',
} as const

function UnitModal({ kind, node, onClose }: Action & { readonly onClose: () => void }): ReactNode {
  const { Id = '', Name = texts.root } = node
  const title = fill(texts.ofNode[kind], { name: Name })
  if (kind === 'delete') {
    const input = { OrganizationalUnitId: Id }
    return (
      <DeleteModal
        name={Name}
        about={texts.deleteAbout}
        run={() => call('DeleteOrganizationalUnit', input)}
        call={{ name: 'DeleteOrganizationalUnit', input }}
        onClose={onClose}
        onDeleted={onClose}
      />
    )
  }
  if (kind === 'create') {
    return (
      <NameModal
        title={title}
        label={texts.unitName}
        about={texts.unitAbout}
        run={(name) => call('CreateOrganizationalUnit', { Name: name, ParentId: Id })}
        callOf={(name) => ({ name: 'CreateOrganizationalUnit', input: { Name: name, ParentId: Id } })}
        onClose={onClose}
      />
    )
  }
  return (
    <NameModal
      title={title}
      label={texts.unitName}
      about={texts.unitAbout}
      button={texts.kinds.rename}
      run={(name) => call('UpdateOrganizationalUnit', { OrganizationalUnitId: Id, Name: name })}
      callOf={(name) => ({
        name: 'UpdateOrganizationalUnit',
        input: { OrganizationalUnitId: Id, Name: name },
      })}
      onClose={onClose}
    />
  )
}
