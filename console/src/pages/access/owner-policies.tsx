import Button from '@cloudscape-design/components/button'
import Link from '@cloudscape-design/components/link'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { type ReactNode, useState } from 'react'
import { listAll } from '../../api/iam.ts'
import { inlineNames, inlinePolicy, type PolicyOwner } from '../../api/policy-targets.ts'
import { runCall } from '../../api/run-call.ts'
import { DataTable } from '../../shared/data-table.tsx'
import { PLACES, useFollow } from '../../shared/follow.ts'
import { PermitButton } from '../../shared/may.tsx'
import { visibleText } from '../../shared/plain-text.tsx'
import { RowAction } from '../../shared/row-action.tsx'
import { ACCESS_TEXTS as texts } from '../../texts/en/access.ts'
import { AddFrom } from './add-from.tsx'
import { NameModal } from './name-modal.tsx'
import { ownerCalls } from './owner-calls.ts'
import { PolicyPanel } from './policy-panel.tsx'
import { CHANGES, useAccess, useAccessChange } from './use-access.ts'

type Props = { readonly owner: PolicyOwner; readonly arn: string }

/** The policies of a user, group or role. */
export function OwnerPolicies({ owner, arn }: Props): ReactNode {
  return (
    <SpaceBetween size="l">
      <AttachedPolicies owner={owner} arn={arn} />
      <InlinePolicies owner={owner} arn={arn} />
    </SpaceBetween>
  )
}

function AttachedPolicies({ owner, arn }: Props): ReactNode {
  const { type, name } = owner
  const calls = ownerCalls(owner)
  const { data, error } = useAccess(['attached', type, name], calls.listAttached)
  const all = useAccess(['policies', 'all'], () => listAll('ListPolicies', {}, ({ Policies }) => Policies))
  const attach = useAccessChange((PolicyArn: string) => runCall(calls.attach(PolicyArn)))
  const follow = useFollow()
  return (
    <DataTable
      title={texts.attached}
      name={`${name}-attached-policies`}
      items={data}
      error={error ?? attach.error}
      empty={texts.noAttached}
      trackBy={({ PolicyArn = '' }) => PolicyArn}
      actions={[
        <AddFrom
          key="attach"
          label={texts.attach}
          placeholder={texts.choosePolicy}
          permit={{ action: `iam:Attach${type}Policy`, resource: arn }}
          options={(all.data ?? []).map(({ Arn = '', PolicyName = '' }) => ({
            value: Arn,
            label: PolicyName,
          }))}
          isBusy={attach.isPending}
          onAdd={(PolicyArn) => attach.mutate(PolicyArn)}
          callOf={calls.attach}
        />,
      ]}
      columns={[
        {
          id: 'name',
          header: texts.name,
          value: ({ PolicyName }) => PolicyName,
          cell: ({ PolicyName = '', PolicyArn = '' }) => (
            <Link href={PLACES.policy(PolicyArn)} onFollow={follow}>
              {visibleText(PolicyName)}
            </Link>
          ),
        },
        { id: 'arn', header: texts.arn, value: ({ PolicyArn }) => PolicyArn },
      ]}
      more={[
        {
          id: 'detach',
          header: texts.detach,
          cell: ({ PolicyArn = '', PolicyName = '' }) => (
            <RowAction
              label={texts.detach}
              of={PolicyName}
              permit={{ action: `iam:Detach${type}Policy`, resource: arn }}
              calls={[calls.detach(PolicyArn)]}
              done={texts.done}
              changes={CHANGES}
            />
          ),
        },
      ]}
    />
  )
}

function InlinePolicies({ owner, arn }: Props): ReactNode {
  const { type, name } = owner
  const { data, error } = useAccess(['inline', type, name], () => inlineNames(owner))
  const [shown, setShown] = useState<string>()
  const [isNaming, setNaming] = useState(false)
  const put = { action: `iam:Put${type}Policy`, resource: arn }
  return (
    <SpaceBetween size="m">
      <DataTable
        title={texts.inline}
        name={`${name}-inline-policies`}
        items={data}
        error={error}
        empty={texts.noInline}
        trackBy={(policy) => policy}
        actions={[
          <PermitButton key="new" permit={put} onClick={() => setNaming(true)}>
            {texts.newInline}
          </PermitButton>,
        ]}
        columns={[{ id: 'name', header: texts.name, value: (policy) => policy }]}
        more={[
          {
            id: 'actions',
            header: texts.actions,
            cell: (policy) => (
              <SpaceBetween direction="horizontal" size="xs">
                <Button
                  variant="inline-link"
                  ariaLabel={`${texts.edit} ${policy}`}
                  onClick={() => setShown(policy)}
                >
                  {texts.edit}
                </Button>
                <RowAction
                  label={texts.delete}
                  of={policy}
                  permit={{ action: `iam:Delete${type}Policy`, resource: arn }}
                  calls={[ownerCalls(owner).deleteInline(policy)]}
                  done={texts.done}
                  changes={CHANGES}
                  onDone={() => setShown(undefined)}
                />
              </SpaceBetween>
            ),
          },
        ]}
      />
      {shown !== undefined && <PolicyPanel target={inlinePolicy(owner, shown)} permit={put} />}
      {isNaming && (
        <NameModal
          title={texts.newInline}
          label={texts.policyName}
          run={async (policy) => setShown(policy)}
          onClose={() => setNaming(false)}
        />
      )}
    </SpaceBetween>
  )
}
