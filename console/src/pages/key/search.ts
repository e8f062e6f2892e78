/** The tabs of a key's page. */
export const TABS = [
  ...(['overview', 'policy', 'grants', 'rotation', 'publicKey', 'import', 'regions'] as const),
  ...(['aliases', 'tags', 'usage', 'use'] as const),
] as const
/** One of them. */
export type Tab = (typeof TABS)[number]

/** What the address of a key's page says. */
export type KeySearch = { readonly tab?: Tab }

/** What of an address is one of a key's page. */
export function parseKeySearch(search: Record<string, unknown>): KeySearch {
  const tab = TABS.find((one) => one === search['tab'])
  return tab === undefined ? {} : { tab }
}
