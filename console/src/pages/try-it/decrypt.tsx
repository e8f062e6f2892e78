import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import Link from '@cloudscape-design/components/link'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Textarea from '@cloudscape-design/components/textarea'
import { useMutation } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { call } from '../../api/client.ts'
import { CopyText } from '../../shared/copy-text.tsx'
import { Failure } from '../../shared/failure.tsx'
import { PLACES, useFollow } from '../../shared/follow.ts'
import { ShowCli } from '../../shared/show-cli.tsx'
import { TEXTS } from '../../texts/en.ts'
import { showBytes } from './base64.ts'

const { tryIt: texts } = TEXTS

type Props = {
  readonly context: Readonly<Record<string, string>> | undefined
  readonly ciphertext: string
  readonly onChange: (ciphertext: string) => void
}

/** Decrypts what a symmetric key has encrypted: the ciphertext names the key. */
export function Decrypt({ context, ciphertext, onChange }: Props): ReactNode {
  const input = { CiphertextBlob: ciphertext.trim(), EncryptionContext: context }
  const decrypt = useMutation({ mutationFn: () => call('Decrypt', input), gcTime: 0 })
  const follow = useFollow()
  return (
    <Container header={<Header variant="h2">{texts.decrypt}</Header>} fitHeight>
      <SpaceBetween size="m">
        <FormField label={texts.ciphertext}>
          <Textarea
            rows={4}
            value={ciphertext}
            spellcheck={false}
            onChange={({ detail }) => onChange(detail.value)}
          />
        </FormField>
        <Button
          disabled={input.CiphertextBlob === ''}
          loading={decrypt.isPending}
          onClick={() => decrypt.mutate()}
        >
          {texts.decrypt}
        </Button>
        <Failure error={decrypt.error} />
        {decrypt.data !== undefined && (
          <Alert type="success" header={texts.decrypted}>
            <CopyText text={showBytes(decrypt.data.Plaintext ?? '')} isBlock />
            <Box color="inherit" padding={{ top: 'xs' }}>
              {texts.by} {decrypt.data.KeyId}{' '}
              <Link href={PLACES.auditOf('EventName', 'Decrypt')} onFollow={follow}>
                {texts.seeAudit}
              </Link>
            </Box>
          </Alert>
        )}
        <ShowCli name="Decrypt" input={input} />
      </SpaceBetween>
    </Container>
  )
}
