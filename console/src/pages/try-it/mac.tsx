import ColumnLayout from '@cloudscape-design/components/column-layout'
import type { ReactNode } from 'react'
import { call } from '../../api/client.ts'
import { useForm } from '../../shared/form.ts'
import { TRY_TEXTS as texts } from '../../texts/en/try-it.ts'
import { toBase64 } from './base64.ts'
import { TextField } from './fields.tsx'
import { Panel } from './panel.tsx'
import type { TryProps } from './try-key.ts'

/** Makes the MAC of a message, and verifies one. A key has one algorithm. */
export function Mac({ target }: TryProps): ReactNode {
  const { keyId, macs } = target
  const [form, change] = useForm({ message: '', mac: '' })
  const [MacAlgorithm] = macs
  if (MacAlgorithm === undefined) return null
  const common = { KeyId: keyId, Message: toBase64(form.message), MacAlgorithm }
  const verify = { ...common, Mac: form.mac.trim() }
  const isReady = keyId !== '' && form.message !== ''
  return (
    <ColumnLayout columns={2}>
      <Panel
        title={texts.makeMac}
        isPrimary
        made={{ name: 'GenerateMac', input: common }}
        run={() => call('GenerateMac', common)}
        isReady={isReady}
        done={() => texts.macMade}
        shown={({ Mac: made = '' }) => [{ label: texts.mac, value: made }]}
        onUse={{ text: texts.useMac, use: ({ Mac: made = '' }) => change({ mac: made }) }}
      >
        <TextField label={texts.message} value={form.message} onChange={(message) => change({ message })} />
      </Panel>
      <Panel
        title={texts.verifyMac}
        made={{ name: 'VerifyMac', input: verify }}
        run={() => call('VerifyMac', verify)}
        isReady={isReady && verify.Mac !== ''}
        done={() => texts.macValid}
        shown={({ KeyId = '' }) => [{ label: texts.by, value: KeyId }]}
      >
        <TextField
          label={texts.mac}
          about={texts.verifyAbout}
          value={form.mac}
          onChange={(mac) => change({ mac })}
        />
      </Panel>
    </ColumnLayout>
  )
}
