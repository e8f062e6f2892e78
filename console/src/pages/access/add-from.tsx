import Select from '@cloudscape-design/components/select'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { type ReactNode, useState } from 'react'
import type { Call } from '../../api/cli.ts'
import { type Permit, PermitButton } from '../../shared/may.tsx'
import { ShowCommands } from '../../shared/show-cli.tsx'

type Option = { readonly value: string; readonly label?: string }

type Props = {
  readonly label: string
  readonly placeholder: string
  readonly permit: Permit
  readonly options: readonly Option[]
  readonly isBusy: boolean
  readonly onAdd: (value: string) => void
  /** The call that adds a value. */
  readonly callOf: (value: string) => Call
}

/** A choice, and a button that adds what was chosen. */
export function AddFrom({ label, placeholder, permit, options, isBusy, onAdd, callOf }: Props): ReactNode {
  const [chosen, setChosen] = useState<string>()
  return (
    <SpaceBetween direction="horizontal" size="xs">
      <Select
        ariaLabel={placeholder}
        placeholder={placeholder}
        filteringType="auto"
        expandToViewport
        options={options}
        selectedOption={options.find(({ value }) => value === chosen) ?? null}
        onChange={({ detail }) => setChosen(detail.selectedOption.value)}
      />
      <PermitButton
        permit={permit}
        disabled={chosen === undefined}
        loading={isBusy}
        onClick={() => {
          if (chosen !== undefined) onAdd(chosen)
          setChosen(undefined)
        }}
      >
        {label}
      </PermitButton>
      {chosen !== undefined && <ShowCommands calls={[callOf(chosen)]} />}
    </SpaceBetween>
  )
}
