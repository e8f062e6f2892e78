import Button from '@cloudscape-design/components/button'
import DateInput from '@cloudscape-design/components/date-input'
import Input from '@cloudscape-design/components/input'
import Select from '@cloudscape-design/components/select'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { FormEvent, ReactNode } from 'react'
import { useForm } from '../../shared/form.ts'
import { TEXTS } from '../../texts/en.ts'
import { ATTRIBUTES, type Attribute, type AuditSearch } from './search.ts'

const { audit: texts } = TEXTS

type Form = {
  readonly attribute: Attribute | undefined
  readonly value: string
  readonly from: string
  readonly until: string
}

type Props = Pick<AuditSearch, 'attribute' | 'value' | 'from' | 'until'> & {
  readonly onSearch: (search: AuditSearch) => void
}

/** What is looked for: one attribute with a value, and a time, as LookupEvents has them. */
export function AuditFilter({ attribute, value = '', from = '', until = '', onSearch }: Props): ReactNode {
  const [form, change] = useForm<Form>({ attribute, value, from, until })
  const all = { value: '', label: texts.all }
  const options = ATTRIBUTES.map((name) => ({ value: name, label: texts.attributes[name] }))
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    onSearch({
      ...(form.attribute !== undefined && { attribute: form.attribute, value: form.value }),
      ...(form.from !== '' && { from: form.from }),
      ...(form.until !== '' && { until: form.until }),
    })
  }
  return (
    <form onSubmit={submit}>
      <SpaceBetween direction="horizontal" size="xs">
        <Select
          ariaLabel={texts.filter}
          options={[all, ...options]}
          selectedOption={options.find((option) => option.value === form.attribute) ?? all}
          onChange={({ detail }) =>
            change({ attribute: ATTRIBUTES.find((name) => name === detail.selectedOption.value) })
          }
        />
        <Input
          ariaLabel={texts.value}
          placeholder={texts.value}
          value={form.value}
          disabled={form.attribute === undefined}
          onChange={({ detail }) => change({ value: detail.value })}
        />
        <DateInput
          ariaLabel={texts.from}
          placeholder={texts.from}
          value={form.from}
          onChange={({ detail }) => change({ from: detail.value })}
        />
        <DateInput
          ariaLabel={texts.until}
          placeholder={texts.until}
          value={form.until}
          onChange={({ detail }) => change({ until: detail.value })}
        />
        <Button formAction="submit">{texts.search}</Button>
      </SpaceBetween>
    </form>
  )
}
