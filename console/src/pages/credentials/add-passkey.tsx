import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import Modal from '@cloudscape-design/components/modal'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useMutation } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import type { Call } from '../../api/cli.ts'
import { call } from '../../api/client.ts'
import { hasPasskeys, makePasskey } from '../../session/passkey.ts'
import { Failure } from '../../shared/failure.tsx'
import { ShowCommands } from '../../shared/show-cli.tsx'
import { CREDENTIALS_TEXTS as texts } from '../../texts/en/credentials.ts'
import { TEXTS } from '../../texts/en.ts'

const { common } = TEXTS

/** Opens {@link AddPasskey}; disabled with the reason at an address where browsers make no passkeys. */
export function PasskeyButton({ onClick }: { readonly onClick: () => void }): ReactNode {
  return (
    <Button onClick={onClick} disabled={!hasPasskeys()} disabledReason={texts.noPasskeysHere}>
      {texts.addPasskey}
    </Button>
  )
}

/** Makes a passkey of the person who has signed in. */
export function AddPasskey({ onEnd }: { readonly onEnd: (isAdded: boolean) => void }): ReactNode {
  const [name, setName] = useState('')
  const add = useMutation({ mutationFn: () => addPasskey(name.trim()), onSuccess: () => onEnd(true) })
  return (
    <Modal
      visible
      header={texts.addPasskeyTitle}
      closeAriaLabel={common.close}
      onDismiss={() => onEnd(false)}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={() => onEnd(false)}>
              {common.cancel}
            </Button>
            <Button
              variant="primary"
              loading={add.isPending}
              disabled={name.trim() === ''}
              onClick={() => add.mutate()}
            >
              {texts.makePasskey}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <Box>{texts.passkeyMore}</Box>
        <FormField label={texts.passkeyName} description={texts.passkeyNameMore}>
          <Input value={name} onChange={({ detail }) => setName(detail.value)} />
        </FormField>
        <Failure error={add.error} />
        <ShowCommands calls={shownCalls(name.trim())} />
      </SpaceBetween>
    </Modal>
  )
}

/** The calls, with words in place of what the browser's authenticator makes. */
function shownCalls(Name: string): readonly Call[] {
  const made = { ClientData: 'CLIENT_DATA', AuthenticatorData: 'AUTHENTICATOR_DATA', PublicKey: 'PUBLIC_KEY' }
  return [
    { name: 'StartPasskeyRegistration', input: {} },
    { name: 'CreatePasskey', input: { Name, ...made, Algorithm: -7 } },
  ]
}

async function addPasskey(Name: string): Promise<void> {
  const started = await call('StartPasskeyRegistration', {})
  const { Challenge = '', UserHandle = '', UserName = '', CredentialIds = [] } = started
  const made = await makePasskey({
    challenge: Challenge,
    userHandle: UserHandle,
    userName: UserName,
    credentialIds: CredentialIds,
  }).catch((error: unknown) => {
    throw error instanceof DOMException ? new Error(passkeyProblem(error)) : error
  })
  await call('CreatePasskey', {
    Name,
    ClientData: made.clientData,
    AuthenticatorData: made.authenticatorData,
    PublicKey: made.publicKey,
    Algorithm: made.algorithm,
  })
}

function passkeyProblem({ name }: DOMException): string {
  return name === 'InvalidStateError' ? texts.passkeyThere : texts.passkeyNotMade
}
