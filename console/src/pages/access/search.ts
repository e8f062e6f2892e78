/** The tabs of the page. */
export const TABS = [
  'users',
  'groups',
  'roles',
  'policies',
  'providers',
  'accounts',
  'organization',
  'controls',
] as const
/** One of them. */
export type AccessTab = (typeof TABS)[number]

/** What the address of the page says. */
export type AccessSearch = { readonly tab?: AccessTab }

/** What of an address is one of this page. */
export function parseAccessSearch(search: Record<string, unknown>): AccessSearch {
  const tab = TABS.find((one) => one === search['tab'])
  return tab === undefined ? {} : { tab }
}

/** What the address of a managed policy's page says. */
export type PolicySearch = { readonly arn: string }

/** What of an address is one of a managed policy's page. */
export function parsePolicySearch({ arn }: Record<string, unknown>): PolicySearch {
  return { arn: typeof arn === 'string' ? arn : '' }
}
