import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import ButtonDropdown from '@cloudscape-design/components/button-dropdown'
import Header from '@cloudscape-design/components/header'
import Pagination from '@cloudscape-design/components/pagination'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Table from '@cloudscape-design/components/table'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { allKeySummaries, type KeySummary, type KeysQuestion, keySummaries } from '../../api/key-summaries.ts'
import { useSession } from '../../session/session.ts'
import { Export } from '../../shared/export.tsx'
import { Failure } from '../../shared/failure.tsx'
import { PLACES, useOpen } from '../../shared/follow.ts'
import { PermitButton } from '../../shared/may.tsx'
import { ShowCli } from '../../shared/show-cli.tsx'
import { BULK_TEXTS, KEYS_TEXTS as texts } from '../../texts/en/keys.ts'
import { fill, TEXTS } from '../../texts/en.ts'
import { Bulk, type BulkAction } from './bulk.tsx'
import { COLUMNS, EXPORT_COLUMNS } from './columns.tsx'
import { KeysFilter } from './filter.tsx'
import { Preferences, usePreferences } from './preferences.tsx'
import { type KeysSearch, parseKeysSearch, questionOf, SORTS } from './search.ts'

const { common } = TEXTS
const route = getRouteApi('/keys')
const LABELS = {
  tableLabel: texts.title,
  selectionGroupLabel: texts.select,
  allItemsSelectionLabel: () => texts.selectAll,
  itemSelectionLabel: (_: unknown, { KeyId }: KeySummary) => `${texts.select} ${KeyId}`,
}
const ACTIONS: readonly BulkAction[] = ['enable', 'disable', 'tag', 'delete', 'cancel']

/** The keys of the account in the Region: the server filters, sorts and pages them. */
export function Keys(): ReactNode {
  const { region } = useSession()
  // The router adds members of the address that the parser has left out.
  const search = parseKeysSearch(route.useSearch())
  const navigate = route.useNavigate()
  const [preferences, setPreferences] = usePreferences()
  const [page, setPage] = useState(0)
  const [selected, setSelected] = useState<readonly KeySummary[]>([])
  const [action, setAction] = useState<BulkAction>()
  const question = questionOf(search, Date.now() / 1000)
  const list = useInfiniteQuery(keySummaries(region, question, preferences.pageSize))
  const shown = list.data?.pages[page] ?? list.data?.pages.at(-1)
  const show = (next: KeysSearch): void => {
    setPage(0)
    void navigate({ search: next, replace: true })
  }
  const close = (): void => {
    setAction(undefined)
    setSelected([])
  }
  const turnTo = async (next: number): Promise<void> => {
    if (next >= (list.data?.pages.length ?? 0)) await list.fetchNextPage()
    setPage(next)
  }
  return (
    <SpaceBetween size="m">
      <Failure error={list.error} />
      <Table
        variant="full-page"
        selectionType="multi"
        trackBy="KeyId"
        selectedItems={selected}
        onSelectionChange={({ detail }) => setSelected(detail.selectedItems)}
        loading={list.isPending}
        loadingText={common.loading}
        items={shown?.Keys ?? []}
        columnDefinitions={COLUMNS}
        columnDisplay={COLUMNS.map(({ id }) => ({ id, visible: preferences.columns.includes(id) }))}
        sortingColumn={{ sortingField: search.sort ?? 'KeyId' }}
        sortingDescending={search.descending === true}
        onSortingChange={({ detail }) => {
          const sort = SORTS.find((one) => one === detail.sortingColumn.sortingField)
          const descending = detail.isDescending === true
          show({ ...search, sort, ...{ descending } })
        }}
        ariaLabels={LABELS}
        enableKeyboardNavigation
        wrapLines
        header={
          <KeysHeader
            counter={
              shown && fill(texts.counter, { matches: String(shown.Matches), total: String(shown.Total) })
            }
            selected={selected.length}
            onRefresh={() => void list.refetch()}
            onAction={setAction}
            items={() => allKeySummaries(question)}
          />
        }
        filter={
          <KeysFilter
            filter={search.filter ?? []}
            matches={shown?.Matches}
            onChange={(filter) => show({ ...search, filter })}
          />
        }
        preferences={<Preferences value={preferences} onChange={setPreferences} />}
        pagination={
          <Pagination
            currentPageIndex={page + 1}
            pagesCount={(list.data?.pages.length ?? 1) + (list.hasNextPage ? 1 : 0)}
            openEnd={list.hasNextPage}
            disabled={list.isFetchingNextPage}
            onChange={({ detail }) => void turnTo(detail.currentPageIndex - 1)}
          />
        }
        empty={<Empty list={list} search={search} onClear={() => show({})} />}
        footer={<Footer isCurrent={shown?.Current !== false} question={question} />}
      />
      {action !== undefined && <Bulk action={action} keys={selected} onClose={close} />}
    </SpaceBetween>
  )
}

type FooterProps = { readonly isCurrent: boolean; readonly question: KeysQuestion }

function Footer({ isCurrent, question }: FooterProps): ReactNode {
  return (
    <SpaceBetween size="xs">
      <Box color="text-body-secondary">{isCurrent ? '' : texts.notCurrent}</Box>
      <ShowCli name="ListKeySummaries" input={question} />
    </SpaceBetween>
  )
}

type HeaderProps = {
  readonly counter: string | undefined
  readonly selected: number
  readonly onRefresh: () => void
  readonly onAction: (action: BulkAction) => void
  readonly items: () => Promise<readonly KeySummary[]>
}

function KeysHeader({ counter, selected, onRefresh, onAction, items }: HeaderProps): ReactNode {
  const open = useOpen()
  return (
    <Header
      variant="h1"
      counter={counter}
      description={selected === 0 ? undefined : fill(texts.selected, { count: String(selected) })}
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          <Button iconName="refresh" ariaLabel={common.refresh} onClick={onRefresh} />
          <Export name="keys" columns={EXPORT_COLUMNS} items={items} />
          <ButtonDropdown
            disabled={selected === 0}
            items={ACTIONS.map((id) => ({ id, text: BULK_TEXTS[id] }))}
            onItemClick={({ detail }) => {
              const action = ACTIONS.find((one) => one === detail.id)
              if (action !== undefined) onAction(action)
            }}
          >
            {texts.actions}
          </ButtonDropdown>
          <PermitButton
            variant="primary"
            permit={{ action: 'kms:CreateKey' }}
            onClick={() => open(PLACES.createKey)}
          >
            {texts.create}
          </PermitButton>
        </SpaceBetween>
      }
    >
      {texts.title}
    </Header>
  )
}

type EmptyProps = {
  readonly list: { readonly error: Error | null }
  readonly search: KeysSearch
  readonly onClear: () => void
}

function Empty({ list, search, onClear }: EmptyProps): ReactNode {
  const open = useOpen()
  const isFiltered = (search.filter ?? []).length > 0
  // Nobody knows whether there are any when the list could not be read.
  if (list.error !== null) return null
  return (
    <Box textAlign="center">
      <Box variant="strong">{isFiltered ? texts.noMatchTitle : texts.emptyTitle}</Box>
      <Box>{isFiltered ? texts.noMatch : texts.empty}</Box>
      {isFiltered ? (
        <Button onClick={onClear}>{texts.clear}</Button>
      ) : (
        <Button onClick={() => open(PLACES.createKey)}>{texts.create}</Button>
      )}
    </Box>
  )
}
