import Alert from '@cloudscape-design/components/alert'
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Textarea from '@cloudscape-design/components/textarea'
import { useMutation } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { call } from '../../api/client.ts'
import { CopyText } from '../../shared/copy-text.tsx'
import { Failure } from '../../shared/failure.tsx'
import { ShowCli } from '../../shared/show-cli.tsx'
import { TEXTS } from '../../texts/en.ts'
import { toBase64 } from './base64.ts'

const { tryIt: texts } = TEXTS

type Props = {
  readonly keyId: string
  readonly context: Readonly<Record<string, string>> | undefined
  /** Told which ciphertext to decrypt. */
  readonly onUse: (ciphertext: string) => void
}

/** Encrypts a text. */
export function Encrypt({ keyId, context, onUse }: Props): ReactNode {
  const [plaintext, setPlaintext] = useState('')
  const input = { KeyId: keyId, Plaintext: toBase64(plaintext), EncryptionContext: context }
  const encrypt = useMutation({ mutationFn: () => call('Encrypt', input), gcTime: 0 })
  const { CiphertextBlob = '' } = encrypt.data ?? {}
  return (
    <Container header={<Header variant="h2">{texts.encrypt}</Header>} fitHeight>
      <SpaceBetween size="m">
        <FormField label={texts.plaintext}>
          <Textarea
            rows={4}
            value={plaintext}
            autoComplete={false}
            onChange={({ detail }) => setPlaintext(detail.value)}
          />
        </FormField>
        <Button
          variant="primary"
          disabled={keyId === '' || plaintext === ''}
          loading={encrypt.isPending}
          onClick={() => encrypt.mutate()}
        >
          {texts.encrypt}
        </Button>
        <Failure error={encrypt.error} />
        {CiphertextBlob !== '' && (
          <Alert
            type="success"
            header={texts.encrypted}
            action={<Button onClick={() => onUse(CiphertextBlob)}>{texts.useCiphertext}</Button>}
          >
            <CopyText text={CiphertextBlob} isBlock />
          </Alert>
        )}
        <ShowCli name="Encrypt" input={input} />
      </SpaceBetween>
    </Container>
  )
}
