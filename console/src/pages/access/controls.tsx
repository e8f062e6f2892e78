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
import { ORGANIZATION_TEXTS } from '../../texts/en/organization.ts'
import { fill } from '../../texts/en.ts'
import { DeleteModal, NameModal } from './name-modal.tsx'
import { PolicyPanel } from './policy-panel.tsx'
import { useAccess } from './use-access.ts'

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
  const [detaching, setDetaching] = useState<string>()
  const [removed, setRemoved] = useState<string>()
  if (error instanceof ApiError && error.code === 'AccessDeniedException') {
    return <Alert type="info">{texts.notManagement}</Alert>
  }
  return (
    <SpaceBetween size="m">
      <DataTable
        title={type === 'SERVICE_CONTROL_POLICY' ? texts.scps : texts.rcps}
        name="control-policies"
        items={data}
        error={error}
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
                  ariaLabel={`${ORGANIZATION_TEXTS.detach} ${Name}`}
                  disabled={TargetIds.length === 0}
                  onClick={() => setDetaching(Name)}
                >
                  {ORGANIZATION_TEXTS.detach}
                </Button>
                <Button
                  variant="inline-link"
                  ariaLabel={`${texts.delete} ${Name}`}
                  disabled={TargetIds.length > 0}
                  onClick={() => setRemoved(Name)}
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
        <Attachment type={type} name={attaching} isAttach onClose={() => setAttaching(undefined)} />
      )}
      {detaching !== undefined && (
        <Attachment type={type} name={detaching} isAttach={false} onClose={() => setDetaching(undefined)} />
      )}
      {removed !== undefined && (
        <DeleteModal
          name={removed}
          about=""
          run={() => call('DeleteControlPolicy', { PolicyType: type, Name: removed })}
          call={{ name: 'DeleteControlPolicy', input: { PolicyType: type, Name: removed } }}
          onClose={() => setRemoved(undefined)}
          onDeleted={() => setRemoved(undefined)}
        />
      )}
    </SpaceBetween>
  )
}

type AttachmentProps = {
  readonly type: ControlPolicyType
  readonly name: string
  readonly isAttach: boolean
  readonly onClose: () => void
}

/** Attaches a control policy to something, or detaches it. */
function Attachment({ type, name, isAttach, onClose }: AttachmentProps): ReactNode {
  const operation = isAttach ? 'AttachControlPolicy' : 'DetachControlPolicy'
  const inputOf = (TargetId: string) => ({ PolicyType: type, Name: name, TargetId })
  return (
    <NameModal
      title={isAttach ? `${texts.attachTo}: ${name}` : fill(ORGANIZATION_TEXTS.detachTitle, { name })}
      label={isAttach ? texts.attachTo : ORGANIZATION_TEXTS.detach}
      about={texts.attachToAbout}
      button={isAttach ? texts.attach : texts.detach}
      run={(target) => call(operation, inputOf(target))}
      callOf={(target) => ({ name: operation, input: inputOf(target) })}
      onClose={onClose}
    />
  )
}
