import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import ProgressBar from '@cloudscape-design/components/progress-bar'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import type { Call } from '../../api/cli.ts'
import { call } from '../../api/client.ts'
import type { KeySummary } from '../../api/key-summaries.ts'
import { shortAlias } from '../../shared/alias.tsx'
import { Confirm } from '../../shared/confirm.tsx'
import { useForm } from '../../shared/form.ts'
import { notify } from '../../shared/notices.tsx'
import { PlainText } from '../../shared/plain-text.tsx'
import { ShowCommands } from '../../shared/show-cli.tsx'
import { BULK_TEXTS as texts } from '../../texts/en/keys.ts'
import { fill, TEXTS } from '../../texts/en.ts'
import { BulkImpact } from './bulk-impact.tsx'

/** An action on several keys. */
export type BulkAction = 'enable' | 'disable' | 'tag' | 'delete' | 'cancel'

type Props = {
  readonly action: BulkAction
  readonly keys: readonly KeySummary[]
  readonly onClose: () => void
}
type Form = {
  readonly typed: string
  readonly days: string
  readonly tagKey: string
  readonly tagValue: string
}

const DAYS_BY_DEFAULT = '30'
/** Names of keys that the dialog shows. */
const SHOWN_MAX = 10
/** Command lines that the dialog shows. */
const COMMANDS_MAX = 50

/** A dialog that does the same with several keys, one after the other. */
export function Bulk({ action, keys, onClose }: Props): ReactNode {
  const [form, change] = useForm<Form>({ typed: '', days: DAYS_BY_DEFAULT, tagKey: '', tagValue: '' })
  const [done, setDone] = useState(0)
  const count = String(keys.length)
  const calls = keys.map(({ KeyId = '' }) => callOf(action, KeyId, form))
  const work = useBulk(calls, { onStep: setDone, onClose })
  const phrase = `${texts[action].toLowerCase()} ${count}`
  const isSevere = action === 'delete' || action === 'disable'
  return (
    <Confirm
      size="large"
      title={fill(texts.titles[action], { count })}
      action={texts[action]}
      isReady={isComplete(action, form) && (!isSevere || form.typed === phrase)}
      isBusy={work.isPending}
      onConfirm={() => work.mutate()}
      onClose={onClose}
    >
      <SpaceBetween size="m">
        {isSevere && <Alert type="warning">{texts.warnings[action]}</Alert>}
        {isSevere ? <BulkImpact keys={keys} /> : <Names keys={keys} />}
        {action === 'tag' && <Alert>{texts.tagImpact}</Alert>}
        {action === 'tag' && <TagFields form={form} change={change} />}
        {action === 'delete' && (
          <FormField label={texts.days}>
            <Input
              value={form.days}
              inputMode="numeric"
              onChange={({ detail }) => change({ days: detail.value })}
            />
          </FormField>
        )}
        {isSevere && (
          <FormField label={fill(texts.confirm, { text: phrase })}>
            <Input value={form.typed} onChange={({ detail }) => change({ typed: detail.value })} />
          </FormField>
        )}
        {work.isPending && (
          <ProgressBar
            label={texts.progressLabel}
            value={(100 * done) / keys.length}
            additionalInfo={fill(texts.progress, { done: String(done), count })}
            description={texts.leave}
          />
        )}
        <ShowCommands calls={calls.slice(0, COMMANDS_MAX)} />
      </SpaceBetween>
    </Confirm>
  )
}

type Steps = { readonly onStep: (done: number) => void; readonly onClose: () => void }

/** Makes the calls one after the other, also when nobody looks any more, and says how many were refused. */
function useBulk(calls: readonly BulkCall[], { onStep, onClose }: Steps) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async () => {
      const problems: string[] = []
      for (const [index, { name, input }] of calls.entries()) {
        await call(name, input).catch((error: unknown) => {
          problems.push(`${input.KeyId}: ${error instanceof Error ? error.message : String(error)}`)
        })
        onStep(index + 1)
      }
      const changed = String(calls.length - problems.length)
      if (problems.length < calls.length)
        notify({ type: 'success', header: fill(texts.done, { count: changed }) })
      if (problems.length > 0) {
        const header = fill(texts.failures, { count: String(problems.length) })
        notify({ type: 'error', header, content: problems.slice(0, SHOWN_MAX).join('\n') })
      }
      await queries.invalidateQueries({ queryKey: ['keys'] })
      await queries.invalidateQueries({ queryKey: ['key'] })
    },
    onSuccess: onClose,
  })
}

type BulkCall = Extract<
  Call,
  { name: 'EnableKey' | 'DisableKey' | 'TagResource' | 'ScheduleKeyDeletion' | 'CancelKeyDeletion' }
>

function callOf(action: BulkAction, KeyId: string, { days, tagKey, tagValue }: Form): BulkCall {
  switch (action) {
    case 'enable':
      return { name: 'EnableKey', input: { KeyId } }
    case 'disable':
      return { name: 'DisableKey', input: { KeyId } }
    case 'tag':
      return { name: 'TagResource', input: { KeyId, Tags: [{ TagKey: tagKey, TagValue: tagValue }] } }
    case 'delete':
      return { name: 'ScheduleKeyDeletion', input: { KeyId, PendingWindowInDays: Number(days) } }
    case 'cancel':
      return { name: 'CancelKeyDeletion', input: { KeyId } }
  }
}

function isComplete(action: BulkAction, { days, tagKey }: Form): boolean {
  if (action === 'tag') return tagKey !== ''
  return action !== 'delete' || /^(?:[7-9]|[12][0-9]|30)$/.test(days)
}

function Names({ keys }: { readonly keys: readonly KeySummary[] }): ReactNode {
  const more = keys.length - SHOWN_MAX
  return (
    <Box>
      <Box variant="awsui-key-label">{texts.keys}</Box>
      <ul>
        {keys.slice(0, SHOWN_MAX).map(({ KeyId = '', Aliases = [] }) => (
          <li key={KeyId}>
            <PlainText text={Aliases[0] === undefined ? KeyId : `${shortAlias(Aliases[0])} (${KeyId})`} />
          </li>
        ))}
        {more > 0 && <li>{fill(texts.more, { count: String(more) })}</li>}
      </ul>
    </Box>
  )
}

type FieldsProps = { readonly form: Form; readonly change: (change: Partial<Form>) => void }

function TagFields({ form, change }: FieldsProps): ReactNode {
  return (
    <SpaceBetween direction="horizontal" size="s">
      <FormField label={TEXTS.create.tagKey}>
        <Input value={form.tagKey} onChange={({ detail }) => change({ tagKey: detail.value })} />
      </FormField>
      <FormField label={TEXTS.create.tagValue}>
        <Input value={form.tagValue} onChange={({ detail }) => change({ tagValue: detail.value })} />
      </FormField>
    </SpaceBetween>
  )
}
