import { infiniteQueryOptions } from '@tanstack/react-query'
import { ApiError, call, type InputOf, type OutputOf } from './client.ts'
import { patiently } from './what-if.ts'

/** Refused calls that are alike. */
export type RefusalGroup = NonNullable<OutputOf<'ListRefusals'>['Groups']>[number]

const DAY_SECONDS = 86_400

/** Refused calls of the last days, page by page. Whoever may see only its own refusals sees these. */
export function refusalsOf(region: string, own: string, days: number) {
  return infiniteQueryOptions({
    queryKey: ['refusals', region, own, days],
    queryFn: async ({ pageParam }) => {
      const range = pageParam?.range ?? rangeOf(days)
      const token = { NextToken: pageParam?.token }
      if (pageParam?.onlyOwn === true) return page(range, true, { ...range, ...token, PrincipalArn: own })
      try {
        return await page(range, false, { ...range, ...token })
      } catch (error) {
        if (!(error instanceof ApiError) || error.code !== 'AccessDeniedException') throw error
        return page(range, true, { ...range, ...token, PrincipalArn: own })
      }
    },
    initialPageParam: firstPage(),
    getNextPageParam: ({ output, onlyOwn, range }) =>
      output.NextToken === undefined ? undefined : { token: output.NextToken, onlyOwn, range },
  })
}

type Range = { readonly StartTime: number; readonly EndTime: number }
type PageParam = { readonly token: string; readonly onlyOwn: boolean; readonly range: Range }

function firstPage(): PageParam | undefined {
  return undefined
}

/** A page goes on with the same range: the token is bound to it. */
function rangeOf(days: number): Range {
  const EndTime = Math.floor(Date.now() / 1000)
  return { StartTime: EndTime - days * DAY_SECONDS, EndTime }
}

async function page(range: Range, onlyOwn: boolean, input: InputOf<'ListRefusals'>) {
  return { output: await patiently(() => call('ListRefusals', input)), onlyOwn, range }
}

/** Joins the groups of several pages: a group may go on in the next page. */
export function joinedGroups(pages: readonly OutputOf<'ListRefusals'>[]): readonly RefusalGroup[] {
  const groups = new Map<string, RefusalGroup>()
  for (const group of pages.flatMap(({ Groups = [] }) => Groups)) {
    const name = nameOf(group)
    const before = groups.get(name)
    groups.set(
      name,
      before === undefined
        ? group
        : { ...before, Calls: (before.Calls ?? 0) + (group.Calls ?? 0), FirstTime: group.FirstTime },
    )
  }
  return [...groups.values()]
}

/** What tells groups apart. */
export function nameOf({ Reason, Principal, EventSource, EventName, Resources }: RefusalGroup): string {
  return JSON.stringify([Reason, Principal, EventSource, EventName, Resources])
}
