import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Header from '@cloudscape-design/components/header'
import Input from '@cloudscape-design/components/input'
import Link from '@cloudscape-design/components/link'
import Pagination from '@cloudscape-design/components/pagination'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Table, { type TableProps } from '@cloudscape-design/components/table'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useState } from 'react'
import { keyFacts, keysPage } from '../../api/keys.ts'
import { useSession } from '../../session/session.ts'
import { Aliases } from '../../shared/alias.tsx'
import { Failure } from '../../shared/failure.tsx'
import { PLACES, useFollow, useOpen } from '../../shared/follow.ts'
import { showTime } from '../../shared/form.ts'
import { KeyState } from '../../shared/key-state.tsx'
import { TEXTS } from '../../texts/en.ts'

const { keys: texts, common } = TEXTS
const PAGE_SIZE = 20

type Facts = {
  readonly KeyState?: string
  readonly KeySpec?: string
  readonly KeyUsage?: string
  readonly CreationDate?: number
}

/** The keys of the account in the region, page by page as the server gives them. */
export function Keys(): ReactNode {
  const { region } = useSession()
  const open = useOpen()
  // Where each page begins; the first has no marker.
  const [markers, setMarkers] = useState<readonly (string | undefined)[]>([undefined])
  const [at, setAt] = useState(0)
  const { data, error, isPending, refetch } = useQuery(keysPage(region, markers[at], PAGE_SIZE))
  const next = data?.Truncated === true ? data.NextMarker : undefined
  const items = (data?.Keys ?? []).map(({ KeyId = '' }) => KeyId)
  const turnTo = (page: number): void => {
    if (page === markers.length && next !== undefined) setMarkers([...markers, next])
    setAt(page)
  }
  return (
    <SpaceBetween size="m">
      <Failure error={error} />
      <Table
        variant="full-page"
        trackBy={(id) => id}
        loading={isPending}
        loadingText={common.loading}
        items={items}
        columnDefinitions={COLUMNS}
        ariaLabels={{ tableLabel: texts.table }}
        enableKeyboardNavigation
        header={
          <Header
            variant="h1"
            actions={
              <SpaceBetween direction="horizontal" size="xs">
                <Button iconName="refresh" ariaLabel={common.refresh} onClick={() => void refetch()} />
                <Button variant="primary" onClick={() => open(PLACES.createKey)}>
                  {texts.create}
                </Button>
              </SpaceBetween>
            }
          >
            {texts.title}
          </Header>
        }
        filter={<OpenKey />}
        pagination={
          <Pagination
            currentPageIndex={at + 1}
            pagesCount={markers.length + (at === markers.length - 1 && next !== undefined ? 1 : 0)}
            openEnd={next !== undefined}
            onChange={({ detail }) => turnTo(detail.currentPageIndex - 1)}
          />
        }
        empty={
          <Box textAlign="center">
            <Box variant="strong">{texts.emptyTitle}</Box>
            <Box>{texts.empty}</Box>
            <Button onClick={() => open(PLACES.createKey)}>{texts.create}</Button>
          </Box>
        }
      />
    </SpaceBetween>
  )
}

function OpenKey(): ReactNode {
  const [name, setName] = useState('')
  const open = useOpen()
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (name.trim() !== '') open(PLACES.key(keyName(name.trim())))
  }
  return (
    <form onSubmit={submit}>
      <SpaceBetween direction="horizontal" size="xs">
        <Input
          type="search"
          value={name}
          placeholder={texts.find}
          ariaLabel={texts.find}
          onChange={({ detail }) => setName(detail.value)}
        />
        <Button formAction="submit">{texts.open}</Button>
      </SpaceBetween>
    </form>
  )
}

/** What a person types: a key ID, an ARN, or an alias with or without its prefix. */
function keyName(text: string): string {
  const isId = /^(?:mrk-)?[0-9a-f-]{32,36}$/.test(text)
  return isId || text.startsWith('arn:') || text.startsWith('alias/') ? text : `alias/${text}`
}

const COLUMNS: readonly TableProps.ColumnDefinition<string>[] = [
  { id: 'alias', header: texts.alias, cell: (id) => <Aliases keyId={id} /> },
  { id: 'id', header: texts.id, cell: (id) => <KeyLink id={id} />, isRowHeader: true },
  {
    id: 'state',
    header: texts.state,
    cell: (id) => <Fact id={id} of={({ KeyState: state }) => <KeyState state={state} />} />,
  },
  { id: 'spec', header: texts.spec, cell: (id) => <Fact id={id} of={({ KeySpec }) => KeySpec} /> },
  { id: 'usage', header: texts.usage, cell: (id) => <Fact id={id} of={({ KeyUsage }) => KeyUsage} /> },
  {
    id: 'created',
    header: texts.created,
    cell: (id) => <Fact id={id} of={({ CreationDate }) => showTime(CreationDate)} />,
  },
]

function KeyLink({ id }: { readonly id: string }): ReactNode {
  const follow = useFollow()
  return (
    <Link href={PLACES.key(id)} onFollow={follow}>
      {id}
    </Link>
  )
}

function Fact({ id, of }: { readonly id: string; readonly of: (facts: Facts) => ReactNode }): ReactNode {
  const { region } = useSession()
  const { data, error } = useQuery(keyFacts(region, id))
  if (error !== null) return error.message
  return data === undefined ? '' : of(data)
}
