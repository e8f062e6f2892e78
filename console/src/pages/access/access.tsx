import ContentLayout from '@cloudscape-design/components/content-layout'
import Header from '@cloudscape-design/components/header'
import Tabs from '@cloudscape-design/components/tabs'
import { getRouteApi } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { ACCESS_TEXTS as texts } from '../../texts/en/access.ts'
import { Accounts } from './accounts.tsx'
import { Controls } from './controls.tsx'
import { Groups, Policies, Providers, Roles, Users } from './lists.tsx'
import { Organization } from './organization.tsx'
import { type AccessTab, parseAccessSearch, TABS } from './search.ts'

const route = getRouteApi('/access')

/** Who there is, and what their policies allow. */
export function Access(): ReactNode {
  const { tab = 'users' } = parseAccessSearch(route.useSearch())
  const navigate = route.useNavigate()
  return (
    <ContentLayout
      header={
        <Header variant="h1" description={texts.about}>
          {texts.title}
        </Header>
      }
    >
      <Tabs
        activeTabId={tab}
        onChange={({ detail }) => {
          const next = TABS.find((one) => one === detail.activeTabId)
          void navigate({ search: { tab: next } })
        }}
        tabs={TABS.map((id) => ({ id, label: texts.tabs[id], content: id === tab && contentOf(id) }))}
      />
    </ContentLayout>
  )
}

function contentOf(tab: AccessTab): ReactNode {
  switch (tab) {
    case 'users':
      return <Users />
    case 'groups':
      return <Groups />
    case 'roles':
      return <Roles />
    case 'policies':
      return <Policies />
    case 'providers':
      return <Providers />
    case 'accounts':
      return <Accounts />
    case 'organization':
      return <Organization />
    case 'controls':
      return <Controls />
  }
}
