import Alert from '@cloudscape-design/components/alert'
import Button from '@cloudscape-design/components/button'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { type ReactNode, useState } from 'react'
import { call } from '../../api/client.ts'
import { shortAlias } from '../../shared/alias.tsx'
import { Confirm } from '../../shared/confirm.tsx'
import { Failure } from '../../shared/failure.tsx'
import { PLACES, useOpen } from '../../shared/follow.ts'
import { useForm } from '../../shared/form.ts'
import { PermitButton } from '../../shared/may.tsx'
import { ShowCli } from '../../shared/show-cli.tsx'
import { useKeyAction } from '../../shared/use-action.ts'
import { IMPACT_TEXTS } from '../../texts/en/key.ts'
import { fill, TEXTS } from '../../texts/en.ts'
import { Impact } from './impact.tsx'
import type { KeyProps } from './key.tsx'

const { key: texts } = TEXTS

type Props = KeyProps & {
  /** The alias of the key, or its ID. */
  readonly name: string
}

/** The buttons for what a key allows in its state. */
export function KeyActions({ facts, name }: Props): ReactNode {
  const { KeyId, Arn, KeyState: state, region } = facts
  const open = useOpen()
  const [dialog, setDialog] = useState<'delete' | 'disable'>()
  const change = useKeyAction(region, KeyId, {
    run: (action: 'EnableKey' | 'CancelKeyDeletion') => call(action, { KeyId }),
    done: texts.saved,
  })
  const isPending = state === 'PendingDeletion' || state === 'PendingReplicaDeletion'
  const close = (): void => setDialog(undefined)
  return (
    <SpaceBetween size="xs">
      <SpaceBetween direction="horizontal" size="xs">
        {isPending ? (
          <PermitButton
            permit={{ action: 'kms:CancelKeyDeletion', resource: Arn }}
            loading={change.isPending}
            onClick={() => change.mutate('CancelKeyDeletion')}
          >
            {texts.cancelDeletion}
          </PermitButton>
        ) : (
          <PermitButton
            permit={{ action: 'kms:ScheduleKeyDeletion', resource: Arn }}
            onClick={() => setDialog('delete')}
          >
            {texts.delete}
          </PermitButton>
        )}
        {state === 'Disabled' ? (
          <PermitButton
            permit={{ action: 'kms:EnableKey', resource: Arn }}
            loading={change.isPending}
            onClick={() => change.mutate('EnableKey')}
          >
            {texts.enable}
          </PermitButton>
        ) : (
          <PermitButton
            permit={{ action: 'kms:DisableKey', resource: Arn }}
            disabled={isPending}
            onClick={() => setDialog('disable')}
          >
            {texts.disable}
          </PermitButton>
        )}
        <Button onClick={() => open(PLACES.auditOf('ResourceName', Arn))}>{texts.audit}</Button>
        <Button variant="primary" onClick={() => open(PLACES.tryIt(KeyId))}>
          {texts.tryIt}
        </Button>
      </SpaceBetween>
      <Failure error={change.error} />
      {isPending && <ShowCli name="CancelKeyDeletion" input={{ KeyId }} />}
      {state === 'Disabled' && <ShowCli name="EnableKey" input={{ KeyId }} />}
      {dialog === 'delete' && <DeleteKey facts={facts} name={name} onClose={close} />}
      {dialog === 'disable' && <DisableKey facts={facts} name={name} onClose={close} />}
    </SpaceBetween>
  )
}

const DAYS_BY_DEFAULT = '30'

type DialogProps = Props & { readonly onClose: () => void }

/** Schedules the deletion of a key: impact first, then its name. */
function DeleteKey({ facts, name, onClose }: DialogProps): ReactNode {
  const { KeyId, region } = facts
  const [{ typed, days }, change] = useForm({ typed: '', days: DAYS_BY_DEFAULT })
  const input = { KeyId, PendingWindowInDays: Number(days) }
  const schedule = useKeyAction(region, KeyId, {
    run: async () => {
      await call('ScheduleKeyDeletion', input)
      onClose()
    },
    done: texts.saved,
  })
  return (
    <Confirm
      size="large"
      title={texts.deleteTitle}
      action={texts.delete}
      isReady={typed === shortAlias(name) && /^(?:[7-9]|[12][0-9]|30)$/.test(days)}
      isBusy={schedule.isPending}
      onConfirm={() => schedule.mutate(undefined)}
      onClose={onClose}
    >
      <SpaceBetween size="m">
        <Alert type="warning">{texts.deleteWarn}</Alert>
        <Impact facts={facts} />
        <FormField label={texts.deleteDays}>
          <Input value={days} inputMode="numeric" onChange={({ detail }) => change({ days: detail.value })} />
        </FormField>
        <FormField label={fill(texts.deleteConfirm, { name: shortAlias(name) })}>
          <Input value={typed} onChange={({ detail }) => change({ typed: detail.value })} />
        </FormField>
        <Failure error={schedule.error} />
        <ShowCli name="ScheduleKeyDeletion" input={input} />
      </SpaceBetween>
    </Confirm>
  )
}

/** Disables a key: impact first, then its name. */
function DisableKey({ facts, name, onClose }: DialogProps): ReactNode {
  const { KeyId, region } = facts
  const [typed, setTyped] = useState('')
  const disable = useKeyAction(region, KeyId, {
    run: async () => {
      await call('DisableKey', { KeyId })
      onClose()
    },
    done: texts.saved,
  })
  return (
    <Confirm
      size="large"
      title={IMPACT_TEXTS.disableTitle}
      action={texts.disable}
      isReady={typed === shortAlias(name)}
      isBusy={disable.isPending}
      onConfirm={() => disable.mutate(undefined)}
      onClose={onClose}
    >
      <SpaceBetween size="m">
        <Alert type="warning">{IMPACT_TEXTS.disableWarn}</Alert>
        <Impact facts={facts} />
        <FormField label={fill(IMPACT_TEXTS.confirm, { name: shortAlias(name) })}>
          <Input value={typed} onChange={({ detail }) => setTyped(detail.value)} />
        </FormField>
        <Failure error={disable.error} />
        <ShowCli name="DisableKey" input={{ KeyId }} />
      </SpaceBetween>
    </Confirm>
  )
}
