import CollectionPreferences from '@cloudscape-design/components/collection-preferences'
import { type ReactNode, useState } from 'react'
import { KEYS_TEXTS as texts } from '../../texts/en/keys.ts'
import { TEXTS } from '../../texts/en.ts'
import { COLUMNS, COLUMNS_BY_DEFAULT } from './columns.tsx'

/** What a person has chosen for the list. */
export type KeysPreferences = { readonly pageSize: number; readonly columns: readonly string[] }

const STORED = 'holdfast-keys'
const PAGE_SIZES = [20, 50, 100]
const BY_DEFAULT: KeysPreferences = { pageSize: 20, columns: COLUMNS_BY_DEFAULT }

/** The preferences of the list in this browser, and what changes them. */
export function usePreferences(): readonly [KeysPreferences, (preferences: KeysPreferences) => void] {
  const [preferences, set] = useState(readPreferences)
  return [
    preferences,
    (next) => {
      window.localStorage.setItem(STORED, JSON.stringify(next))
      set(next)
    },
  ]
}

function readPreferences(): KeysPreferences {
  try {
    const stored: unknown = JSON.parse(window.localStorage.getItem(STORED) ?? 'null')
    if (typeof stored !== 'object' || stored === null) return BY_DEFAULT
    const { pageSize, columns }: { pageSize?: unknown; columns?: unknown } = stored
    return {
      pageSize: PAGE_SIZES.find((size) => size === pageSize) ?? BY_DEFAULT.pageSize,
      columns: Array.isArray(columns) ? columns.filter(isColumn) : BY_DEFAULT.columns,
    }
  } catch {
    return BY_DEFAULT
  }
}

function isColumn(value: unknown): value is string {
  return COLUMNS.some(({ id }) => id === value)
}

type Props = { readonly value: KeysPreferences; readonly onChange: (value: KeysPreferences) => void }

/** A dialog with the preferences. */
export function Preferences({ value, onChange }: Props): ReactNode {
  return (
    <CollectionPreferences
      title={texts.preferences}
      confirmLabel={texts.confirm}
      cancelLabel={TEXTS.common.cancel}
      preferences={{ pageSize: value.pageSize, visibleContent: value.columns }}
      pageSizePreference={{
        title: texts.pageSize,
        options: PAGE_SIZES.map((size) => ({
          value: size,
          label: texts.count.replace('{count}', String(size)),
        })),
      }}
      visibleContentPreference={{
        title: texts.columns,
        options: [
          {
            label: texts.columns,
            options: COLUMNS.map(({ id, header }) => ({
              id,
              label: String(header),
              editable: id !== 'id',
            })),
          },
        ],
      }}
      onConfirm={({ detail }) =>
        onChange({
          pageSize: detail.pageSize ?? value.pageSize,
          columns: detail.visibleContent ?? value.columns,
        })
      }
    />
  )
}
