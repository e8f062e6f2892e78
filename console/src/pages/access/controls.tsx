import Alert from '@cloudscape-design/components/alert'
import Button from '@cloudscape-design/components/button'
import SegmentedControl from '@cloudscape-design/components/segmented-control'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { type ReactNode, useState } from 'react'
import { ApiError, call } from '../../api/client.ts'
import { type ControlPolicyType, controlPolicy } from '../../api/policy-targets.ts'
import { DataTable } from '../../shared/data-table.tsx'
import { ShowCli } from '../../shared/show-cli.tsx'
import { ACCESS_TEXTS as texts } from '../../texts/en/access.ts'
import { NameModal } from './name-modal.tsx'
import { PolicyPanel } from './policy-panel.tsx'
import { useAccess, useAccessChange } from './use-access.ts'

const TYPES = [
  { id: 'SERVICE_CONTROL_POLICY', text: texts.scps },
  { id: 'RESOURCE_CONTROL_POLICY', text: texts.rcps },
] as const

/** The control policies of the organization. */
export function Controls(): ReactNode {
  const [type, setType] = useState<ControlPolicyType>('SERVICE_CONTROL_POLICY')
  return (
    <SpaceBetween size="m">
      <SegmentedControl
        label={texts.policyType}
        options={TYPES}
        selectedId={type}
        onChange={({ detail }) => setType(TYPES.find(({ id }) => id === detail.selectedId)?.id ?? type)}
      />
      <ControlList key={type} type={type} />
      <ShowCli name="ListControlPolicies" input={{ PolicyType: type }} />
    </SpaceBetween>
  )
}

function ControlList({ type }: { readonly type: ControlPolicyType }): ReactNode {
  const { data, error } = useAccess(['controls', type], async () => {
    const { Policies = [] } = await call('ListControlPolicies', { PolicyType: type })
    return Policies.map(({ Name = '', TargetIds = [] }) => ({ Name, TargetIds }))
  })
  const [isCreating, setCreating] = useState(false)
  const [attaching, setAttaching] = useState<string>()
  const [shown, setShown] = useState<string>()
  const remove = useAccessChange((Name: string) => call('DeleteControlPolicy', { PolicyType: type, Name }))
  if (error instanceof ApiError && error.code === 'AccessDeniedException') {
    return <Alert type="info">{texts.notManagement}</Alert>
  }
  return (
    <SpaceBetween size="m">
      <DataTable
        title={type === 'SERVICE_CONTROL_POLICY' ? texts.scps : texts.rcps}
        name="control-policies"
        items={data}
        error={error ?? remove.error}
        empty={texts.noControls}
        trackBy={({ Name }) => Name}
        actions={[
          <Button key="create" variant="primary" onClick={() => setCreating(true)}>
            {texts.createControl}
          </Button>,
        ]}
        columns={[
          { id: 'name', header: texts.name, value: ({ Name }) => Name },
          { id: 'targets', header: texts.targets, value: ({ TargetIds }) => TargetIds.join(', ') },
        ]}
        more={[
          {
            id: 'actions',
            header: texts.actions,
            cell: ({ Name, TargetIds }) => (
              <SpaceBetween direction="horizontal" size="xs">
                <Button
                  variant="inline-link"
                  ariaLabel={`${texts.edit} ${Name}`}
                  onClick={() => setShown(Name)}
                >
                  {texts.edit}
                </Button>
                <Button
                  variant="inline-link"
                  ariaLabel={`${texts.attachTo} ${Name}`}
                  onClick={() => setAttaching(Name)}
                >
                  {texts.attachTo}
                </Button>
                <Button
                  variant="inline-link"
                  ariaLabel={`${texts.delete} ${Name}`}
                  disabled={TargetIds.length > 0}
                  onClick={() => remove.mutate(Name)}
                >
                  {texts.delete}
                </Button>
              </SpaceBetween>
            ),
          },
        ]}
      />
      {shown !== undefined && <PolicyPanel target={controlPolicy(type, shown)} />}
      {isCreating && (
        <NameModal
          title={texts.createControl}
          label={texts.policyName}
          run={async (name) => setShown(name)}
          onClose={() => setCreating(false)}
        />
      )}
      {attaching !== undefined && (
        <NameModal
          title={`${texts.attachTo}: ${attaching}`}
          label={texts.attachTo}
          about={texts.attachToAbout}
          button={texts.attach}
          run={(TargetId) => call('AttachControlPolicy', { PolicyType: type, Name: attaching, TargetId })}
          callOf={(TargetId) => ({
            name: 'AttachControlPolicy',
            input: { PolicyType: type, Name: attaching, TargetId },
          })}
          onClose={() => setAttaching(undefined)}
        />
      )}
    </SpaceBetween>
  )
}
