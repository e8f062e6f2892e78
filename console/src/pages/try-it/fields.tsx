import FormField from '@cloudscape-design/components/form-field'
import Select from '@cloudscape-design/components/select'
import Textarea from '@cloudscape-design/components/textarea'
import type { ReactNode } from 'react'

type ChoiceProps<T extends string> = {
  readonly label: string
  readonly about?: string
  readonly values: readonly T[]
  readonly value: T
  readonly onChange: (value: T) => void
}

/** One of several values, as the API names them. */
export function Choice<T extends string>({
  label,
  about,
  values,
  value,
  onChange,
}: ChoiceProps<T>): ReactNode {
  return (
    <FormField label={label} constraintText={about}>
      <Select
        selectedOption={{ value, label: value }}
        options={values.map((one) => ({ value: one, label: one }))}
        onChange={({ detail }) => {
          const chosen = values.find((one) => one === detail.selectedOption.value)
          if (chosen !== undefined) onChange(chosen)
        }}
      />
    </FormField>
  )
}

type TextProps = {
  readonly label: string
  readonly about?: string
  readonly wrong?: string | undefined
  readonly value: string
  readonly onChange: (value: string) => void
}

/** A text of several lines, which the browser does not remember. */
export function TextField({ label, about, wrong, value, onChange }: TextProps): ReactNode {
  return (
    <FormField label={label} constraintText={about} errorText={wrong} stretch>
      <Textarea
        rows={4}
        value={value}
        spellcheck={false}
        autoComplete={false}
        onChange={({ detail }) => onChange(detail.value)}
      />
    </FormField>
  )
}
