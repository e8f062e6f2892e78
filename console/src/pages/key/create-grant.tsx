import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import Multiselect from '@cloudscape-design/components/multiselect'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { ReactNode } from 'react'
import { call, type InputOf } from '../../api/client.ts'
import { Confirm } from '../../shared/confirm.tsx'
import { Failure } from '../../shared/failure.tsx'
import { useForm } from '../../shared/form.ts'
import { notify } from '../../shared/notices.tsx'
import { type Pair, PairFields } from '../../shared/pair-fields.tsx'
import { ShowCli } from '../../shared/show-cli.tsx'
import { useKeyAction } from '../../shared/use-action.ts'
import { GRANT_TEXTS as texts } from '../../texts/en/key.ts'
import { fill, TEXTS } from '../../texts/en.ts'
import type { KeyProps } from './key.tsx'

type Operation = InputOf<'CreateGrant'>['Operations'][number]
type Form = {
  readonly grantee: string
  readonly retiring: string
  readonly name: string
  readonly operations: readonly Operation[]
  readonly pairs: readonly Pair[]
}

/** Operations of grants by key usage. Source: AWS KMS Developer Guide, "Grant operations". */
const OPERATIONS: Readonly<Record<string, readonly Operation[]>> = {
  ENCRYPT_DECRYPT: ['Encrypt', 'Decrypt', 'ReEncryptFrom', 'ReEncryptTo'],
  SIGN_VERIFY: ['Sign', 'Verify', 'GetPublicKey'],
  GENERATE_VERIFY_MAC: ['GenerateMac', 'VerifyMac'],
  KEY_AGREEMENT: ['DeriveSharedSecret', 'GetPublicKey'],
  ENCAPSULATE_DECAPSULATE: ['Encapsulate', 'Decapsulate', 'GetPublicKey'],
}
const SYMMETRIC: readonly Operation[] = [
  ...(['GenerateDataKey', 'GenerateDataKeyWithoutPlaintext'] as const),
  ...(['GenerateDataKeyPair', 'GenerateDataKeyPairWithoutPlaintext'] as const),
]
const ALWAYS: readonly Operation[] = ['DescribeKey', 'CreateGrant', 'RetireGrant']

/** A dialog that creates a grant. */
export function CreateGrant({ facts, onClose }: KeyProps & { readonly onClose: () => void }): ReactNode {
  const { KeyId, KeyUsage = '', KeySpec, region } = facts
  const [form, change] = useForm<Form>({ grantee: '', retiring: '', name: '', operations: [], pairs: [] })
  const offered = [
    ...(OPERATIONS[KeyUsage] ?? []),
    ...(KeySpec === 'SYMMETRIC_DEFAULT'
      ? SYMMETRIC
      : KeyUsage === 'ENCRYPT_DECRYPT'
        ? ['GetPublicKey' as const]
        : []),
    ...ALWAYS,
  ]
  const input = grantInput(KeyId, form)
  const create = useKeyAction(region, KeyId, {
    run: async () => {
      const { GrantId = '' } = await call('CreateGrant', input)
      notify({ type: 'info', header: fill(texts.made, { id: GrantId }) })
      onClose()
    },
    done: texts.madeTitle,
  })
  const isArn = form.grantee.startsWith('arn:')
  return (
    <Confirm
      size="large"
      title={texts.create}
      action={texts.create}
      isReady={isArn && form.operations.length > 0}
      isBusy={create.isPending}
      onConfirm={() => create.mutate(undefined)}
      onClose={onClose}
    >
      <SpaceBetween size="m">
        <FormField
          label={texts.grantee}
          description={texts.granteeAbout}
          errorText={isArn || form.grantee === '' ? undefined : texts.granteeWrong}
        >
          <Input value={form.grantee} onChange={({ detail }) => change({ grantee: detail.value.trim() })} />
        </FormField>
        <FormField label={texts.operations}>
          <Multiselect
            selectedOptions={form.operations.map((value) => ({ value, label: value }))}
            options={offered.map((value) => ({ value, label: value }))}
            placeholder={texts.chooseOperations}
            onChange={({ detail }) =>
              change({
                operations: offered.filter((one) =>
                  detail.selectedOptions.some(({ value }) => value === one),
                ),
              })
            }
          />
        </FormField>
        <FormField label={`${texts.name} – ${TEXTS.create.optional}`}>
          <Input value={form.name} onChange={({ detail }) => change({ name: detail.value })} />
        </FormField>
        <FormField label={`${texts.retiring} – ${TEXTS.create.optional}`} description={texts.retiringAbout}>
          <Input value={form.retiring} onChange={({ detail }) => change({ retiring: detail.value.trim() })} />
        </FormField>
        {KeySpec === 'SYMMETRIC_DEFAULT' && (
          <FormField label={`${texts.context} – ${TEXTS.create.optional}`} description={texts.contextAbout}>
            <PairFields
              pairs={form.pairs}
              onChange={(pairs) => change({ pairs })}
              texts={{
                add: texts.addPair,
                empty: texts.nothing,
                key: TEXTS.create.tagKey,
                value: TEXTS.create.tagValue,
              }}
            />
          </FormField>
        )}
        <Failure error={create.error} />
        <ShowCli name="CreateGrant" input={input} />
      </SpaceBetween>
    </Confirm>
  )
}

function grantInput(KeyId: string, form: Form): InputOf<'CreateGrant'> {
  const { grantee, retiring, name, operations, pairs } = form
  const subset = Object.fromEntries(
    pairs.filter(({ key }) => key !== '').map(({ key, value }) => [key, value]),
  )
  return {
    KeyId,
    GranteePrincipal: grantee,
    Operations: operations,
    ...(name !== '' && { Name: name }),
    ...(retiring !== '' && { RetiringPrincipal: retiring }),
    ...(Object.keys(subset).length > 0 && { Constraints: { EncryptionContextSubset: subset } }),
  }
}
