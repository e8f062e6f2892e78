import SpaceBetween from '@cloudscape-design/components/space-between'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { call, type OutputOf } from '../../api/client.ts'
import { DataTable } from '../../shared/data-table.tsx'
import { showTime } from '../../shared/form.ts'
import { PermitButton } from '../../shared/may.tsx'
import { PlainText } from '../../shared/plain-text.tsx'
import { RowAction } from '../../shared/row-action.tsx'
import { ShowCli } from '../../shared/show-cli.tsx'
import { GRANT_TEXTS as texts } from '../../texts/en/key.ts'
import { CreateGrant } from './create-grant.tsx'
import type { KeyProps } from './key.tsx'

type Grant = NonNullable<OutputOf<'ListGrants'>['Grants']>[number]

/** Source: AWS KMS API Reference, "ListGrants", `Limit`. */
const PAGE_MAX = 100
/** Grants that the page reads at most. */
const PAGES_MAX = 50

/** The grants of a key. */
export function GrantsTab({ facts }: KeyProps): ReactNode {
  const { KeyId, Arn, region } = facts
  const [isCreating, setCreating] = useState(false)
  const { data, error } = useQuery({
    queryKey: ['key', region, KeyId, 'grants'],
    queryFn: () => listGrants(KeyId),
  })
  const changes = ['key', region, KeyId]
  return (
    <SpaceBetween size="m">
      <DataTable
        title={texts.title}
        description={texts.about}
        name={`grants-${KeyId}`}
        items={data}
        error={error}
        trackBy={({ GrantId = '' }) => GrantId}
        empty={texts.empty}
        actions={[
          <PermitButton
            key="create"
            permit={{ action: 'kms:CreateGrant', resource: Arn }}
            onClick={() => setCreating(true)}
          >
            {texts.create}
          </PermitButton>,
        ]}
        columns={[
          {
            id: 'grantee',
            header: texts.grantee,
            value: granteeOf,
            cell: (grant) => <PlainText text={granteeOf(grant)} />,
          },
          {
            id: 'name',
            header: texts.name,
            value: ({ Name }) => Name,
            cell: ({ Name = '' }) => <PlainText text={Name} />,
          },
          {
            id: 'operations',
            header: texts.operations,
            value: ({ Operations = [] }) => Operations.join(', '),
          },
          {
            id: 'constraints',
            header: texts.constraints,
            value: constraintsOf,
            cell: (grant) => <PlainText text={constraintsOf(grant)} />,
          },
          { id: 'retiring', header: texts.retiring, value: retiringOf },
          {
            id: 'created',
            header: texts.created,
            value: ({ CreationDate }) => CreationDate,
            cell: ({ CreationDate }) => showTime(CreationDate),
          },
          { id: 'id', header: texts.id, value: ({ GrantId }) => GrantId },
        ]}
        more={[
          {
            id: 'actions',
            header: texts.revoke,
            cell: ({ GrantId = '' }) => (
              <SpaceBetween direction="horizontal" size="xs">
                <RowAction
                  label={texts.revoke}
                  of={GrantId}
                  permit={{ action: 'kms:RevokeGrant', resource: Arn }}
                  calls={[{ name: 'RevokeGrant', input: { KeyId, GrantId } }]}
                  done={texts.revoked}
                  changes={changes}
                />
                <RowAction
                  label={texts.retire}
                  of={GrantId}
                  permit={{ action: 'kms:RetireGrant', resource: Arn }}
                  calls={[{ name: 'RetireGrant', input: { KeyId: Arn, GrantId } }]}
                  done={texts.retired}
                  changes={changes}
                />
              </SpaceBetween>
            ),
          },
        ]}
      />
      <ShowCli name="ListGrants" input={{ KeyId }} />
      {isCreating && <CreateGrant facts={facts} onClose={() => setCreating(false)} />}
    </SpaceBetween>
  )
}

async function listGrants(KeyId: string): Promise<readonly Grant[]> {
  const grants: Grant[] = []
  let Marker: string | undefined
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const { Grants = [], NextMarker } = await call('ListGrants', {
      KeyId,
      Limit: PAGE_MAX,
      ...(Marker && { Marker }),
    })
    grants.push(...Grants)
    Marker = NextMarker
    if (Marker === undefined) break
  }
  return grants
}

function granteeOf({ GranteePrincipal, GranteeServicePrincipal }: Grant): string {
  return GranteePrincipal ?? GranteeServicePrincipal ?? ''
}

function retiringOf({ RetiringPrincipal, RetiringServicePrincipal }: Grant): string | undefined {
  return RetiringPrincipal ?? RetiringServicePrincipal
}

function constraintsOf({ Constraints }: Grant): string {
  return Constraints === undefined ? '' : JSON.stringify(Constraints)
}
