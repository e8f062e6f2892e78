import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Form from '@cloudscape-design/components/form'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useState } from 'react'
import { callIam } from '../../api/iam.ts'
import { noteEnd } from '../../session/session.ts'
import { Failure } from '../../shared/failure.tsx'
import { useForm } from '../../shared/form.ts'
import { notify } from '../../shared/notices.tsx'
import { ShowCli } from '../../shared/show-cli.tsx'
import { CREDENTIALS_TEXTS as texts } from '../../texts/en/credentials.ts'

/** What the command line has in place of passwords: the page shows none. */
const SHOWN = { OldPassword: 'PRESENT_PASSWORD', NewPassword: 'NEW_PASSWORD' }

const EMPTY = { before: '', once: '', twice: '' }

/** Changes the person's own password. The server ends the session with it. */
export function ChangePassword(): ReactNode {
  const [{ before, once, twice }, setForm] = useForm(EMPTY)
  const [isDifferent, setDifferent] = useState(false)
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => callIam('ChangePassword', { OldPassword: before, NewPassword: once }),
    onSuccess: () => {
      setForm(EMPTY)
      notify({ type: 'success', header: texts.changed })
      noteEnd()
    },
  })
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    setDifferent(once !== twice)
    if (once === twice) mutate()
  }
  return (
    <form onSubmit={submit}>
      <Container
        header={
          <Header variant="h2" description={texts.passwordMore}>
            {texts.password}
          </Header>
        }
      >
        <Form
          actions={
            <Button loading={isPending} disabled={before === '' || once === '' || twice === ''}>
              {texts.change}
            </Button>
          }
        >
          <SpaceBetween size="m">
            <Secret
              label={texts.oldPassword}
              value={before}
              onChange={(value) => setForm({ before: value })}
            />
            <Secret
              label={texts.newPassword}
              value={once}
              onChange={(value) => setForm({ once: value })}
              isNew
            />
            <Secret
              label={texts.newPasswordAgain}
              value={twice}
              onChange={(value) => setForm({ twice: value })}
              error={isDifferent ? texts.notTheSame : undefined}
              isNew
            />
            <Failure error={error} />
            <ShowCli name="ChangePassword" input={SHOWN} />
          </SpaceBetween>
        </Form>
      </Container>
    </form>
  )
}

type SecretProps = {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
  readonly error?: string | undefined
  readonly isNew?: boolean
}

function Secret({ label, value, onChange, error, isNew = false }: SecretProps): ReactNode {
  return (
    <FormField label={label} errorText={error}>
      <Input
        type="password"
        autoComplete={isNew ? 'new-password' : 'current-password'}
        value={value}
        onChange={({ detail }) => onChange(detail.value)}
      />
    </FormField>
  )
}
