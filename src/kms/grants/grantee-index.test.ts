import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { testFolder } from '../../../test/support/test-folder.ts'
import { testSealer } from '../../../test/support/test-sealer.ts'
import { openRecords } from '../../store/cache.ts'
import type { Records } from '../../store/records.ts'
import { openSqlite } from '../../store/sqlite.ts'
import { GRANTEE_CHUNK } from './grant-record.ts'
import { addToIndex, CHUNK_MAX_IDS, granteeChunks, removeFromIndex } from './grantee-index.ts'

const PLACE = { partition: '111122223333/eu-west-1/k', grantee: 'arn:aws:iam::111122223333:user/ada' }

async function withRecords(use: (records: Records) => Promise<void>): Promise<void> {
  using folder = testFolder()
  const records = await openRecords(openSqlite(folder.path), testSealer())
  try {
    await use(records)
  } finally {
    await records.close()
  }
}

async function add(records: Records, ...ids: readonly string[]): Promise<void> {
  for (const id of ids) await records.commit(await addToIndex(records, PLACE, id))
}

async function take(records: Records, id: string): Promise<void> {
  await records.commit(await removeFromIndex(records, PLACE, id))
}

async function sizes(records: Records): Promise<readonly number[]> {
  return (await granteeChunks(records, PLACE)).map(({ value }) => value.grantIds.length)
}

async function ids(records: Records): Promise<readonly string[]> {
  const chunks = await granteeChunks(records, PLACE)
  return chunks.flatMap(({ value }) => value.grantIds).toSorted()
}

const FULL = Array.from({ length: CHUNK_MAX_IDS }, (_, at) => `id-${at}`)

test('an index has no chunk before the first id and none after the last', async () => {
  await withRecords(async (records) => {
    assert.deepEqual(await sizes(records), [])
    await add(records, 'a', 'b')
    assert.deepEqual(await ids(records), ['a', 'b'])
    await take(records, 'a')
    await take(records, 'b')
    const left = await records.list(GRANTEE_CHUNK, { partition: PLACE.partition, limit: 10 })
    assert.deepEqual(left.records, [])
  })
})

test('a full chunk is followed by another, which goes with its last id', async () => {
  await withRecords(async (records) => {
    await add(records, ...FULL)
    assert.deepEqual(await sizes(records), [CHUNK_MAX_IDS])
    await add(records, 'one more')
    assert.deepEqual(await sizes(records), [CHUNK_MAX_IDS, 1])
    await take(records, 'id-0')
    assert.deepEqual(await sizes(records), [CHUNK_MAX_IDS])
    assert.deepEqual(await ids(records), [...FULL.slice(1), 'one more'].toSorted())
  })
})

test('the ids of one grantee are not those of another', async () => {
  await withRecords(async (records) => {
    await add(records, 'a')
    assert.deepEqual(await granteeChunks(records, { ...PLACE, grantee: `${PLACE.grantee}2` }), [])
    assert.deepEqual(await granteeChunks(records, { ...PLACE, partition: `${PLACE.partition}2` }), [])
  })
})

test('after any additions and removals the index holds what was added and not removed', async () => {
  await withRecords(async (records) => {
    await add(records, ...FULL)
    const model = new Set(FULL)
    const step = fc.record({ adds: fc.boolean(), which: fc.nat() })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        for (const { adds, which } of steps) {
          if (adds || model.size === 0) {
            const id = `new-${model.size}-${which}`
            if (model.has(id)) continue
            await add(records, id)
            model.add(id)
          } else {
            const id = [...model][which % model.size] ?? ''
            await take(records, id)
            model.delete(id)
          }
        }
        assert.deepEqual(await ids(records), [...model].toSorted())
        assert.ok((await sizes(records)).slice(0, -1).every((size) => size === CHUNK_MAX_IDS))
      }),
      { numRuns: 20 },
    )
  })
})
