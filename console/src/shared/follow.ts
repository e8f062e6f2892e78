import { useRouter } from '@tanstack/react-router'

type FollowEvent = { readonly detail: { readonly href?: string }; readonly preventDefault: () => void }

/** Where the console's addresses begin. */
export const BASE = '/console'

/** For links of Cloudscape: opens addresses of the console without loading the page again. */
export function useFollow(): (event: FollowEvent) => void {
  const router = useRouter()
  return (event) => {
    const { href } = event.detail
    if (href === undefined || !href.startsWith(`${BASE}/`)) return
    event.preventDefault()
    router.history.push(href)
  }
}

/** Opens an address of the console. */
export function useOpen(): (href: string) => void {
  const router = useRouter()
  return (href) => router.history.push(href)
}

/** The addresses of the pages. */
export const PLACES = {
  home: `${BASE}/`,
  keys: `${BASE}/keys`,
  createKey: `${BASE}/keys/create`,
  keyStores: `${BASE}/key-stores`,
  key: (keyId: string) => `${BASE}/keys/${encodeURIComponent(keyId)}`,
  tryIt: (keyId: string) => `${BASE}/try?key=${encodeURIComponent(keyId)}`,
  tryAny: `${BASE}/try`,
  audit: `${BASE}/audit`,
  access: `${BASE}/access`,
  accessTab: (tab: string) => `${BASE}/access?tab=${tab}`,
  user: (name: string) => `${BASE}/access/users/${encodeURIComponent(name)}`,
  group: (name: string) => `${BASE}/access/groups/${encodeURIComponent(name)}`,
  role: (name: string) => `${BASE}/access/roles/${encodeURIComponent(name)}`,
  policy: (arn: string) => `${BASE}/access/policy?arn=${encodeURIComponent(arn)}`,
  refusals: `${BASE}/refusals`,
  insights: `${BASE}/insights`,
  usage: `${BASE}/usage`,
  report: `${BASE}/report`,
  quotas: `${BASE}/quotas`,
  settings: `${BASE}/settings`,
  /** The id of a request or an event. */
  explain: (id: string) => `${BASE}/explain${id === '' ? '' : `?id=${encodeURIComponent(id)}`}`,
  credentials: `${BASE}/credentials`,
  auditOf: (attribute: string, value: string) =>
    `${BASE}/audit?attribute=${encodeURIComponent(attribute)}&value=${encodeURIComponent(value)}`,
}
