import Autosuggest from '@cloudscape-design/components/autosuggest'
import Box from '@cloudscape-design/components/box'
import FormField from '@cloudscape-design/components/form-field'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { type ReactNode, useState } from 'react'
import { rememberAccount } from '../session/last-account.ts'
import { signOut, useSession } from '../session/session.ts'
import { Confirm } from '../shared/confirm.tsx'
import { SESSION_TEXTS as texts } from '../texts/en/session.ts'
import { fill } from '../texts/en.ts'
import { useAccounts } from './use-accounts.ts'

/** A dialog that ends the session, and opens the sign-in page for another account. */
export function SwitchAccount({ onClose }: { readonly onClose: () => void }): ReactNode {
  const { account: own } = useSession()
  const others = useAccounts().filter((one) => one !== own)
  const [account, setAccount] = useState('')
  const [isBusy, setBusy] = useState(false)
  const isAccount = /^[0-9]{12}$/.test(account)
  return (
    <Confirm
      title={texts.switchAccount}
      action={texts.signInThere}
      isReady={isAccount && account !== own}
      isBusy={isBusy}
      onConfirm={() => {
        setBusy(true)
        rememberAccount(account)
        void signOut()
      }}
      onClose={onClose}
    >
      <SpaceBetween size="m">
        <Box>{texts.switchAccountAbout}</Box>
        <FormField
          label={texts.account}
          errorText={account === '' || isAccount ? undefined : texts.accountWrong}
        >
          <Autosuggest
            value={account}
            options={others.map((value) => ({ value }))}
            enteredTextLabel={(value) => fill(texts.entered, { value })}
            onChange={({ detail }) => setAccount(detail.value.trim())}
          />
        </FormField>
      </SpaceBetween>
    </Confirm>
  )
}
