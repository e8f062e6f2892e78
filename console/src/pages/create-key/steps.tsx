import Container from '@cloudscape-design/components/container'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import Input from '@cloudscape-design/components/input'
import Select from '@cloudscape-design/components/select'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Textarea from '@cloudscape-design/components/textarea'
import Tiles from '@cloudscape-design/components/tiles'
import type { ReactNode } from 'react'
import { PairFields } from '../../shared/pair-fields.tsx'
import { WIZARD_TEXTS as wizard } from '../../texts/en/wizard.ts'
import { TEXTS } from '../../texts/en.ts'
import { Advanced } from './advanced.tsx'
import { type Draft, isAlias, withSpec } from './draft.ts'
import { KINDS, type Kind } from './kinds.ts'

const { create: texts } = TEXTS

/** What every step gets: the draft, and what changes it. */
export type StepProps = { readonly draft: Draft; readonly change: (change: Partial<Draft>) => void }

const KIND_NAMES = Object.keys(KINDS).filter((name): name is Kind => Object.hasOwn(KINDS, name))

/** The first step: what the key is for. */
export function ConfigureStep({ draft, change }: StepProps): ReactNode {
  const { specs } = KINDS[draft.kind]
  const choose = (value: string): void => {
    const kind = KIND_NAMES.find((name) => name === value)
    const spec = kind && KINDS[kind].specs[0]
    if (kind !== undefined && spec !== undefined) change(withSpec(draft, kind, spec))
  }
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">{texts.type}</Header>}>
        <SpaceBetween size="l">
          <Tiles
            ariaLabel={texts.type}
            columns={3}
            value={draft.kind}
            onChange={({ detail }) => choose(detail.value)}
            items={KIND_NAMES.map((value) => {
              const [label, description] = texts.kinds[value]
              return { value, label, description }
            })}
          />
          {specs.length > 1 && (
            <FormField label={texts.spec} constraintText={draft.spec === 'SM2' ? wizard.sm2 : undefined}>
              <Select
                selectedOption={{ value: draft.spec, label: draft.spec }}
                options={specs.map((value) => ({ value, label: value }))}
                onChange={({ detail }) => {
                  const spec = specs.find((one) => one === detail.selectedOption.value)
                  if (spec !== undefined) change(withSpec(draft, draft.kind, spec))
                }}
              />
            </FormField>
          )}
        </SpaceBetween>
      </Container>
      <Advanced draft={draft} change={change} />
    </SpaceBetween>
  )
}

/** The second step: names for people. */
export function LabelsStep({ draft, change }: StepProps): ReactNode {
  return (
    <Container>
      <SpaceBetween size="l">
        <FormField
          label={texts.alias}
          description={texts.aliasAbout}
          errorText={isAlias(draft.alias) ? undefined : texts.aliasWrong}
        >
          <Input value={draft.alias} onChange={({ detail }) => change({ alias: detail.value })} />
        </FormField>
        <FormField label={`${texts.description} – ${texts.optional}`}>
          <Textarea
            rows={2}
            value={draft.description}
            onChange={({ detail }) => change({ description: detail.value })}
          />
        </FormField>
        <FormField label={`${texts.tags} – ${texts.optional}`}>
          <PairFields
            pairs={draft.tags}
            onChange={(tags) => change({ tags })}
            texts={{ add: texts.addTag, empty: texts.noTags, key: texts.tagKey, value: texts.tagValue }}
          />
        </FormField>
      </SpaceBetween>
    </Container>
  )
}
