import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import type { Call } from '../../api/cli.ts'
import { call } from '../../api/client.ts'
import type { KeyStore } from '../../api/key-stores.ts'
import { Confirm } from '../../shared/confirm.tsx'
import { Failure } from '../../shared/failure.tsx'
import { notify } from '../../shared/notices.tsx'
import { PlainText } from '../../shared/plain-text.tsx'
import { ShowCommands } from '../../shared/show-cli.tsx'
import { STORE_TEXTS as texts } from '../../texts/en/key-stores.ts'
import { fill } from '../../texts/en.ts'

/** What a person does with a store. */
export type StoreActionName = 'connect' | 'disconnect' | 'delete'

type Props = { readonly action: StoreActionName; readonly store: KeyStore; readonly onClose: () => void }

const OPERATIONS = {
  connect: 'ConnectCustomKeyStore',
  disconnect: 'DisconnectCustomKeyStore',
  delete: 'DeleteCustomKeyStore',
} as const

/** Connects, disconnects or deletes a store. Whoever ends its use types its name first. */
export function StoreAction({ action, store, onClose }: Props): ReactNode {
  const { CustomKeyStoreId = '', CustomKeyStoreName = '' } = store
  const [typed, setTyped] = useState('')
  const queries = useQueryClient()
  const made: Call = { name: OPERATIONS[action], input: { CustomKeyStoreId } }
  const change = useMutation({
    mutationFn: () => call(OPERATIONS[action], { CustomKeyStoreId }),
    onSuccess: async () => {
      notify({ type: 'success', header: texts.done[action] })
      onClose()
      await queries.invalidateQueries({ queryKey: ['key-stores'] })
      await queries.invalidateQueries({ queryKey: ['key'] })
    },
  })
  const isSevere = action !== 'connect'
  return (
    <Confirm
      title={fill(texts.titles[action], { name: CustomKeyStoreName })}
      action={texts[action]}
      isReady={!isSevere || typed === CustomKeyStoreName}
      isBusy={change.isPending}
      onConfirm={() => change.mutate()}
      onClose={onClose}
    >
      <SpaceBetween size="m">
        {isSevere ? <Alert type="warning">{texts.warnings[action]}</Alert> : <Box>{texts.connectAbout}</Box>}
        <Box>
          <PlainText text={CustomKeyStoreName} /> ({CustomKeyStoreId})
        </Box>
        {isSevere && (
          <FormField label={fill(texts.confirm, { name: CustomKeyStoreName })}>
            <Input value={typed} onChange={({ detail }) => setTyped(detail.value)} />
          </FormField>
        )}
        <Failure error={change.error} />
        <ShowCommands calls={[made]} />
      </SpaceBetween>
    </Confirm>
  )
}
