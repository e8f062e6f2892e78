import Box from '@cloudscape-design/components/box'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import type { Call } from '../api/cli.ts'
import { runCall } from '../api/run-call.ts'
import { fill, TEXTS } from '../texts/en.ts'
import { Confirm } from './confirm.tsx'
import { Failure } from './failure.tsx'
import { type Permit, PermitButton } from './may.tsx'
import { notify } from './notices.tsx'
import { visibleText } from './plain-text.tsx'
import { ShowCommands } from './show-cli.tsx'

const { common: texts } = TEXTS

type Props = {
  /** What the action does: `Revoke`. */
  readonly label: string
  /** What it does it to. */
  readonly of: string
  readonly permit: Permit
  /** The calls that it makes, in this order. */
  readonly calls: readonly Call[]
  /** What is said when it is done. */
  readonly done: string
  /** The queries whose answers it changes. */
  readonly changes: readonly unknown[]
  readonly isDisabled?: boolean
  readonly onDone?: () => void
}

/** An action on a row of a list: a button, and a dialog that says what it is for, shows its calls as commands, and makes them. */
export function RowAction(props: Props): ReactNode {
  const { label, of, permit, calls, done, changes, isDisabled = false, onDone } = props
  const [isOpen, setOpen] = useState(false)
  const queries = useQueryClient()
  const run = useMutation({
    mutationFn: async () => {
      for (const made of calls) await runCall(made)
    },
    onSuccess: async () => {
      notify({ type: 'success', header: done })
      setOpen(false)
      onDone?.()
      await queries.invalidateQueries({ queryKey: changes })
    },
  })
  return (
    <>
      <PermitButton
        variant="inline-link"
        ariaLabel={`${label} ${of}`}
        permit={permit}
        disabled={isDisabled}
        onClick={() => setOpen(true)}
      >
        {label}
      </PermitButton>
      {isOpen && (
        <Confirm
          title={label}
          action={label}
          isReady
          isBusy={run.isPending}
          onConfirm={() => run.mutate()}
          onClose={() => setOpen(false)}
        >
          <SpaceBetween size="m">
            <Box>{fill(texts.confirmRow, { action: label, name: visibleText(of) })}</Box>
            <Failure error={run.error} />
            <ShowCommands calls={calls} />
          </SpaceBetween>
        </Confirm>
      )}
    </>
  )
}
