import { useCollection } from '@cloudscape-design/collection-hooks'
import Box from '@cloudscape-design/components/box'
import Header from '@cloudscape-design/components/header'
import Pagination from '@cloudscape-design/components/pagination'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Table from '@cloudscape-design/components/table'
import TextFilter from '@cloudscape-design/components/text-filter'
import type { ReactNode } from 'react'
import { fill, TEXTS } from '../texts/en.ts'
import type { Cell } from './csv.ts'
import { Export } from './export.tsx'
import { Failure } from './failure.tsx'
import { visibleText } from './plain-text.tsx'

/** A column of a {@link DataTable}. @public */
export type DataColumn<T> = {
  readonly id: string
  readonly header: string
  /** The value, for sorting, filtering and exports. */
  readonly value: (item: T) => Cell
  /** What the cell shows; the value as text if it is absent. */
  readonly cell?: (item: T) => ReactNode
  /** Pixels that keep a long word whole. */
  readonly minWidth?: number
}

type Props<T> = {
  readonly title: string
  readonly description?: string
  /** The name of exported files, without an extension. */
  readonly name: string
  readonly items: readonly T[] | undefined
  readonly error?: Error | null
  readonly columns: readonly DataColumn<T>[]
  readonly trackBy: (item: T) => string
  readonly empty: string
  /** Buttons, each with a key. */
  readonly actions?: readonly ReactNode[]
  readonly pageSize?: number
  /** Columns after the others, such as buttons: exports do not have them. */
  readonly more?: readonly {
    readonly id: string
    readonly header: string
    readonly cell: (item: T) => ReactNode
    readonly minWidth?: number
  }[]
}

const PAGE_SIZE = 20
const { common: texts } = TEXTS

/** A list that the page holds as a whole: with a filter, sorting, pages and exports. */
export function DataTable<T>(props: Props<T>): ReactNode {
  const { title, description, name, items, error = null, columns, trackBy, empty, actions = [] } = props
  const {
    items: shown,
    collectionProps,
    filterProps,
    filteredItemsCount,
    paginationProps,
  } = useCollection(items ?? [], {
    filtering: {
      filteringFunction: (item, text) => matches(columns, item, text),
      // Nobody knows whether there are any when the list could not be read.
      empty: error === null && <Box>{empty}</Box>,
      noMatch: <Box>{texts.noMatch}</Box>,
    },
    sorting: {},
    pagination: { pageSize: props.pageSize ?? PAGE_SIZE },
  })
  const many = (items?.length ?? 0) > (props.pageSize ?? PAGE_SIZE)
  return (
    <SpaceBetween size="m">
      <Failure error={error} />
      <Table
        {...collectionProps}
        trackBy={trackBy}
        items={shown}
        loading={items === undefined && error === null}
        loadingText={texts.loading}
        wrapLines
        enableKeyboardNavigation
        ariaLabels={{ tableLabel: title }}
        columnDefinitions={[...columns.map(definition), ...(props.more ?? [])]}
        header={
          <Header
            variant="h2"
            description={description}
            counter={items === undefined ? undefined : `(${items.length})`}
            actions={
              <SpaceBetween direction="horizontal" size="xs">
                {[
                  ...actions,
                  <Export
                    key="export"
                    name={name}
                    columns={columns.map(({ header, value }) => ({ name: header, value }))}
                    items={() => items ?? []}
                  />,
                ]}
              </SpaceBetween>
            }
          >
            {title}
          </Header>
        }
        filter={
          many ? (
            <TextFilter
              {...filterProps}
              filteringAriaLabel={`${texts.find} ${title}`}
              filteringPlaceholder={texts.find}
              countText={fill(texts.matches, { count: String(filteredItemsCount ?? 0) })}
            />
          ) : undefined
        }
        pagination={many ? <Pagination {...paginationProps} /> : undefined}
      />
    </SpaceBetween>
  )
}

function definition<T>({ id, header, value, cell, minWidth }: DataColumn<T>, index: number) {
  return {
    id,
    header,
    ...(minWidth !== undefined && { minWidth }),
    isRowHeader: index === 0,
    cell: cell ?? ((item: T) => visibleText(String(value(item) ?? texts.none))),
    sortingComparator: (left: T, right: T) => compare(value(left), value(right)),
  }
}

function compare(left: Cell, right: Cell): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right
  return String(left ?? '').localeCompare(String(right ?? ''))
}

function matches<T>(columns: readonly DataColumn<T>[], item: T, text: string): boolean {
  const wanted = text.toLowerCase()
  return columns.some(({ value }) =>
    String(value(item) ?? '')
      .toLowerCase()
      .includes(wanted),
  )
}
