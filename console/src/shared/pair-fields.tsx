import AttributeEditor from '@cloudscape-design/components/attribute-editor'
import Input from '@cloudscape-design/components/input'
import type { ReactNode } from 'react'
import { TEXTS } from '../texts/en.ts'

/** A tag, or an entry of an encryption context. */
export type Pair = { readonly key: string; readonly value: string }

type Props = {
  readonly pairs: readonly Pair[]
  readonly onChange: (pairs: readonly Pair[]) => void
  readonly texts: {
    readonly add: string
    readonly empty: string
    readonly key: string
    readonly value: string
  }
}

/** Pairs of texts, one in each row. */
export function PairFields({ pairs, onChange, texts }: Props): ReactNode {
  const edit = (index: number, change: Partial<Pair>): void =>
    onChange(pairs.map((pair, at) => (at === index ? { ...pair, ...change } : pair)))
  return (
    <AttributeEditor
      items={pairs}
      addButtonText={texts.add}
      removeButtonText={TEXTS.common.remove}
      empty={texts.empty}
      onAddButtonClick={() => onChange([...pairs, { key: '', value: '' }])}
      onRemoveButtonClick={({ detail }) => onChange(pairs.filter((_, at) => at !== detail.itemIndex))}
      definition={[
        {
          label: texts.key,
          control: ({ key }, index) => (
            <Input value={key} onChange={({ detail }) => edit(index, { key: detail.value })} />
          ),
        },
        {
          label: texts.value,
          control: ({ value }, index) => (
            <Input value={value} onChange={({ detail }) => edit(index, { value: detail.value })} />
          ),
        },
      ]}
    />
  )
}
