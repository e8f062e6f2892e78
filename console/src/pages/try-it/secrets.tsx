import ColumnLayout from '@cloudscape-design/components/column-layout'
import type { ReactNode } from 'react'
import { call } from '../../api/client.ts'
import { useForm } from '../../shared/form.ts'
import { TRY_TEXTS as texts } from '../../texts/en/try-it.ts'
import { isBase64, withoutPem } from './base64.ts'
import { TextField } from './fields.tsx'
import { Panel } from './panel.tsx'
import type { TryProps } from './try-key.ts'

/** Derives the secret that a key shares with the public key of somebody else. */
export function Agreement({ target }: TryProps): ReactNode {
  const { keyId } = target
  const [form, change] = useForm({ publicKey: '' })
  const PublicKey = withoutPem(form.publicKey)
  const input = { KeyId: keyId, KeyAgreementAlgorithm: 'ECDH', PublicKey } as const
  return (
    <Panel
      title={texts.derive}
      isPrimary
      made={{ name: 'DeriveSharedSecret', input }}
      run={() => call('DeriveSharedSecret', input)}
      isReady={keyId !== '' && PublicKey !== '' && isBase64(PublicKey)}
      done={() => texts.derived}
      shown={({ SharedSecret = '' }) => [{ label: texts.sharedSecret, value: SharedSecret }]}
    >
      <TextField
        label={texts.theirKey}
        about={texts.theirKeyAbout}
        wrong={isBase64(PublicKey) ? undefined : texts.notBase64}
        value={form.publicKey}
        onChange={(publicKey) => change({ publicKey })}
      />
    </Panel>
  )
}

/** Encapsulates a secret, and decapsulates it again. */
export function Encapsulation({ target }: TryProps): ReactNode {
  const { keyId } = target
  const [form, change] = useForm({ ciphertext: '' })
  const common = { KeyId: keyId, EncapsulationAlgorithm: 'ML_KEM' } as const
  const open = { ...common, SharedSecretCiphertextBlob: form.ciphertext.trim() }
  return (
    <ColumnLayout columns={2}>
      <Panel
        title={texts.encapsulate}
        isPrimary
        made={{ name: 'Encapsulate', input: common }}
        run={() => call('Encapsulate', common)}
        isReady={keyId !== ''}
        done={() => texts.encapsulated}
        shown={({ SharedSecret = '', SharedSecretCiphertextBlob = '' }) => [
          { label: texts.sharedSecret, value: SharedSecret },
          { label: texts.encapsulatedSecret, value: SharedSecretCiphertextBlob },
        ]}
        onUse={{
          text: texts.useEncapsulated,
          use: ({ SharedSecretCiphertextBlob = '' }) => change({ ciphertext: SharedSecretCiphertextBlob }),
        }}
      >
        {texts.encapsulateAbout}
      </Panel>
      <Panel
        title={texts.decapsulate}
        made={{ name: 'Decapsulate', input: open }}
        run={() => call('Decapsulate', open)}
        isReady={keyId !== '' && open.SharedSecretCiphertextBlob !== ''}
        done={() => texts.decapsulated}
        shown={({ SharedSecret = '' }) => [{ label: texts.sharedSecret, value: SharedSecret }]}
      >
        <TextField
          label={texts.encapsulatedSecret}
          value={form.ciphertext}
          onChange={(ciphertext) => change({ ciphertext })}
        />
      </Panel>
    </ColumnLayout>
  )
}
