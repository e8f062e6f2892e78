import Link from '@cloudscape-design/components/link'
import type { TableProps } from '@cloudscape-design/components/table'
import type { ReactNode } from 'react'
import type { KeySummary } from '../../api/key-summaries.ts'
import { shortAlias } from '../../shared/alias.tsx'
import type { ExportColumn } from '../../shared/export.tsx'
import { PLACES, useFollow } from '../../shared/follow.ts'
import { showTime } from '../../shared/form.ts'
import { KeyState } from '../../shared/key-state.tsx'
import { PlainText } from '../../shared/plain-text.tsx'
import { KEYS_TEXTS as texts } from '../../texts/en/keys.ts'
import { TEXTS } from '../../texts/en.ts'
import type { Sort } from './search.ts'

const { none } = TEXTS.common

/** A column of the list of keys. */
export type KeysColumn = TableProps.ColumnDefinition<KeySummary> & {
  readonly id: string
  readonly sortingField?: Sort
}

/** Every column, in the order of the list. */
export const COLUMNS: readonly KeysColumn[] = [
  {
    id: 'alias',
    header: texts.aliases,
    sortingField: 'Alias',
    cell: ({ Aliases = [] }) => <PlainText text={Aliases.map(shortAlias).join(', ') || none} />,
  },
  {
    id: 'id',
    header: texts.id,
    sortingField: 'KeyId',
    isRowHeader: true,
    cell: ({ KeyId = '' }) => <KeyLink id={KeyId} />,
  },
  {
    id: 'state',
    header: texts.keyStates,
    sortingField: 'KeyState',
    cell: ({ KeyState: state }) => <KeyState state={state} />,
  },
  { id: 'spec', header: texts.spec, sortingField: 'KeySpec', cell: ({ KeySpec }) => KeySpec },
  { id: 'usage', header: texts.usage, sortingField: 'KeyUsage', cell: ({ KeyUsage }) => KeyUsage },
  {
    id: 'used',
    header: texts.lastUsed,
    sortingField: 'LastUsedDate',
    cell: ({ LastUsedDate: at }) => (at === undefined ? texts.never : showTime(at)),
  },
  {
    id: 'created',
    header: texts.created,
    sortingField: 'CreationDate',
    cell: ({ CreationDate }) => showTime(CreationDate),
  },
  { id: 'origin', header: texts.origin, sortingField: 'Origin', cell: ({ Origin }) => Origin },
  {
    id: 'description',
    header: texts.description,
    sortingField: 'Description',
    cell: ({ Description }) => <PlainText text={Description || none} />,
  },
  { id: 'tags', header: texts.tags, cell: (key) => <PlainText text={tagsOf(key) || none} /> },
  {
    id: 'deletion',
    header: texts.deletion,
    sortingField: 'DeletionDate',
    cell: ({ DeletionDate }) => showTime(DeletionDate),
  },
  { id: 'expires', header: texts.expires, cell: ({ ValidTo }) => showTime(ValidTo) },
  {
    id: 'multiRegion',
    header: texts.multiRegion,
    cell: ({ MultiRegionKeyType }) => MultiRegionKeyType ?? none,
  },
]

/** The columns that the list shows until somebody chooses others. */
export const COLUMNS_BY_DEFAULT: readonly string[] = [
  'alias',
  'id',
  'state',
  'spec',
  'usage',
  'used',
  'created',
]

/** The columns of exports. */
export const EXPORT_COLUMNS: readonly ExportColumn<KeySummary>[] = [
  { name: 'KeyId', value: ({ KeyId }) => KeyId },
  { name: 'KeyArn', value: ({ KeyArn }) => KeyArn },
  { name: 'Aliases', value: ({ Aliases = [] }) => Aliases.join(' ') },
  { name: 'Description', value: ({ Description }) => Description },
  { name: 'KeyState', value: ({ KeyState: state }) => state },
  { name: 'KeySpec', value: ({ KeySpec }) => KeySpec },
  { name: 'KeyUsage', value: ({ KeyUsage }) => KeyUsage },
  { name: 'Origin', value: ({ Origin }) => Origin },
  { name: 'KeyManager', value: ({ KeyManager }) => KeyManager },
  { name: 'MultiRegion', value: ({ MultiRegion }) => MultiRegion },
  { name: 'CreationDate', value: ({ CreationDate }) => isoTime(CreationDate) },
  { name: 'LastUsedDate', value: ({ LastUsedDate }) => isoTime(LastUsedDate) },
  { name: 'DeletionDate', value: ({ DeletionDate }) => isoTime(DeletionDate) },
  { name: 'Tags', value: tagsOf },
]

function KeyLink({ id }: { readonly id: string }): ReactNode {
  const follow = useFollow()
  return (
    <Link href={PLACES.key(id)} onFollow={follow}>
      {id}
    </Link>
  )
}

function tagsOf({ Tags = [] }: KeySummary): string {
  return Tags.map(({ TagKey, TagValue }) => `${TagKey}=${TagValue}`).join(', ')
}

function isoTime(seconds: number | undefined): string | undefined {
  return seconds === undefined ? undefined : new Date(seconds * 1000).toISOString()
}
