import { queryOptions } from '@tanstack/react-query'
import { ApiError, call } from './client.ts'

/** Calls that only read are refused at once for these: to ask again changes nothing. */
const FINAL = 2

/** Whether a query that has failed is made again: only when the server was not reached. */
export function shouldRetry(failures: number, error: Error): boolean {
  return !(error instanceof ApiError) && failures < FINAL
}

/** What is known of a key. */
export function keyFacts(region: string, keyId: string) {
  return queryOptions({
    queryKey: ['key', region, keyId],
    queryFn: async () => (await call('DescribeKey', { KeyId: keyId })).KeyMetadata ?? {},
  })
}

/** The names of a key's aliases. */
export function keyAliases(region: string, keyId: string) {
  return queryOptions({
    queryKey: ['key', region, keyId, 'aliases'],
    queryFn: async () =>
      ((await call('ListAliases', { KeyId: keyId, Limit: 100 })).Aliases ?? []).map(
        ({ AliasName }) => AliasName ?? '',
      ),
  })
}
