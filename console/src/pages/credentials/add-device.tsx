import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import Modal from '@cloudscape-design/components/modal'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useMutation } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { IamCall } from '../../api/cli.ts'
import { callIam } from '../../api/iam.ts'
import { CopyText } from '../../shared/copy-text.tsx'
import { Failure } from '../../shared/failure.tsx'
import { useForm } from '../../shared/form.ts'
import { ShowCommands } from '../../shared/show-cli.tsx'
import { CREDENTIALS_TEXTS as texts } from '../../texts/en/credentials.ts'
import { TEXTS } from '../../texts/en.ts'

const { common } = TEXTS

type Props = { readonly userName: string; readonly onEnd: (isAdded: boolean) => void }

/** Creates a virtual MFA device, shows its QR code, and enables it by two codes. */
export function AddDevice({ userName: UserName, onEnd }: Props): ReactNode {
  const [{ name, code1, code2 }, setForm] = useForm({ name: UserName, code1: '', code2: '' })
  const create = useMutation({
    mutationFn: async () =>
      (await callIam('CreateVirtualMFADevice', { VirtualMFADeviceName: name })).VirtualMFADevice ?? {},
  })
  const { SerialNumber = '', QRCodePNG = '', Base32StringSeed = '' } = create.data ?? {}
  const enable = useMutation({
    mutationFn: () =>
      callIam('EnableMFADevice', {
        ...{ UserName, SerialNumber },
        ...{ AuthenticationCode1: code1.trim(), AuthenticationCode2: code2.trim() },
      }),
    onSuccess: () => onEnd(true),
  })
  const cancel = useMutation({
    // A device that was not enabled is of no use: its key is not shown again.
    mutationFn: async () => {
      if (create.isSuccess) await callIam('DeleteVirtualMFADevice', { SerialNumber })
    },
    onSettled: () => onEnd(false),
  })
  const enabling = { UserName, SerialNumber, AuthenticationCode1: code1, AuthenticationCode2: code2 }
  const shown: IamCall = create.isSuccess
    ? { name: 'EnableMFADevice', input: enabling }
    : { name: 'CreateVirtualMFADevice', input: { VirtualMFADeviceName: name } }
  return (
    <Modal
      visible
      header={texts.addTitle}
      closeAriaLabel={common.close}
      onDismiss={() => cancel.mutate()}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={() => cancel.mutate()}>
              {common.cancel}
            </Button>
            {create.isSuccess ? (
              <Button
                variant="primary"
                loading={enable.isPending}
                disabled={code1 === '' || code2 === ''}
                onClick={() => enable.mutate()}
              >
                {texts.enable}
              </Button>
            ) : (
              <Button
                variant="primary"
                loading={create.isPending}
                disabled={name === ''}
                onClick={() => create.mutate()}
              >
                {texts.create}
              </Button>
            )}
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <FormField label={texts.deviceName} description={texts.deviceNameMore}>
          <Input
            value={name}
            disabled={create.isSuccess}
            onChange={({ detail }) => setForm({ name: detail.value })}
          />
        </FormField>
        {create.isSuccess && (
          <>
            <Box>{texts.scan}</Box>
            <img src={`data:image/png;base64,${QRCodePNG}`} alt={texts.qrCode} />
            <FormField label={texts.key}>
              <CopyText text={window.atob(Base32StringSeed)} />
            </FormField>
            <Box>{texts.codes}</Box>
            <Code label={texts.code1} value={code1} onChange={(value) => setForm({ code1: value })} />
            <Code label={texts.code2} value={code2} onChange={(value) => setForm({ code2: value })} />
          </>
        )}
        <Failure error={create.error ?? enable.error} />
        <ShowCommands calls={[shown]} />
      </SpaceBetween>
    </Modal>
  )
}

type CodeProps = {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
}

function Code({ label, value, onChange }: CodeProps): ReactNode {
  return (
    <FormField label={label}>
      <Input
        inputMode="numeric"
        autoComplete="one-time-code"
        value={value}
        onChange={({ detail }) => onChange(detail.value)}
      />
    </FormField>
  )
}
