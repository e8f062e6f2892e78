import { createRootRoute, createRoute, createRouter } from '@tanstack/react-router'
import { parseAccessSearch, parsePolicySearch } from '../pages/access/search.ts'
import { parseAuditSearch } from '../pages/audit/search.ts'
import { parseExplainSearch } from '../pages/explain/search.ts'
import { Home } from '../pages/home/home.tsx'
import { parseKeySearch } from '../pages/key/search.ts'
import { parseKeysSearch } from '../pages/keys/search.ts'
import { parseRefusalsSearch } from '../pages/refusals/search.ts'
import { parseTryItSearch } from '../pages/try-it/search.ts'
import { parseUsageSearch } from '../pages/usage/search.ts'
import { Frame } from './frame.tsx'
import { lazyPage } from './lazy-page.ts'
import { NotFound } from './not-found.tsx'
import { PageFailed } from './page-failed.tsx'

const rootRoute = createRootRoute({ component: Frame, notFoundComponent: NotFound })

const homeRoute = createRoute({ getParentRoute: () => rootRoute, path: '/', component: Home })

const keysRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/keys',
  validateSearch: parseKeysSearch,
  component: lazyPage(() => import('../pages/keys/keys.tsx'), 'Keys'),
})

const createKeyRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/keys/create',
  component: lazyPage(() => import('../pages/create-key/create-key.tsx'), 'CreateKey'),
})

const keyRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/keys/$keyId',
  validateSearch: parseKeySearch,
  component: lazyPage(() => import('../pages/key/key.tsx'), 'Key'),
})

const tryItRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/try',
  validateSearch: parseTryItSearch,
  component: lazyPage(() => import('../pages/try-it/try-it.tsx'), 'TryIt'),
})

const auditRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/audit',
  validateSearch: parseAuditSearch,
  component: lazyPage(() => import('../pages/audit/audit.tsx'), 'Audit'),
})

const refusalsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/refusals',
  validateSearch: parseRefusalsSearch,
  component: lazyPage(() => import('../pages/refusals/refusals.tsx'), 'Refusals'),
})

const explainRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/explain',
  validateSearch: parseExplainSearch,
  component: lazyPage(() => import('../pages/explain/explain.tsx'), 'Explain'),
})

const accessRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/access',
  validateSearch: parseAccessSearch,
  component: lazyPage(() => import('../pages/access/access.tsx'), 'Access'),
})

const userRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/access/users/$name',
  component: lazyPage(() => import('../pages/access/user.tsx'), 'User'),
})

const groupRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/access/groups/$name',
  component: lazyPage(() => import('../pages/access/group.tsx'), 'Group'),
})

const roleRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/access/roles/$name',
  component: lazyPage(() => import('../pages/access/role.tsx'), 'Role'),
})

const policyRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/access/policy',
  validateSearch: parsePolicySearch,
  component: lazyPage(() => import('../pages/access/managed-policy.tsx'), 'ManagedPolicy'),
})

const credentialsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/credentials',
  component: lazyPage(() => import('../pages/credentials/credentials.tsx'), 'Credentials'),
})

const usageRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/usage',
  validateSearch: parseUsageSearch,
  component: lazyPage(() => import('../pages/usage/usage.tsx'), 'Usage'),
})

const insightsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/insights',
  component: lazyPage(() => import('../pages/insights/insights.tsx'), 'Insights'),
})

const reportRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/report',
  component: lazyPage(() => import('../pages/report/report.tsx'), 'Report'),
})

const quotasRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/quotas',
  component: lazyPage(() => import('../pages/quotas/quotas.tsx'), 'Quotas'),
})

const keyStoresRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/key-stores',
  component: lazyPage(() => import('../pages/key-stores/key-stores.tsx'), 'KeyStores'),
})

const settingsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/settings',
  component: lazyPage(() => import('../pages/settings/settings.tsx'), 'Settings'),
})

/** The addresses of the console, below `/console`. */
export const router = createRouter({
  routeTree: rootRoute.addChildren([
    ...[homeRoute, keysRoute, createKeyRoute, keyRoute, keyStoresRoute, tryItRoute, auditRoute],
    ...[credentialsRoute, refusalsRoute, explainRoute],
    ...[usageRoute, insightsRoute, reportRoute, quotasRoute, settingsRoute],
    ...[accessRoute, userRoute, groupRoute, roleRoute, policyRoute],
  ]),
  basepath: '/console',
  defaultErrorComponent: PageFailed,
})

declare module '@tanstack/react-router' {
  // biome-ignore lint/style/useConsistentTypeDefinitions: the router's types are extended by declaration merging
  interface Register {
    router: typeof router
  }
}
