/** What the address of the page says. */
export type ExplainSearch = { readonly id?: string }

/** What of an address is one of this page. */
export function parseExplainSearch({ id }: Record<string, unknown>): ExplainSearch {
  return typeof id === 'string' && id !== '' ? { id } : {}
}
