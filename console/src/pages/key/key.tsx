import ContentLayout from '@cloudscape-design/components/content-layout'
import Header from '@cloudscape-design/components/header'
import Spinner from '@cloudscape-design/components/spinner'
import Tabs from '@cloudscape-design/components/tabs'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { keyAliases, keyFacts } from '../../api/keys.ts'
import { useSession } from '../../session/session.ts'
import { shortAlias } from '../../shared/alias.tsx'
import { Failure } from '../../shared/failure.tsx'
import { PlainText } from '../../shared/plain-text.tsx'
import { TEXTS } from '../../texts/en.ts'
import { KeyActions } from './actions.tsx'
import { AliasesTab } from './aliases-tab.tsx'
import { GrantsTab } from './grants-tab.tsx'
import { ImportTab } from './import-tab.tsx'
import { Overview } from './overview.tsx'
import { PolicyTab } from './policy-tab.tsx'
import { PublicKeyTab } from './public-key-tab.tsx'
import { RegionsTab } from './regions-tab.tsx'
import { RotationTab } from './rotation-tab.tsx'
import { parseKeySearch, TABS, type Tab } from './search.ts'
import { TagsTab } from './tags-tab.tsx'
import { UsageTab } from './usage-tab.tsx'
import { UseTab } from './use-tab.tsx'

const { key: texts } = TEXTS
const route = getRouteApi('/keys/$keyId')

/** What the tabs of a key's page get. */
export type KeyProps = { readonly facts: KeyFacts }
/** What is known of a key; its id always is. */
export type KeyFacts = NonNullable<ReturnType<typeof useFacts>['facts']>

/** The page of one key. */
export function Key(): ReactNode {
  const { keyId } = route.useParams()
  // The router adds members of the address that the parser has left out.
  const { tab = 'overview' } = parseKeySearch(route.useSearch())
  const navigate = route.useNavigate()
  const { facts, error } = useFacts(keyId)
  if (facts === undefined) return <Missing name={keyId} error={error} />
  return (
    <ContentLayout header={<Title facts={facts} />}>
      <Tabs
        activeTabId={tab}
        onChange={({ detail }) => {
          const next = TABS.find((one) => one === detail.activeTabId)
          void navigate({ search: { tab: next } })
        }}
        tabs={tabsOf(facts).map((id) => ({
          id,
          label: texts.tabs[id],
          content: id === tab && contentOf(id, facts),
        }))}
      />
    </ContentLayout>
  )
}

/** Stands where the key would be: while it is read, and when it cannot be. */
function Missing({ name, error }: { readonly name: string; readonly error: Error | null }): ReactNode {
  return (
    <ContentLayout
      header={
        <Header variant="h1">
          <PlainText text={name} />
        </Header>
      }
    >
      {error === null ? <Spinner /> : <Failure error={error} />}
    </ContentLayout>
  )
}

function useFacts(keyId: string) {
  const { region } = useSession()
  const { data, error } = useQuery(keyFacts(region, keyId))
  const { KeyId, Arn = '' } = data ?? {}
  return { facts: data && KeyId !== undefined ? { ...data, KeyId, Arn, region } : undefined, error }
}

function contentOf(tab: Tab, facts: KeyFacts): ReactNode {
  switch (tab) {
    case 'overview':
      return <Overview facts={facts} />
    case 'policy':
      return <PolicyTab facts={facts} />
    case 'aliases':
      return <AliasesTab facts={facts} />
    case 'tags':
      return <TagsTab facts={facts} />
    case 'rotation':
      return <RotationTab facts={facts} />
    case 'usage':
      return <UsageTab facts={facts} />
    case 'use':
      return <UseTab facts={facts} />
    case 'grants':
      return <GrantsTab facts={facts} />
    case 'publicKey':
      return <PublicKeyTab facts={facts} />
    case 'import':
      return <ImportTab facts={facts} />
    case 'regions':
      return <RegionsTab facts={facts} />
  }
}

/** The tabs that a key has. */
function tabsOf({ KeySpec, Origin, MultiRegion }: KeyFacts): readonly Tab[] {
  const isAsymmetric = !/^(?:SYMMETRIC_DEFAULT|HMAC_)/.test(KeySpec ?? '')
  return TABS.filter((tab) => {
    if (tab === 'publicKey') return isAsymmetric
    if (tab === 'import') return Origin === 'EXTERNAL'
    return tab !== 'regions' || MultiRegion === true
  })
}

function Title({ facts }: KeyProps): ReactNode {
  const { data = [] } = useQuery(keyAliases(facts.region, facts.KeyId))
  const [first] = data
  return (
    <Header
      variant="h1"
      description={<PlainText text={facts.Description ?? ''} />}
      actions={<KeyActions facts={facts} name={first ?? facts.KeyId} />}
    >
      <PlainText text={first === undefined ? facts.KeyId : shortAlias(first)} />
    </Header>
  )
}
