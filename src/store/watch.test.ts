import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testFolder } from '../../test/support/test-folder.ts'
import { testSealer } from '../../test/support/test-sealer.ts'
import { openRecords } from './cache.ts'
import { kindOfFormat1 } from './kind.ts'
import { insert, type Records } from './records.ts'
import { openSqlite } from './sqlite.ts'
import { type CommitEnd, StoreWatch } from './watch.ts'

const KIND = kindOfFormat1<{ readonly format: 1 }>('watched')

type Bed = { readonly records: Records; readonly watch: StoreWatch; readonly ends: CommitEnd[] }

async function withWatch(use: (bed: Bed) => Promise<void>): Promise<void> {
  using folder = testFolder()
  const ends: CommitEnd[] = []
  const clock = { now: () => 0, monotonicMs: () => 0 }
  const watch = new StoreWatch(clock, (_durationMs, end) => void ends.push(end))
  const records = await openRecords(openSqlite(folder.path), testSealer(), { watch })
  await use({ records, watch, ends })
  await records.close()
}

test('StoreWatch sees what memory answers, and what the store had to', async () => {
  await withWatch(async ({ records, watch }) => {
    await records.get(KIND, 'p', 'a')
    assert.deepEqual([watch.read, watch.cached], [1, 0])
    await records.get(KIND, 'p', 'a')
    records.peek(KIND, 'p', 'b')
    assert.deepEqual([watch.read, watch.cached], [1, 1])
  })
})

test('StoreWatch sees how commits end, and does not take a conflict for a failure', async () => {
  await withWatch(async ({ records, watch, ends }) => {
    const change = insert(KIND, 'p', 'a', { format: 1 as const })
    await records.commit([change])
    await assert.rejects(records.commit([change]))
    assert.deepEqual(ends, ['done', 'conflict'])
    assert.equal(watch.isFailing, false)
    await records.close()
    await assert.rejects(records.commit([change]))
    assert.deepEqual(ends, ['done', 'conflict', 'failed'])
    assert.equal(watch.isFailing, true)
  })
})

test('a StoreWatch fails until a commit has been written again', () => {
  const watch = new StoreWatch({ now: () => 0, monotonicMs: () => 0 })
  watch.begin()(new Error('disk full'))
  assert.equal(watch.isFailing, true)
  watch.begin()()
  assert.equal(watch.isFailing, false)
})
