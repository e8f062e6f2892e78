import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import Modal from '@cloudscape-design/components/modal'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { type ReactNode, useState } from 'react'
import { call } from '../../api/client.ts'
import { shortAlias } from '../../shared/alias.tsx'
import { Failure } from '../../shared/failure.tsx'
import { PLACES, useOpen } from '../../shared/follow.ts'
import { useForm } from '../../shared/form.ts'
import { ShowCli } from '../../shared/show-cli.tsx'
import { useKeyAction } from '../../shared/use-action.ts'
import { fill, TEXTS } from '../../texts/en.ts'
import type { KeyProps } from './key.tsx'

const { key: texts, common } = TEXTS

type Props = KeyProps & {
  /** What the key is called: an alias, or its ID. */
  readonly name: string
}

/** What can be done with a key in its state. */
export function KeyActions({ facts, name }: Props): ReactNode {
  const { KeyId, KeyState: state, region } = facts
  const open = useOpen()
  const [isDeleting, setDeleting] = useState(false)
  const change = useKeyAction(region, KeyId, {
    run: (action: 'EnableKey' | 'DisableKey' | 'CancelKeyDeletion') => call(action, { KeyId }),
    done: texts.saved,
  })
  const isPending = state === 'PendingDeletion' || state === 'PendingReplicaDeletion'
  return (
    <SpaceBetween size="xs">
      <SpaceBetween direction="horizontal" size="xs">
        {isPending ? (
          <Button loading={change.isPending} onClick={() => change.mutate('CancelKeyDeletion')}>
            {texts.cancelDeletion}
          </Button>
        ) : (
          <Button onClick={() => setDeleting(true)}>{texts.delete}</Button>
        )}
        <Button
          disabled={isPending}
          loading={change.isPending}
          onClick={() => change.mutate(state === 'Disabled' ? 'EnableKey' : 'DisableKey')}
        >
          {state === 'Disabled' ? texts.enable : texts.disable}
        </Button>
        <Button onClick={() => open(PLACES.auditOf('ResourceName', facts.Arn))}>{texts.audit}</Button>
        <Button variant="primary" onClick={() => open(PLACES.tryIt(KeyId))}>
          {texts.tryIt}
        </Button>
      </SpaceBetween>
      <Failure error={change.error} />
      {isDeleting && <DeleteKey facts={facts} name={name} onClose={() => setDeleting(false)} />}
    </SpaceBetween>
  )
}

const DAYS_BY_DEFAULT = '30'

function DeleteKey({ facts, name, onClose }: Props & { readonly onClose: () => void }): ReactNode {
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
  const isReady = typed === shortAlias(name) && /^(?:[7-9]|[12][0-9]|30)$/.test(days)
  return (
    <Modal
      visible
      header={texts.deleteTitle}
      onDismiss={onClose}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onClose}>
              {common.cancel}
            </Button>
            <Button
              variant="primary"
              disabled={!isReady}
              loading={schedule.isPending}
              onClick={() => schedule.mutate(undefined)}
            >
              {texts.delete}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <Alert type="warning">{texts.deleteWarn}</Alert>
        <FormField label={texts.deleteDays}>
          <Input value={days} inputMode="numeric" onChange={({ detail }) => change({ days: detail.value })} />
        </FormField>
        <FormField label={fill(texts.deleteConfirm, { name: shortAlias(name) })}>
          <Input value={typed} onChange={({ detail }) => change({ typed: detail.value })} />
        </FormField>
        <Failure error={schedule.error} />
        <ShowCli name="ScheduleKeyDeletion" input={input} />
      </SpaceBetween>
    </Modal>
  )
}
