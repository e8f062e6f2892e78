import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { call, type InputOf, type OutputOf } from './client.ts'

/** A key as lists show it. */
export type KeySummary = NonNullable<OutputOf<'ListKeySummaries'>['Keys']>[number]
/** What is searched: everything but the page. */
export type KeysQuestion = Omit<InputOf<'ListKeySummaries'>, 'MaxResults' | 'NextToken'>

/** Source: the limit of `MaxResults`. */
const PAGE_MAX = 1000
/** The keys that an export reads at most: as many as an account may have. */
const EXPORT_MAX = 100_000

/** The keys that match, page by page. */
export function keySummaries(region: string, question: KeysQuestion, pageSize: number) {
  return infiniteQueryOptions({
    queryKey: ['keys', region, question, pageSize],
    queryFn: ({ pageParam }) =>
      call('ListKeySummaries', {
        ...question,
        MaxResults: pageSize,
        ...(pageParam !== '' && { NextToken: pageParam }),
      }),
    initialPageParam: '',
    getNextPageParam: ({ NextToken }) => NextToken,
    placeholderData: keepPreviousData,
  })
}

/** The first keys that match. */
export function firstKeySummaries(region: string, question: KeysQuestion, count: number) {
  return queryOptions({
    queryKey: ['keys', region, question, 'first', count],
    queryFn: () => call('ListKeySummaries', { ...question, MaxResults: count }),
  })
}

/** Returns every key that matches. */
export async function allKeySummaries(question: KeysQuestion): Promise<readonly KeySummary[]> {
  const keys: KeySummary[] = []
  let token: string | undefined
  do {
    const page = await call('ListKeySummaries', {
      ...question,
      MaxResults: PAGE_MAX,
      ...(token !== undefined && { NextToken: token }),
    })
    keys.push(...(page.Keys ?? []))
    token = page.NextToken
  } while (token !== undefined && keys.length < EXPORT_MAX)
  return keys
}
