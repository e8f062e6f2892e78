import Checkbox from '@cloudscape-design/components/checkbox'
import ColumnLayout from '@cloudscape-design/components/column-layout'
import type { ReactNode } from 'react'
import { call, type InputOf } from '../../api/client.ts'
import { useForm } from '../../shared/form.ts'
import { TRY_TEXTS as texts } from '../../texts/en/try-it.ts'
import { Choice } from './fields.tsx'
import { Panel, type Shown } from './panel.tsx'
import type { TryProps } from './try-key.ts'

type PairSpec = InputOf<'GenerateDataKeyPair'>['KeyPairSpec']

const KEY_SPECS = ['AES_256', 'AES_128'] as const
/** Source: the service model. */
const PAIR_SPECS: readonly PairSpec[] = [
  ...(['ECC_NIST_P256', 'ECC_NIST_P384', 'ECC_NIST_P521', 'ECC_SECG_P256K1'] as const),
  ...(['ECC_NIST_EDWARDS25519', 'RSA_2048', 'RSA_3072', 'RSA_4096', 'SM2'] as const),
  ...(['ML_KEM_512', 'ML_KEM_768', 'ML_KEM_1024'] as const),
]

/** What the operations with and without plaintext answer. */
type DataKey = { readonly Plaintext?: string; readonly CiphertextBlob?: string }
type Pair = {
  readonly PrivateKeyPlaintext?: string
  readonly PrivateKeyCiphertextBlob?: string
  readonly PublicKey?: string
}

/** Makes data keys and data key pairs, with or without their plaintext. */
export function DataKeys({ target }: TryProps): ReactNode {
  const { keyId, context } = target
  const [form, change] = useForm({
    spec: 'AES_256' as (typeof KEY_SPECS)[number],
    pairSpec: 'ECC_NIST_P256' as PairSpec,
    withPlaintext: true,
    withPrivate: true,
  })
  const input = { KeyId: keyId, KeySpec: form.spec, EncryptionContext: context }
  const pairInput = { KeyId: keyId, KeyPairSpec: form.pairSpec, EncryptionContext: context }
  const name = form.withPlaintext ? 'GenerateDataKey' : 'GenerateDataKeyWithoutPlaintext'
  const pairName = form.withPrivate ? 'GenerateDataKeyPair' : 'GenerateDataKeyPairWithoutPlaintext'
  return (
    <ColumnLayout columns={2}>
      <Panel<DataKey>
        title={texts.dataKey}
        isPrimary
        made={{ name, input }}
        run={() => call(name, input)}
        isReady={keyId !== ''}
        done={() => texts.dataKeyMade}
        shown={({ Plaintext, CiphertextBlob }) => [
          ...shownIf(texts.dataKeyPlaintext, Plaintext),
          ...shownIf(texts.dataKeyCiphertext, CiphertextBlob),
        ]}
      >
        <Choice
          label={texts.spec}
          values={KEY_SPECS}
          value={form.spec}
          onChange={(spec) => change({ spec })}
        />
        <Checkbox
          checked={form.withPlaintext}
          description={texts.withPlaintextAbout}
          onChange={({ detail }) => change({ withPlaintext: detail.checked })}
        >
          {texts.withPlaintext}
        </Checkbox>
      </Panel>
      <Panel<Pair>
        title={texts.dataKeyPair}
        made={{ name: pairName, input: pairInput }}
        run={() => call(pairName, pairInput)}
        isReady={keyId !== ''}
        done={() => texts.dataKeyPairMade}
        shown={({ PrivateKeyPlaintext, PrivateKeyCiphertextBlob, PublicKey }) => [
          ...shownIf(texts.publicKey, PublicKey),
          ...shownIf(texts.privatePlaintext, PrivateKeyPlaintext),
          ...shownIf(texts.privateCiphertext, PrivateKeyCiphertextBlob),
        ]}
      >
        <Choice
          label={texts.pairSpec}
          values={PAIR_SPECS}
          value={form.pairSpec}
          onChange={(pairSpec) => change({ pairSpec })}
        />
        <Checkbox
          checked={form.withPrivate}
          description={texts.withPlaintextAbout}
          onChange={({ detail }) => change({ withPrivate: detail.checked })}
        >
          {texts.withPrivate}
        </Checkbox>
      </Panel>
    </ColumnLayout>
  )
}

function shownIf(label: string, value: string | undefined): readonly Shown[] {
  return value === undefined ? [] : [{ label, value }]
}
