import Alert from '@cloudscape-design/components/alert'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { call, type InputOf } from '../../api/client.ts'
import { Confirm } from '../../shared/confirm.tsx'
import { Failure } from '../../shared/failure.tsx'
import { useForm } from '../../shared/form.ts'
import { notify } from '../../shared/notices.tsx'
import { ShowCli } from '../../shared/show-cli.tsx'
import { STORE_TEXTS as texts } from '../../texts/en/key-stores.ts'

type Form = {
  readonly name: string
  readonly endpoint: string
  readonly path: string
  readonly accessKeyId: string
  readonly secret: string
}

/** The form of each field. Source: the service model. */
const FORMS: Readonly<Record<keyof Form, RegExp>> = {
  name: /^.{1,256}$/,
  endpoint: /^https:\/\/[a-zA-Z0-9.-]+$/,
  path: /^(?:\/[\w/-]+)?\/kms\/xks\/v\d{1,2}$/,
  accessKeyId: /^[A-Z2-7]{20,30}$/,
  secret: /^[a-zA-Z0-9/+=]{43,64}$/,
}
const FIELDS = ['name', 'endpoint', 'path', 'accessKeyId', 'secret'] as const

/** Registers the proxy of an external key store. */
export function CreateStore({ onClose }: { readonly onClose: () => void }): ReactNode {
  const [form, change] = useForm<Form>({
    name: '',
    endpoint: '',
    path: '/kms/xks/v1',
    accessKeyId: '',
    secret: '',
  })
  const queries = useQueryClient()
  const create = useMutation({
    mutationFn: () => call('CreateCustomKeyStore', inputOf(form)),
    gcTime: 0,
    onSuccess: async () => {
      notify({ type: 'success', header: texts.created })
      onClose()
      await queries.invalidateQueries({ queryKey: ['key-stores'] })
    },
  })
  const isRight = (name: keyof Form): boolean => FORMS[name].test(form[name])
  return (
    <Confirm
      title={texts.create}
      action={texts.create}
      isReady={FIELDS.every(isRight)}
      isBusy={create.isPending}
      onConfirm={() => create.mutate()}
      onClose={onClose}
    >
      <SpaceBetween size="m">
        <Alert>{texts.createAbout}</Alert>
        {FIELDS.map((name) => (
          <FormField
            key={name}
            label={texts.fields[name][0]}
            constraintText={texts.fields[name][1]}
            errorText={form[name] === '' || isRight(name) ? undefined : texts.wrong}
          >
            <Input
              value={form[name]}
              type={name === 'secret' ? 'password' : 'text'}
              autoComplete={false}
              onChange={({ detail }) => change({ [name]: detail.value })}
            />
          </FormField>
        ))}
        <Failure error={create.error} />
        <ShowCli name="CreateCustomKeyStore" input={inputOf({ ...form, secret: 'SECRET' })} />
      </SpaceBetween>
    </Confirm>
  )
}

function inputOf({ name, endpoint, path, accessKeyId, secret }: Form): InputOf<'CreateCustomKeyStore'> {
  return {
    CustomKeyStoreName: name,
    CustomKeyStoreType: 'EXTERNAL_KEY_STORE',
    XksProxyConnectivity: 'PUBLIC_ENDPOINT',
    XksProxyUriEndpoint: endpoint,
    XksProxyUriPath: path,
    XksProxyAuthenticationCredential: { AccessKeyId: accessKeyId, RawSecretAccessKey: secret },
  }
}
