/** The periods that can be chosen, in days. */
export const PERIODS = [7, 30, 90, 365] as const
/** What the table can be grouped by. */
export const GROUPS = ['key', 'principal', 'operation', 'region'] as const

/** What the address of the page says. */
export type UsageSearch = {
  readonly days?: (typeof PERIODS)[number]
  readonly by?: (typeof GROUPS)[number]
}

/** What of an address is one of this page. */
export function parseUsageSearch(search: Record<string, unknown>): UsageSearch {
  const days = PERIODS.find((period) => period === search['days'])
  const by = GROUPS.find((group) => group === search['by'])
  return { ...(days !== undefined && { days }), ...(by !== undefined && { by }) }
}
