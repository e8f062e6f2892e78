import Autosuggest from '@cloudscape-design/components/autosuggest'
import Box from '@cloudscape-design/components/box'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useMutation } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { callIam, type IamInputOf } from '../api/iam.ts'
import { switchToRole, useSession } from '../session/session.ts'
import { Confirm } from '../shared/confirm.tsx'
import { Failure } from '../shared/failure.tsx'
import { PLACES, useOpen } from '../shared/follow.ts'
import { useForm } from '../shared/form.ts'
import { notify } from '../shared/notices.tsx'
import { ShowCli } from '../shared/show-cli.tsx'
import { SESSION_TEXTS as texts } from '../texts/en/session.ts'
import { fill } from '../texts/en.ts'
import { useAccounts } from './use-accounts.ts'

/** Source: AWS STS API Reference, "AssumeRole": the longest session by role chaining. */
const SESSION_SECONDS = 3600
/** Source: AWS STS API Reference, "AssumeRole", `RoleSessionName`. */
const NAME_MAX_CHARS = 64

/** A dialog that assumes a role by its name, and goes on with its credentials. */
export function SwitchRole({ onClose }: { readonly onClose: () => void }): ReactNode {
  const { account, user, role } = useSession()
  const open = useOpen()
  const accounts = useAccounts()
  const [form, change] = useForm({ account, role: '' })
  // The name of a role's session comes after that of the role: a slash is no character of a session name.
  const name = `${user ?? role?.split('/').at(-1) ?? ''}-console`
  const input = {
    RoleArn: `arn:aws:iam::${form.account}:role/${form.role.replace(/^\/+/, '')}`,
    RoleSessionName: name.slice(-NAME_MAX_CHARS),
    DurationSeconds: SESSION_SECONDS,
  }
  const assume = useMutation({
    mutationFn: () => assumeRole(input, form),
    gcTime: 0,
    onSuccess: () => {
      notify({ type: 'success', header: fill(texts.switched, { role: form.role }) })
      onClose()
      open(PLACES.home)
    },
  })
  const isAccount = /^[0-9]{12}$/.test(form.account)
  const isRole = /^[\w+=,.@/-]{1,512}$/.test(form.role)
  return (
    <Confirm
      title={texts.title}
      action={texts.switch}
      isReady={isAccount && isRole}
      isBusy={assume.isPending}
      onConfirm={() => assume.mutate()}
      onClose={onClose}
    >
      <SpaceBetween size="m">
        <Box>{texts.about}</Box>
        <FormField
          label={texts.account}
          description={texts.accountAbout}
          errorText={form.account === '' || isAccount ? undefined : texts.accountWrong}
        >
          <Autosuggest
            value={form.account}
            options={accounts.map((value) => ({ value }))}
            enteredTextLabel={(value) => fill(texts.entered, { value })}
            onChange={({ detail }) => change({ account: detail.value.trim() })}
          />
        </FormField>
        <FormField
          label={texts.role}
          description={texts.roleAbout}
          errorText={form.role === '' || isRole ? undefined : texts.roleWrong}
        >
          <Input value={form.role} onChange={({ detail }) => change({ role: detail.value.trim() })} />
        </FormField>
        <Failure error={assume.error} />
        <ShowCli name="AssumeRole" input={input} />
      </SpaceBetween>
    </Confirm>
  )
}

async function assumeRole(
  input: IamInputOf<'AssumeRole'>,
  chosen: { readonly account: string; readonly role: string },
) {
  const { AssumedRoleUser, Credentials } = await callIam('AssumeRole', input)
  await switchToRole({
    account: chosen.account,
    role: chosen.role.split('/').at(-1) ?? chosen.role,
    arn: AssumedRoleUser?.Arn ?? '',
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
    expiration: Credentials?.Expiration ?? 0,
  })
}
