import Link from '@cloudscape-design/components/link'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { type ReactNode, useState } from 'react'
import { callIam, listAll } from '../../api/iam.ts'
import { DataTable } from '../../shared/data-table.tsx'
import { PLACES, useFollow } from '../../shared/follow.ts'
import { showTime } from '../../shared/form.ts'
import { PermitButton } from '../../shared/may.tsx'
import { visibleText } from '../../shared/plain-text.tsx'
import { ShowCli } from '../../shared/show-cli.tsx'
import { ACCESS_TEXTS as texts } from '../../texts/en/access.ts'
import { CreatePolicy } from './create-policy.tsx'
import { CreateRole } from './create-role.tsx'
import { NameModal } from './name-modal.tsx'
import { useAccess } from './use-access.ts'

type NamedLinkProps = { readonly href: string; readonly name: string }

/** A name that leads to its page. */
function NamedLink({ href, name }: NamedLinkProps): ReactNode {
  const follow = useFollow()
  return (
    <Link href={href} onFollow={follow}>
      {visibleText(name)}
    </Link>
  )
}

type CreateProps = {
  readonly action: string
  readonly label: string
  readonly children: (close: () => void) => ReactNode
}

function Create({ action, label, children }: CreateProps): ReactNode {
  const [isOpen, setOpen] = useState(false)
  return (
    <div>
      <PermitButton variant="primary" permit={{ action }} onClick={() => setOpen(true)}>
        {label}
      </PermitButton>
      {isOpen && children(() => setOpen(false))}
    </div>
  )
}

/** The users of the account. */
export function Users(): ReactNode {
  const { data, error } = useAccess(['users'], () => listAll('ListUsers', {}, ({ Users: users }) => users))
  return (
    <SpaceBetween size="m">
      <DataTable
        title={texts.tabs.users}
        name="users"
        items={data}
        error={error}
        empty={texts.noUsers}
        trackBy={({ Arn = '' }) => Arn}
        actions={[
          <Create key="create" action="iam:CreateUser" label={texts.createUser}>
            {(close) => (
              <NameModal
                title={texts.createUser}
                label={texts.userName}
                run={(UserName) => callIam('CreateUser', { UserName })}
                callOf={(UserName) => ({ name: 'CreateUser', input: { UserName } })}
                onClose={close}
              />
            )}
          </Create>,
        ]}
        columns={[
          {
            id: 'name',
            header: texts.name,
            value: ({ UserName }) => UserName,
            cell: ({ UserName = '' }) => <NamedLink href={PLACES.user(UserName)} name={UserName} />,
          },
          { id: 'path', header: texts.path, value: ({ Path }) => Path },
          { id: 'created', header: texts.created, value: ({ CreateDate }) => showTime(CreateDate) },
          {
            id: 'used',
            header: texts.passwordUsed,
            value: ({ PasswordLastUsed: at }) => (at === undefined ? texts.never : showTime(at)),
          },
          { id: 'arn', header: texts.arn, value: ({ Arn }) => Arn },
        ]}
      />
      <ShowCli name="ListUsers" input={{}} />
    </SpaceBetween>
  )
}

/** The groups of the account. */
export function Groups(): ReactNode {
  const { data, error } = useAccess(['groups'], () => listAll('ListGroups', {}, (output) => output.Groups))
  return (
    <SpaceBetween size="m">
      <DataTable
        title={texts.tabs.groups}
        name="groups"
        items={data}
        error={error}
        empty={texts.noGroups}
        trackBy={({ Arn = '' }) => Arn}
        actions={[
          <Create key="create" action="iam:CreateGroup" label={texts.createGroup}>
            {(close) => (
              <NameModal
                title={texts.createGroup}
                label={texts.groupName}
                run={(GroupName) => callIam('CreateGroup', { GroupName })}
                callOf={(GroupName) => ({ name: 'CreateGroup', input: { GroupName } })}
                onClose={close}
              />
            )}
          </Create>,
        ]}
        columns={[
          {
            id: 'name',
            header: texts.name,
            value: ({ GroupName }) => GroupName,
            cell: ({ GroupName = '' }) => <NamedLink href={PLACES.group(GroupName)} name={GroupName} />,
          },
          { id: 'path', header: texts.path, value: ({ Path }) => Path },
          { id: 'created', header: texts.created, value: ({ CreateDate }) => showTime(CreateDate) },
          { id: 'arn', header: texts.arn, value: ({ Arn }) => Arn },
        ]}
      />
      <ShowCli name="ListGroups" input={{}} />
    </SpaceBetween>
  )
}

/** The roles of the account. */
export function Roles(): ReactNode {
  const { data, error } = useAccess(['roles'], () => listAll('ListRoles', {}, (output) => output.Roles))
  return (
    <SpaceBetween size="m">
      <DataTable
        title={texts.tabs.roles}
        name="roles"
        items={data}
        error={error}
        empty={texts.noRoles}
        trackBy={({ Arn = '' }) => Arn}
        actions={[
          <Create key="create" action="iam:CreateRole" label={texts.createRole}>
            {(close) => <CreateRole onClose={close} />}
          </Create>,
        ]}
        columns={[
          {
            id: 'name',
            header: texts.name,
            value: ({ RoleName }) => RoleName,
            cell: ({ RoleName = '' }) => <NamedLink href={PLACES.role(RoleName)} name={RoleName} />,
          },
          { id: 'description', header: texts.description, value: ({ Description }) => Description },
          { id: 'created', header: texts.created, value: ({ CreateDate }) => showTime(CreateDate) },
          { id: 'arn', header: texts.arn, value: ({ Arn }) => Arn },
        ]}
      />
      <ShowCli name="ListRoles" input={{}} />
    </SpaceBetween>
  )
}

/** The managed policies of the account. */
export function Policies(): ReactNode {
  const input = { Scope: 'Local' } as const
  const { data, error } = useAccess(['policies'], () =>
    listAll('ListPolicies', input, (output) => output.Policies),
  )
  return (
    <SpaceBetween size="m">
      <DataTable
        title={texts.tabs.policies}
        name="policies"
        items={data}
        error={error}
        empty={texts.noPolicies}
        trackBy={({ Arn = '' }) => Arn}
        actions={[
          <Create key="create" action="iam:CreatePolicy" label={texts.createPolicy}>
            {(close) => <CreatePolicy onClose={close} />}
          </Create>,
        ]}
        columns={[
          {
            id: 'name',
            header: texts.name,
            value: ({ PolicyName }) => PolicyName,
            cell: ({ PolicyName = '', Arn = '' }) => (
              <NamedLink href={PLACES.policy(Arn)} name={PolicyName} />
            ),
          },
          { id: 'description', header: texts.description, value: ({ Description }) => Description },
          { id: 'used', header: texts.usedBy, value: ({ AttachmentCount }) => AttachmentCount },
          { id: 'version', header: texts.version, value: ({ DefaultVersionId }) => DefaultVersionId },
          { id: 'created', header: texts.created, value: ({ CreateDate }) => showTime(CreateDate) },
        ]}
      />
      <ShowCli name="ListPolicies" input={input} />
    </SpaceBetween>
  )
}

/** The OpenID Connect providers of the account. */
export function Providers(): ReactNode {
  const { data, error } = useAccess(['providers'], async () => {
    const { OpenIDConnectProviderList = [] } = await callIam('ListOpenIDConnectProviders', {})
    return Promise.all(
      OpenIDConnectProviderList.map(async ({ Arn = '' }) => ({
        Arn,
        ...(await callIam('GetOpenIDConnectProvider', { OpenIDConnectProviderArn: Arn })),
      })),
    )
  })
  return (
    <SpaceBetween size="m">
      <DataTable
        title={texts.tabs.providers}
        name="identity-providers"
        items={data}
        error={error}
        empty={texts.noProviders}
        trackBy={({ Arn }) => Arn}
        columns={[
          { id: 'url', header: texts.url, value: ({ Url }) => Url },
          { id: 'clients', header: texts.clients, value: ({ ClientIDList = [] }) => ClientIDList.join(', ') },
          { id: 'created', header: texts.created, value: ({ CreateDate }) => showTime(CreateDate) },
          { id: 'arn', header: texts.arn, value: ({ Arn }) => Arn },
        ]}
      />
      <ShowCli name="ListOpenIDConnectProviders" input={{}} />
    </SpaceBetween>
  )
}
