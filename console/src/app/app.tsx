import '@cloudscape-design/global-styles/index.css'
import I18nProvider from '@cloudscape-design/components/i18n'
import messages from '@cloudscape-design/components/i18n/messages/all.en'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { shouldRetry } from '../api/keys.ts'
import { onIdentityChange } from '../session/session.ts'
import { router } from './router.tsx'
import { applyTheme, chosenTheme } from './theme.ts'

// A browser without a network may well reach a server on its own machine: every call is made, whatever it says.
const networkMode = 'always'
const queries = new QueryClient({
  defaultOptions: {
    queries: { retry: shouldRetry, staleTime: 5_000, networkMode },
    mutations: { retry: false, networkMode },
  },
})

onIdentityChange(() => queries.getQueryCache().clear())
applyTheme(chosenTheme())

/** The console of somebody who has signed in. */
export function App(): ReactNode {
  return (
    <I18nProvider locale="en" messages={[messages]}>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </I18nProvider>
  )
}
