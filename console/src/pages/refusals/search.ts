/** The periods that can be chosen, in days. */
export const PERIODS = [1, 7, 30, 90] as const

/** What the address of the page says. */
export type RefusalsSearch = { readonly days?: (typeof PERIODS)[number] }

/** What of an address is one of this page. */
export function parseRefusalsSearch(search: Record<string, unknown>): RefusalsSearch {
  const days = PERIODS.find((period) => period === search['days'])
  return days === undefined ? {} : { days }
}
