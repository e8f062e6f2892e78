/** For tests: two handles on one store, and how often the near one reads. */

import assert from 'node:assert/strict'
import { openRecords } from '../../src/store/cache.ts'
import type { RawStore } from '../../src/store/port.ts'
import type { Kind, Records, Stored } from '../../src/store/records.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { testFolder } from './test-folder.ts'
import { testSealer } from './test-sealer.ts'

/** The value of the records of these tests. */
export type Count = { readonly n: number; readonly list: readonly { readonly deep: string }[] }

/** Their kind. */
export const COUNT: Kind<Count> = { name: 'count', parse: (value) => value as Count }
/** Their partition. */
export const P = 'partition'
/** The sealer of all handles of a test file. */
export const SEALER = testSealer()

/** A value. */
export function count(n: number): Count {
  return { n, list: [{ deep: 'x' }] }
}

/** A store, and how often it was read. */
export type Counted = { readonly store: RawStore; readonly calls: { reads: number; feeds: number } }

/** Counts the reads of a store. */
export function counted(store: RawStore): Counted {
  const calls = { reads: 0, feeds: 0 }
  const counting: RawStore = {
    get: (key) => {
      calls.reads += 1
      return store.get(key)
    },
    range: (kind, query) => store.range(kind, query),
    kinds: () => store.kinds(),
    commit: (changes, applied) => store.commit(changes, applied),
    changeCount: () => store.changeCount(),
    feedPosition: () => {
      calls.feeds += 1
      return store.feedPosition()
    },
    changesSince: (shard, sequence) => store.changesSince(shard, sequence),
    dataVersion: () => store.dataVersion(),
    close: () => store.close(),
  }
  return { store: counting, calls }
}

/** Two handles on one folder. */
export type Pair = { readonly near: Records; readonly far: Records; readonly calls: Counted['calls'] }

/** Two handles on one folder; the reads of the near one are counted. */
export async function withPair(use: (pair: Pair) => Promise<void>): Promise<void> {
  using folder = testFolder()
  const { store, calls } = counted(openSqlite(folder.path))
  const near = await openRecords(store, SEALER)
  const far = await openRecords(openSqlite(folder.path), SEALER)
  try {
    calls.feeds = 0
    await use({ near, far, calls })
  } finally {
    await near.close()
    await far.close()
  }
}

/** A record that is there. */
export async function found(records: Records, name = 'a'): Promise<Stored<Count>> {
  const record = await records.get(COUNT, P, name)
  assert.ok(record)
  return record
}
