import { createRootRoute, createRoute, createRouter } from '@tanstack/react-router'
import { parseAuditSearch } from '../pages/audit/search.ts'
import { Home } from '../pages/home/home.tsx'
import { parseKeySearch } from '../pages/key/search.ts'
import { Frame } from './frame.tsx'
import { lazyPage } from './lazy-page.ts'
import { NotFound } from './not-found.tsx'
import { PageFailed } from './page-failed.tsx'

const rootRoute = createRootRoute({ component: Frame, notFoundComponent: NotFound })

const homeRoute = createRoute({ getParentRoute: () => rootRoute, path: '/', component: Home })

const keysRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/keys',
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
  validateSearch: (search): { readonly key?: string } =>
    typeof search['key'] === 'string' ? { key: search['key'] } : {},
  component: lazyPage(() => import('../pages/try-it/try-it.tsx'), 'TryIt'),
})

const auditRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/audit',
  validateSearch: parseAuditSearch,
  component: lazyPage(() => import('../pages/audit/audit.tsx'), 'Audit'),
})

/** The addresses of the console, below `/console`. */
export const router = createRouter({
  routeTree: rootRoute.addChildren([homeRoute, keysRoute, createKeyRoute, keyRoute, tryItRoute, auditRoute]),
  basepath: '/console',
  defaultErrorComponent: PageFailed,
})

declare module '@tanstack/react-router' {
  // biome-ignore lint/style/useConsistentTypeDefinitions: the router's types are extended by declaration merging
  interface Register {
    router: typeof router
  }
}
