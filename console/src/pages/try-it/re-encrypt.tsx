import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { call } from '../../api/client.ts'
import { keyFacts } from '../../api/keys.ts'
import { useSession } from '../../session/session.ts'
import { useForm } from '../../shared/form.ts'
import { PairFields } from '../../shared/pair-fields.tsx'
import { TRY_TEXTS as texts } from '../../texts/en/try-it.ts'
import { TEXTS } from '../../texts/en.ts'
import { Choice, TextField } from './fields.tsx'
import { Panel } from './panel.tsx'
import { contextOf, type TryPair, type TryProps } from './try-key.ts'

type Form = {
  readonly ciphertext: string
  readonly algorithm: TryProps['target']['encryption'][number] | undefined
  /** The destination key, as typed, and as it was when the person left the field. */
  readonly typed: string
  readonly destination: string
  readonly pairs: readonly TryPair[]
}

/** Encrypts what a key has encrypted under another key, or with another context. The plaintext stays in the server. */
export function ReEncrypt({ target }: TryProps): ReactNode {
  const { keyId, context, encryption } = target
  const { region } = useSession()
  const [form, change] = useForm<Form>({
    ciphertext: '',
    algorithm: encryption.at(-1),
    typed: keyId,
    destination: keyId,
    pairs: [],
  })
  const isSymmetric = encryption.includes('SYMMETRIC_DEFAULT')
  const destination = useQuery({
    ...keyFacts(region, form.destination),
    enabled: form.destination !== '',
    retry: false,
  })
  const into = destination.data?.EncryptionAlgorithms ?? encryption
  const toSymmetric = into.includes('SYMMETRIC_DEFAULT')
  const input = {
    CiphertextBlob: form.ciphertext.trim(),
    SourceKeyId: isSymmetric ? undefined : keyId,
    SourceEncryptionAlgorithm: isSymmetric ? undefined : form.algorithm,
    SourceEncryptionContext: isSymmetric ? context : undefined,
    DestinationKeyId: form.typed.trim(),
    DestinationEncryptionAlgorithm: toSymmetric ? undefined : into.at(-1),
    DestinationEncryptionContext: toSymmetric ? contextOf(form.pairs) : undefined,
  }
  return (
    <Panel
      title={texts.reEncrypt}
      isPrimary
      made={{ name: 'ReEncrypt', input }}
      run={() => call('ReEncrypt', input)}
      isReady={input.CiphertextBlob !== '' && input.DestinationKeyId !== ''}
      done={() => texts.reEncrypted}
      shown={({ CiphertextBlob = '', KeyId = '' }) => [
        { label: texts.ciphertext, value: CiphertextBlob },
        { label: texts.by, value: KeyId },
      ]}
    >
      <TextField
        label={texts.ciphertext}
        value={form.ciphertext}
        onChange={(ciphertext) => change({ ciphertext })}
      />
      {!isSymmetric && form.algorithm !== undefined && (
        <Choice
          label={texts.sourceAlgorithm}
          values={encryption}
          value={form.algorithm}
          onChange={(algorithm) => change({ algorithm })}
        />
      )}
      <FormField label={texts.destination} description={texts.keyAbout} stretch>
        <Input
          value={form.typed}
          onChange={({ detail }) => change({ typed: detail.value })}
          onBlur={() => change({ destination: form.typed.trim() })}
        />
      </FormField>
      {toSymmetric && (
        <FormField label={texts.destinationContext} description={texts.contextAbout} stretch>
          <PairFields
            pairs={form.pairs}
            onChange={(pairs) => change({ pairs })}
            texts={{
              ...{ add: texts.addPair, empty: TEXTS.common.none },
              ...{ key: TEXTS.create.tagKey, value: TEXTS.create.tagValue },
            }}
          />
        </FormField>
      )}
    </Panel>
  )
}
