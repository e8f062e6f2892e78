import Button from '@cloudscape-design/components/button'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import Modal from '@cloudscape-design/components/modal'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { ReactNode } from 'react'
import { callIam } from '../../api/iam.ts'
import { useSession } from '../../session/session.ts'
import { Failure } from '../../shared/failure.tsx'
import { useForm } from '../../shared/form.ts'
import { ShowCli } from '../../shared/show-cli.tsx'
import { ACCESS_TEXTS as texts } from '../../texts/en/access.ts'
import { Buttons } from './name-modal.tsx'
import { useAccessChange } from './use-access.ts'

/** Creates a role that somebody may assume. */
export function CreateRole({ onClose }: { readonly onClose: () => void }): ReactNode {
  const { account } = useSession()
  const [{ name, trusted }, change] = useForm({ name: '', trusted: account })
  const input = {
    RoleName: name,
    AssumeRolePolicyDocument: JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { AWS: trusted }, Action: 'sts:AssumeRole' }],
    }),
  }
  const create = useAccessChange(() => callIam('CreateRole', input), onClose)
  return (
    <Modal
      visible
      header={texts.createRole}
      onDismiss={onClose}
      footer={
        <Buttons onClose={onClose}>
          <Button
            variant="primary"
            disabled={name === '' || trusted === ''}
            loading={create.isPending}
            onClick={() => create.mutate()}
          >
            {texts.create}
          </Button>
        </Buttons>
      }
    >
      <SpaceBetween size="m">
        <FormField label={texts.roleName} description={texts.nameAbout}>
          <Input value={name} onChange={({ detail }) => change({ name: detail.value })} />
        </FormField>
        <FormField label={texts.trusted} description={texts.trustedAbout}>
          <Input value={trusted} onChange={({ detail }) => change({ trusted: detail.value })} />
        </FormField>
        <Failure error={create.error} />
        <ShowCli name="CreateRole" input={input} />
      </SpaceBetween>
    </Modal>
  )
}
