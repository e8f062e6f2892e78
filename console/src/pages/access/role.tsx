import Container from '@cloudscape-design/components/container'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Spinner from '@cloudscape-design/components/spinner'
import { getRouteApi } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { callIam } from '../../api/iam.ts'
import { trustPolicy } from '../../api/policy-targets.ts'
import { CopyText } from '../../shared/copy-text.tsx'
import { Failure } from '../../shared/failure.tsx'
import { showTime } from '../../shared/form.ts'
import { PlainText } from '../../shared/plain-text.tsx'
import { ShowCli } from '../../shared/show-cli.tsx'
import { ACCESS_TEXTS as texts } from '../../texts/en/access.ts'
import { TEXTS } from '../../texts/en.ts'
import { OwnerPolicies } from './owner-policies.tsx'
import { PageOf } from './page-of.tsx'
import { PolicyPanel } from './policy-panel.tsx'
import { useAccess } from './use-access.ts'

const { common } = TEXTS
const route = getRouteApi('/access/roles/$name')

/** The page of a role. */
export function Role(): ReactNode {
  const { name: RoleName } = route.useParams()
  const { data, error } = useAccess(
    ['role', RoleName],
    async () => (await callIam('GetRole', { RoleName })).Role ?? {},
  )
  if (data === undefined) return error === null ? <Spinner /> : <Failure error={error} />
  const { Arn = '', RoleLastUsed, PermissionsBoundary, MaxSessionDuration } = data
  const used = RoleLastUsed?.LastUsedDate
  return (
    <PageOf
      tab="roles"
      name={RoleName}
      deletion={{
        permit: { action: 'iam:DeleteRole', resource: Arn },
        run: () => callIam('DeleteRole', { RoleName }),
        call: { name: 'DeleteRole', input: { RoleName } },
      }}
    >
      <SpaceBetween size="l">
        <Container footer={<ShowCli name="GetRole" input={{ RoleName }} />}>
          <KeyValuePairs
            columns={3}
            items={[
              { label: texts.arn, value: <CopyText text={Arn} /> },
              { label: texts.description, value: <PlainText text={data.Description ?? common.none} /> },
              { label: texts.created, value: showTime(data.CreateDate) },
              { label: texts.lastUsed, value: used === undefined ? texts.never : showTime(used) },
              { label: texts.maxSession, value: MaxSessionDuration },
              {
                label: texts.boundary,
                value: PermissionsBoundary?.PermissionsBoundaryArn ?? common.none,
              },
            ]}
          />
        </Container>
        <PolicyPanel
          target={trustPolicy(RoleName)}
          title={texts.trust}
          permit={{ action: 'iam:UpdateAssumeRolePolicy', resource: Arn }}
        />
        <OwnerPolicies owner={{ type: 'Role', name: RoleName }} arn={Arn} />
      </SpaceBetween>
    </PageOf>
  )
}
