import { queryOptions } from '@tanstack/react-query'
import { call, type OutputOf } from './client.ts'

/** A custom key store, as DescribeCustomKeyStores shows it. */
export type KeyStore = NonNullable<OutputOf<'DescribeCustomKeyStores'>['CustomKeyStores']>[number]

/** Pages of stores that the console reads at most: an account has few stores. */
const PAGES_MAX = 10

/** The custom key stores of the account in a region. */
export function keyStores(region: string) {
  return queryOptions({
    queryKey: ['key-stores', region],
    queryFn: async (): Promise<readonly KeyStore[]> => {
      const stores: KeyStore[] = []
      let next: string | undefined
      for (let page = 0; page < PAGES_MAX; page += 1) {
        const answer = await call('DescribeCustomKeyStores', next === undefined ? {} : { Marker: next })
        stores.push(...(answer.CustomKeyStores ?? []))
        next = answer.NextMarker
        if (next === undefined) break
      }
      return stores
    },
  })
}
