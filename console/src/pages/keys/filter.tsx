import PropertyFilter, { type PropertyFilterProps } from '@cloudscape-design/components/property-filter'
import type { ReactNode } from 'react'
import { KEYS_TEXTS as texts } from '../../texts/en/keys.ts'
import { CHOICES, type Condition, isProperty, type Property, TEXTUAL } from './search.ts'

type Props = {
  readonly filter: readonly Condition[]
  readonly onChange: (filter: readonly Condition[]) => void
  readonly matches: number | undefined
}

const LABELS: Readonly<Record<Property, string>> = {
  KeyState: texts.keyStates,
  KeySpec: texts.spec,
  KeyUsage: texts.usage,
  Origin: texts.origin,
  KeyManager: texts.manager,
  MultiRegion: texts.multiRegion,
  LastUsed: texts.lastUsed,
  KeyId: texts.id,
  Alias: texts.alias,
  Description: texts.description,
  TagKey: texts.tagKey,
  TagValue: texts.tagValue,
  Tag: texts.tag,
  CustomKeyStoreId: texts.store,
}

const CHOICE_NAMES = Object.keys(CHOICES).filter((name): name is keyof typeof CHOICES =>
  Object.hasOwn(CHOICES, name),
)
/** Filters of these properties match a whole value. */
const WHOLE: ReadonlySet<Property> = new Set(['Tag', 'CustomKeyStoreId'])

const PROPERTIES: readonly PropertyFilterProps.FilteringProperty[] = [
  ...CHOICE_NAMES.map((key) => ({
    key,
    operators:
      key === 'LastUsed' ? ['='] : ['=', '!='].map((operator) => ({ operator, tokenType: 'enum' as const })),
    propertyLabel: LABELS[key],
    groupValuesLabel: LABELS[key],
  })),
  ...TEXTUAL.map((key) => ({
    key,
    operators: WHOLE.has(key) ? ['=', '!='] : [':', '!:'],
    propertyLabel: LABELS[key],
    groupValuesLabel: LABELS[key],
  })),
]

const OPTIONS: readonly PropertyFilterProps.FilteringOption[] = CHOICE_NAMES.flatMap((propertyKey) =>
  CHOICES[propertyKey].map((value) => ({ propertyKey, value, label: labelOf(value) })),
)

/** The filter of the list of keys. */
export function KeysFilter({ filter, onChange, matches }: Props): ReactNode {
  return (
    <PropertyFilter
      query={{ tokens: filter.map(tokenOf), operation: 'and' }}
      filteringProperties={PROPERTIES}
      filteringOptions={OPTIONS}
      hideOperations
      expandToViewport
      filteringAriaLabel={texts.filterLabel}
      filteringPlaceholder={texts.filter}
      countText={
        matches === undefined || filter.length === 0 ? '' : texts.count.replace('{count}', String(matches))
      }
      onChange={({ detail }) => onChange(detail.tokens.flatMap(conditionOf))}
    />
  )
}

function tokenOf({ property, not = false, values }: Condition): PropertyFilterProps.Token {
  if (property === undefined) return { operator: ':', value: values.join(' ') }
  const isChoice = property in CHOICES && property !== 'LastUsed'
  const positive = property in CHOICES || WHOLE.has(property) ? '=' : ':'
  return {
    propertyKey: property,
    operator: not ? `!${positive}` : positive,
    value: isChoice ? values : values.join(' '),
  }
}

function conditionOf({ propertyKey, operator, value }: PropertyFilterProps.Token): readonly Condition[] {
  const values = parseValues(value)
  if (values.length === 0) return []
  const not = operator.startsWith('!') ? { not: true } : {}
  if (propertyKey === undefined) return [{ values }]
  return isProperty(propertyKey) ? [{ property: propertyKey, ...not, values }] : []
}

function parseValues(value: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  return list.filter((one): one is string => typeof one === 'string' && one !== '')
}

/** The values of the last use have texts; the others are the API's own. */
function labelOf(value: string): string {
  return Object.entries(texts.uses).find(([name]) => name === value)?.[1] ?? value
}
