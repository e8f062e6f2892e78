import BreadcrumbGroup from '@cloudscape-design/components/breadcrumb-group'
import ContentLayout from '@cloudscape-design/components/content-layout'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { type ReactNode, useState } from 'react'
import type { Call } from '../../api/cli.ts'
import { PLACES, useFollow, useOpen } from '../../shared/follow.ts'
import { type Permit, PermitButton } from '../../shared/may.tsx'
import { visibleText } from '../../shared/plain-text.tsx'
import { ACCESS_TEXTS as texts } from '../../texts/en/access.ts'
import { DeleteModal } from './name-modal.tsx'
import type { AccessTab } from './search.ts'

type Props = {
  readonly tab: AccessTab
  readonly name: string
  readonly deletion: {
    readonly permit: Permit
    readonly run: () => Promise<unknown>
    readonly call: Call
  }
  readonly children: ReactNode
}

/** The page of one user, group, role or policy: where it belongs, its name, and the button that deletes it. */
export function PageOf({ tab, name, deletion, children }: Props): ReactNode {
  const follow = useFollow()
  const open = useOpen()
  const [isDeleting, setDeleting] = useState(false)
  return (
    <ContentLayout
      breadcrumbs={
        <BreadcrumbGroup
          onFollow={follow}
          items={[
            { text: texts.title, href: PLACES.access },
            { text: texts.tabs[tab], href: PLACES.accessTab(tab) },
            { text: visibleText(name), href: '' },
          ]}
        />
      }
      header={
        <Header
          variant="h1"
          actions={
            <PermitButton permit={deletion.permit} onClick={() => setDeleting(true)}>
              {texts.delete}
            </PermitButton>
          }
        >
          {visibleText(name)}
        </Header>
      }
    >
      <SpaceBetween size="l">
        {children}
        {isDeleting && (
          <DeleteModal
            name={name}
            run={deletion.run}
            call={deletion.call}
            onClose={() => setDeleting(false)}
            onDeleted={() => open(PLACES.accessTab(tab))}
          />
        )}
      </SpaceBetween>
    </ContentLayout>
  )
}
