/** What the address of the page says. */
export type TryItSearch = { readonly key?: string }

/** What of an address is one of this page. */
export function parseTryItSearch({ key }: Record<string, unknown>): TryItSearch {
  return typeof key === 'string' ? { key } : {}
}
