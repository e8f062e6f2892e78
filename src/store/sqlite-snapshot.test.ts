import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testFolder } from '../../test/support/test-folder.ts'
import type { RawKey, RawRecord } from './port.ts'
import { openSqlite } from './sqlite.ts'
import { fillDatabase, openSnapshot, type StoreSnapshot } from './sqlite-snapshot.ts'

const bytes = (value: number): Uint8Array => Uint8Array.of(value >> 8, value & 0xff)

function readAll(snapshot: StoreSnapshot): readonly RawRecord[] {
  const found: RawRecord[] = []
  for (let after: RawKey | undefined; ; after = found.at(-1)) {
    const page = snapshot.page(after)
    if (page.length === 0) return found
    found.push(...page)
  }
}

async function insertNumbers(folder: string, from: number, to: number): Promise<void> {
  const store = openSqlite(folder)
  for (let value = from; value < to; value += 1) {
    const kind = value % 2 === 0 ? 'even' : 'odd'
    await store.commit([{ kind, id: bytes(value), shard: value % 64, expected: 0, value: bytes(value) }])
  }
  await store.close()
}

test('a snapshot has the records of its moment, whatever is committed while it is read', async () => {
  using folder = testFolder()
  await insertNumbers(folder.path, 0, 120)
  const snapshot = openSnapshot(folder.path)
  await insertNumbers(folder.path, 120, 130)
  const store = openSqlite(folder.path)
  await store.commit([{ kind: 'even', id: bytes(0), shard: 0, expected: 1, value: undefined }])
  await store.close()
  const found = readAll(snapshot)
  assert.equal(found.length, 120)
  assert.equal(snapshot.revision, 120)
  assert.deepEqual(found.map(({ kind }) => kind).slice(58, 62), ['even', 'even', 'odd', 'odd'])
  snapshot.close()
  snapshot.close()
  const later = openSnapshot(folder.path)
  assert.equal(readAll(later).length, 129)
  assert.equal(later.revision, 131)
  later.close()
})

test('a store that is filled from a snapshot has its records, versions and count of changes', async () => {
  using from = testFolder()
  using to = testFolder()
  await insertNumbers(from.path, 0, 70)
  const snapshot = openSnapshot(from.path)
  const filling = fillDatabase(to.path)
  for (const record of readAll(snapshot)) filling.put(record)
  filling.finish(snapshot.heads)
  const store = openSqlite(to.path)
  assert.equal(store.changeCount(), 70)
  assert.deepEqual([...(await store.feedPosition())], [...snapshot.heads])
  assert.deepEqual(await store.changesSince(3, 2), [])
  assert.equal(await store.changesSince(3, 1), 'trimmed')
  await store.commit([{ kind: 'odd', id: bytes(1), shard: 1, expected: 1, value: bytes(2) }])
  assert.equal((await store.get({ kind: 'odd', id: bytes(1) }))?.version, 2)
  await store.close()
  snapshot.close()
})

test('a filling that is abandoned leaves an empty store', async () => {
  using folder = testFolder()
  const filling = fillDatabase(folder.path)
  filling.put({ kind: 'key', id: bytes(1), version: 1, value: bytes(1) })
  filling.abandon()
  const snapshot = openSnapshot(folder.path)
  assert.deepEqual(readAll(snapshot), [])
  snapshot.close()
})
