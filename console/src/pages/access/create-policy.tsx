import Button from '@cloudscape-design/components/button'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import Modal from '@cloudscape-design/components/modal'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { ReactNode } from 'react'
import { callIam } from '../../api/iam.ts'
import { Failure } from '../../shared/failure.tsx'
import { useForm } from '../../shared/form.ts'
import { emptyPolicy, withStatement } from '../../shared/policy/document.ts'
import { lintPolicy } from '../../shared/policy/lint.ts'
import { PolicyText } from '../../shared/policy/policy-text.tsx'
import { ShowCli } from '../../shared/show-cli.tsx'
import { ACCESS_TEXTS as texts } from '../../texts/en/access.ts'
import { Buttons } from './name-modal.tsx'
import { useAccessChange } from './use-access.ts'

/** What a new policy begins with: it allows to look at keys. */
const FIRST = withStatement(
  emptyPolicy(),
  JSON.stringify({ Effect: 'Allow', Action: ['kms:ListKeys', 'kms:DescribeKey'], Resource: '*' }),
)

/** Creates a managed policy. */
export function CreatePolicy({ onClose }: { readonly onClose: () => void }): ReactNode {
  const [{ name, text }, change] = useForm({ name: '', text: FIRST })
  const input = { PolicyName: name, PolicyDocument: text }
  const create = useAccessChange(() => callIam('CreatePolicy', input), onClose)
  const isWrong = lintPolicy(text, 'identity').some(({ severity }) => severity === 'error')
  return (
    <Modal
      visible
      size="large"
      header={texts.createPolicy}
      onDismiss={onClose}
      footer={
        <Buttons onClose={onClose}>
          <Button
            variant="primary"
            disabled={name === '' || isWrong}
            loading={create.isPending}
            onClick={() => create.mutate()}
          >
            {texts.create}
          </Button>
        </Buttons>
      }
    >
      <SpaceBetween size="m">
        <FormField label={texts.policyName} description={texts.nameAbout}>
          <Input value={name} onChange={({ detail }) => change({ name: detail.value })} />
        </FormField>
        <PolicyText
          label={texts.document}
          use="identity"
          value={text}
          onChange={(next) => change({ text: next })}
        />
        <Failure error={create.error} />
        <ShowCli name="CreatePolicy" input={input} />
      </SpaceBetween>
    </Modal>
  )
}
