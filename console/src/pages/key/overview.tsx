import Container from '@cloudscape-design/components/container'
import FormField from '@cloudscape-design/components/form-field'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Textarea from '@cloudscape-design/components/textarea'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { call } from '../../api/client.ts'
import { Aliases } from '../../shared/alias.tsx'
import { Confirm } from '../../shared/confirm.tsx'
import { CopyText } from '../../shared/copy-text.tsx'
import { Failure } from '../../shared/failure.tsx'
import { showTime } from '../../shared/form.ts'
import { KeyState } from '../../shared/key-state.tsx'
import { PermitButton } from '../../shared/may.tsx'
import { PlainText } from '../../shared/plain-text.tsx'
import { ShowCli } from '../../shared/show-cli.tsx'
import { useKeyAction } from '../../shared/use-action.ts'
import { FACT_TEXTS } from '../../texts/en/key.ts'
import { fill, TEXTS } from '../../texts/en.ts'
import type { KeyProps } from './key.tsx'
import { StoreFacts } from './store-facts.tsx'

const { key: texts, keys, common } = TEXTS

/** The facts of a key. */
export function Overview({ facts }: KeyProps): ReactNode {
  const { KeyId, Arn, CustomKeyStoreId: storeId } = facts
  const [isEditing, setEditing] = useState(false)
  return (
    <SpaceBetween size="l">
      <Container footer={<ShowCli name="DescribeKey" input={{ KeyId }} />}>
        <SpaceBetween size="m">
          <KeyValuePairs columns={3} items={factsOf(facts)} />
          <PermitButton
            permit={{ action: 'kms:UpdateKeyDescription', resource: Arn }}
            onClick={() => setEditing(true)}
          >
            {FACT_TEXTS.editDescription}
          </PermitButton>
        </SpaceBetween>
      </Container>
      {storeId !== undefined && <StoreFacts storeId={storeId} xksKeyId={facts.XksKeyConfiguration?.Id} />}
      {isEditing && <EditDescription facts={facts} onClose={() => setEditing(false)} />}
    </SpaceBetween>
  )
}

function factsOf(facts: KeyProps['facts']) {
  const { KeyId, Arn, KeyState: state, DeletionDate, CurrentKeyMaterialId: material, ValidTo } = facts
  const algorithms = [
    ...(facts.EncryptionAlgorithms ?? []),
    ...(facts.SigningAlgorithms ?? []),
    ...(facts.MacAlgorithms ?? []),
    ...(facts.KeyAgreementAlgorithms ?? []),
    ...(facts.EncapsulationAlgorithms ?? []),
  ]
  const optional = (label: string, value: ReactNode, isKnown: boolean) => (isKnown ? [{ label, value }] : [])
  return [
    { label: keys.id, value: <CopyText text={KeyId} /> },
    { label: texts.arn, value: <CopyText text={Arn} /> },
    { label: keys.alias, value: <Aliases keyId={KeyId} /> },
    { label: keys.state, value: <KeyState state={state} /> },
    { label: keys.spec, value: facts.KeySpec },
    { label: keys.usage, value: facts.KeyUsage },
    { label: keys.origin, value: facts.Origin },
    { label: keys.created, value: showTime(facts.CreationDate) },
    { label: FACT_TEXTS.lastUsed, value: <LastUsed facts={facts} /> },
    { label: texts.multiRegion, value: facts.MultiRegion === true ? common.yes : common.no },
    { label: texts.algorithms, value: algorithms.join(', ') || common.none },
    { label: FACT_TEXTS.description, value: <PlainText text={facts.Description || common.none} /> },
    ...optional(texts.material, <CopyText text={material ?? ''} />, material !== undefined),
    ...optional(FACT_TEXTS.expires, showTime(ValidTo), ValidTo !== undefined),
    ...optional(texts.deletionDate, showTime(DeletionDate), DeletionDate !== undefined),
  ]
}

function LastUsed({ facts }: KeyProps): ReactNode {
  const { KeyId, region } = facts
  const { data, error } = useQuery({
    queryKey: ['key', region, KeyId, 'last-use'],
    queryFn: () => call('GetKeyLastUsage', { KeyId }),
  })
  if (error !== null) return common.none
  if (data === undefined) return common.loading
  const { KeyLastUsage: use, TrackingStartDate: since } = data
  // A key that was never used has a use without members.
  return use?.Timestamp === undefined
    ? fill(FACT_TEXTS.neverUsed, { time: showTime(since) })
    : fill(FACT_TEXTS.lastBy, { operation: use.Operation ?? '', time: showTime(use.Timestamp) })
}

function EditDescription({ facts, onClose }: KeyProps & { readonly onClose: () => void }): ReactNode {
  const { KeyId, region } = facts
  const [Description, setDescription] = useState(facts.Description ?? '')
  const input = { KeyId, Description }
  const save = useKeyAction(region, KeyId, {
    run: async () => {
      await call('UpdateKeyDescription', input)
      onClose()
    },
    done: texts.saved,
  })
  return (
    <Confirm
      title={FACT_TEXTS.editDescription}
      action={common.save}
      isReady
      isBusy={save.isPending}
      onConfirm={() => save.mutate(undefined)}
      onClose={onClose}
    >
      <SpaceBetween size="m">
        <FormField label={FACT_TEXTS.description}>
          <Textarea value={Description} onChange={({ detail }) => setDescription(detail.value)} />
        </FormField>
        <Failure error={save.error} />
        <ShowCli name="UpdateKeyDescription" input={input} />
      </SpaceBetween>
    </Confirm>
  )
}
