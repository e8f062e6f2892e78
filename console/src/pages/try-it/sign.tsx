import ColumnLayout from '@cloudscape-design/components/column-layout'
import type { ReactNode } from 'react'
import { call, type InputOf } from '../../api/client.ts'
import { useForm } from '../../shared/form.ts'
import { TRY_TEXTS as texts } from '../../texts/en/try-it.ts'
import { isBase64, toBase64 } from './base64.ts'
import { Choice, TextField } from './fields.tsx'
import { Panel } from './panel.tsx'
import type { TryProps } from './try-key.ts'

type Algorithm = InputOf<'Sign'>['SigningAlgorithm']
type MessageType = NonNullable<InputOf<'Sign'>['MessageType']>

type Form = {
  readonly algorithm: Algorithm | undefined
  readonly type: MessageType | undefined
  readonly message: string
  readonly signature: string
}

/** Signs a message, and verifies a signature. */
export function SignVerify({ target }: TryProps): ReactNode {
  const { keyId, signing } = target
  const [form, change] = useForm<Form>({ algorithm: undefined, type: undefined, message: '', signature: '' })
  const algorithm = form.algorithm ?? signing[0]
  if (algorithm === undefined) return null
  const types = messageTypes(algorithm)
  const type = types.find((one) => one === form.type) ?? types[0] ?? 'RAW'
  const isText = type === 'RAW'
  const common = {
    KeyId: keyId,
    Message: isText ? toBase64(form.message) : form.message.trim(),
    MessageType: type,
    SigningAlgorithm: algorithm,
  }
  const verify = { ...common, Signature: form.signature.trim() }
  const isReady = keyId !== '' && form.message !== '' && (isText || isBase64(form.message))
  return (
    <ColumnLayout columns={2}>
      <Panel
        title={texts.sign}
        isPrimary
        made={{ name: 'Sign', input: common }}
        run={() => call('Sign', common)}
        isReady={isReady}
        done={() => texts.signed}
        shown={({ Signature = '' }) => [{ label: texts.signature, value: Signature }]}
        onUse={{ text: texts.useSignature, use: ({ Signature = '' }) => change({ signature: Signature }) }}
      >
        <Choice
          label={texts.algorithm}
          values={signing}
          value={algorithm}
          onChange={(next) => change({ algorithm: next, type: undefined })}
        />
        <Choice
          label={texts.messageType}
          about={texts.messageTypes[type]}
          values={types}
          value={type}
          onChange={(next) => change({ type: next })}
        />
        <TextField
          label={texts.message}
          value={form.message}
          wrong={isText || isBase64(form.message) ? undefined : texts.notBase64}
          onChange={(message) => change({ message })}
        />
      </Panel>
      <Panel
        title={texts.verify}
        made={{ name: 'Verify', input: verify }}
        run={() => call('Verify', verify)}
        isReady={isReady && verify.Signature !== ''}
        done={() => texts.valid}
        shown={({ KeyId = '' }) => [{ label: texts.by, value: KeyId }]}
      >
        <TextField
          label={texts.signature}
          about={texts.verifyAbout}
          value={form.signature}
          onChange={(signature) => change({ signature })}
        />
      </Panel>
    </ColumnLayout>
  )
}

/** The message types of an algorithm, the usual one first. Source: AWS KMS API Reference, "Sign". */
function messageTypes(algorithm: Algorithm): readonly MessageType[] {
  if (algorithm === 'ED25519_SHA_512') return ['RAW']
  if (algorithm === 'ED25519_PH_SHA_512') return ['DIGEST']
  return algorithm === 'ML_DSA_SHAKE_256' ? ['RAW', 'EXTERNAL_MU'] : ['RAW', 'DIGEST']
}
