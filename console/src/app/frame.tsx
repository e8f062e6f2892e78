import AppLayout from '@cloudscape-design/components/app-layout'
import SideNavigation from '@cloudscape-design/components/side-navigation'
import TopNavigation, { type TopNavigationProps } from '@cloudscape-design/components/top-navigation'
import { Outlet, useLocation } from '@tanstack/react-router'
import { lazy, type ReactNode, Suspense, useState } from 'react'
import { changeRegion, signOut, switchBack, useOwnSession, useSession } from '../session/session.ts'
import { BASE, PLACES, useFollow } from '../shared/follow.ts'
import { useForbidden } from '../shared/may.tsx'
import { Notices } from '../shared/notices.tsx'
import { CREDENTIALS_TEXTS } from '../texts/en/credentials.ts'
import { SESSION_TEXTS } from '../texts/en/session.ts'
import { TEXTS } from '../texts/en.ts'
import icon from './icon.svg'
import { chooseTheme, chosenTheme, THEMES } from './theme.ts'

const { navigation: texts } = TEXTS

/** Loaded when somebody opens them. */
const SwitchRole = lazy(async () => ({ default: (await import('./switch-role.tsx')).SwitchRole }))
const SwitchAccount = lazy(async () => ({ default: (await import('./switch-account.tsx')).SwitchAccount }))

/** Narrower windows begin without the navigation. */
const NAVIGATION_MIN_WIDTH = 900

/** What stands around every page: who has signed in, the navigation, and notices. */
export function Frame(): ReactNode {
  const { arn } = useSession()
  const [isOpen, setOpen] = useState(window.innerWidth >= NAVIGATION_MIN_WIDTH)
  return (
    <>
      <div id="top">
        <Top />
      </div>
      <AppLayout
        headerSelector="#top"
        navigationOpen={isOpen}
        onNavigationChange={({ detail }) => setOpen(detail.open)}
        navigation={<Navigation />}
        notifications={<Notices />}
        toolsHide
        content={<Outlet key={arn} />}
      />
    </>
  )
}

function Navigation(): ReactNode {
  const follow = useFollow()
  const { pathname } = useLocation()
  const links = usePlaces()
  const path = pathname.startsWith(BASE) ? pathname : `${BASE}${pathname}`
  const active = links
    .flat()
    .findLast(({ href }) => path === href || (href !== PLACES.home && path.startsWith(href)))
  return (
    <SideNavigation
      header={{ text: TEXTS.product, href: PLACES.home }}
      activeHref={active?.href}
      items={links.flatMap((group, index) => [...(index === 0 ? [] : [DIVIDER]), ...group])}
      onFollow={follow}
    />
  )
}

const DIVIDER = { type: 'divider' } as const

/** The pages, in groups, without those that the person is known to have no permission for. */
function usePlaces(): readonly (readonly { type: 'link'; text: string; href: string }[])[] {
  const { region, account } = useSession()
  const of = (kind: string): string => `arn:aws:holdfast:${region}:${account}:${kind}/*`
  const needs = useForbidden([
    { action: 'holdfast:ListInsights', resource: of('insight') },
    { action: 'holdfast:GetUsage' },
    { action: 'kms:DescribeCustomKeyStores' },
    { action: 'iam:ListUsers' },
    { action: 'holdfast:ListQuotas', resource: `arn:aws:holdfast::${account}:quota/*` },
  ])
  const forbidden = new Set([...needs].map(({ action }) => action))
  const link = (text: string, href: string, action = '') =>
    forbidden.has(action) ? [] : [{ type: 'link' as const, text, href }]
  return [
    [
      ...link(texts.home, PLACES.home),
      ...link(texts.keys, PLACES.keys),
      ...link(texts.keyStores, PLACES.keyStores, 'kms:DescribeCustomKeyStores'),
      ...link(texts.tryIt, PLACES.tryAny),
    ],
    [
      ...link(texts.audit, PLACES.audit),
      ...link(texts.refusals, PLACES.refusals),
      ...link(texts.insights, PLACES.insights, 'holdfast:ListInsights'),
      ...link(texts.usage, PLACES.usage, 'holdfast:GetUsage'),
      ...link(texts.report, PLACES.report),
    ],
    [
      ...link(texts.access, PLACES.access, 'iam:ListUsers'),
      ...link(texts.quotas, PLACES.quotas, 'holdfast:ListQuotas'),
      ...link(texts.settings, PLACES.settings),
    ],
  ]
}

/** The regions that the menu offers; any other is used when the server is configured for it. */
const REGIONS = [
  ...['us-east-1', 'us-east-2', 'us-west-1', 'us-west-2', 'ca-central-1', 'eu-central-1', 'eu-north-1'],
  ...['eu-west-1', 'eu-west-2', 'eu-west-3', 'ap-northeast-1', 'ap-south-1', 'ap-southeast-1'],
  ...['ap-southeast-2', 'sa-east-1'],
]

function Top(): ReactNode {
  const { region } = useSession()
  const follow = useFollow()
  const [dialog, setDialog] = useState<'role' | 'account'>()
  const close = (): void => setDialog(undefined)
  const person = usePersonMenu(setDialog)
  return (
    <>
      <TopNavigation
        identity={{ href: PLACES.home, title: TEXTS.product, logo: { src: icon, alt: '' }, onFollow: follow }}
        utilities={[
          {
            type: 'menu-dropdown',
            text: region,
            ariaLabel: `${texts.region}: ${region}`,
            items: [...new Set([region, ...REGIONS])].map((id) => ({ id, text: id })),
            onItemClick: ({ detail }) => changeRegion(detail.id),
          },
          person,
        ]}
      />
      <Suspense>
        {dialog === 'role' && <SwitchRole onClose={close} />}
        {dialog === 'account' && <SwitchAccount onClose={close} />}
      </Suspense>
    </>
  )
}

/** The menu of who has signed in. */
function usePersonMenu(onSwitch: (to: 'role' | 'account') => void): TopNavigationProps.MenuDropdownUtility {
  const { account, user, role, arn } = useSession()
  const own = useOwnSession()
  const [theme, setTheme] = useState(chosenTheme)
  const follow = useFollow()
  const isRoot = user === null && role === null
  const actions: Readonly<Record<string, () => void>> = {
    'sign-out': () => void signOut(),
    switch: () => onSwitch('role'),
    'switch-account': () => onSwitch('account'),
    back: switchBack,
  }
  return {
    type: 'menu-dropdown',
    text: `${user ?? role ?? texts.root} @ ${account}`,
    description: arn,
    iconName: 'user-profile',
    items: [
      {
        id: 'theme',
        text: texts.theme,
        items: THEMES.map((id) => ({ id, text: texts[id], disabled: id === theme })),
      },
      { id: 'credentials', text: CREDENTIALS_TEXTS.title, href: PLACES.credentials },
      { id: 'switch', text: SESSION_TEXTS.switch, disabled: isRoot, disabledReason: SESSION_TEXTS.rootAbout },
      { id: 'switch-account', text: SESSION_TEXTS.switchAccount },
      ...(own === undefined ? [] : [{ id: 'back', text: SESSION_TEXTS.back }]),
      { id: 'sign-out', text: texts.signOut },
    ],
    onItemFollow: follow,
    onItemClick: ({ detail }) => {
      const chosen = THEMES.find((id) => id === detail.id)
      actions[detail.id]?.()
      if (chosen === undefined) return
      chooseTheme(chosen)
      setTheme(chosen)
    },
  }
}
