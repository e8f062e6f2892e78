import ColumnLayout from '@cloudscape-design/components/column-layout'
import type { ReactNode } from 'react'
import { call } from '../../api/client.ts'
import { useForm } from '../../shared/form.ts'
import { TRY_TEXTS as texts } from '../../texts/en/try-it.ts'
import { showBytes, toBase64 } from './base64.ts'
import { Choice, TextField } from './fields.tsx'
import { Panel } from './panel.tsx'
import type { TryProps } from './try-key.ts'

/** Encrypts a text, and decrypts a ciphertext. The ciphertext of a symmetric key names its key. */
export function EncryptDecrypt({ target }: TryProps): ReactNode {
  const { keyId, context, encryption } = target
  const isSymmetric = encryption.includes('SYMMETRIC_DEFAULT')
  const [form, change] = useForm({
    plaintext: '',
    ciphertext: '',
    algorithm: encryption.at(-1) ?? encryption[0],
  })
  const EncryptionAlgorithm = isSymmetric ? undefined : form.algorithm
  const EncryptionContext = isSymmetric ? context : undefined
  const encrypt = {
    KeyId: keyId,
    Plaintext: toBase64(form.plaintext),
    EncryptionContext,
    EncryptionAlgorithm,
  }
  const decrypt = {
    CiphertextBlob: form.ciphertext.trim(),
    EncryptionContext,
    EncryptionAlgorithm,
    KeyId: isSymmetric ? undefined : keyId,
  }
  return (
    <ColumnLayout columns={2}>
      <Panel
        title={texts.encrypt}
        isPrimary
        made={{ name: 'Encrypt', input: encrypt }}
        run={() => call('Encrypt', encrypt)}
        isReady={keyId !== '' && form.plaintext !== ''}
        done={() => texts.encrypted}
        shown={({ CiphertextBlob = '' }) => [{ label: texts.ciphertext, value: CiphertextBlob }]}
        onUse={{
          text: texts.useCiphertext,
          use: ({ CiphertextBlob = '' }) => change({ ciphertext: CiphertextBlob }),
        }}
      >
        {EncryptionAlgorithm !== undefined && (
          <Choice
            label={texts.algorithm}
            values={encryption}
            value={EncryptionAlgorithm}
            onChange={(algorithm) => change({ algorithm })}
          />
        )}
        <TextField
          label={texts.plaintext}
          value={form.plaintext}
          onChange={(plaintext) => change({ plaintext })}
        />
      </Panel>
      <Panel
        title={texts.decrypt}
        made={{ name: 'Decrypt', input: decrypt }}
        run={() => call('Decrypt', decrypt)}
        isReady={decrypt.CiphertextBlob !== '' && (isSymmetric || keyId !== '')}
        done={() => texts.decrypted}
        shown={({ Plaintext = '', KeyId = '' }) => [
          { label: texts.plaintextIs, value: showBytes(Plaintext) },
          { label: texts.by, value: KeyId },
        ]}
      >
        <TextField
          label={texts.ciphertext}
          value={form.ciphertext}
          onChange={(ciphertext) => change({ ciphertext })}
        />
      </Panel>
    </ColumnLayout>
  )
}
