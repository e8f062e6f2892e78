/** What memory holds after commits of its own process. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { COUNT, count, counted, found, P, SEALER, withPair } from '../../test/support/records-pair.ts'
import { testFolder } from '../../test/support/test-folder.ts'
import { openRecords } from './cache.ts'
import { type RawStore, StoreConflict } from './port.ts'
import { insert, remove, replace } from './records.ts'
import { openSqlite } from './sqlite.ts'

test('commit of this handle takes the place of what memory held, as a read would give it', async () => {
  await withPair(async ({ near, far, calls }) => {
    await near.commit([insert(COUNT, P, 'a', count(1))])
    const first = await found(near)
    assert.equal(await near.get(COUNT, P, 'b'), undefined)
    calls.reads = 0
    const loose = { ...count(2), left: undefined }
    await near.commit([replace(first, loose), insert(COUNT, P, 'b', count(1))])
    const second = await found(near)
    assert.deepEqual(second, { ...first, version: first.version + 1, value: count(2) })
    assert.deepEqual(Object.keys(second.value), ['n', 'list'])
    assert.ok(Object.isFrozen(second.value.list[0]))
    const { version } = await found(near, 'b')
    assert.equal((await found(far, 'b')).version, version)
    await near.commit([remove(second)])
    assert.equal(await near.get(COUNT, P, 'a'), undefined)
    assert.equal(calls.reads, 0)
    assert.equal(await far.get(COUNT, P, 'a'), undefined)
  })
})

test('refresh reads nothing of what this handle has committed, and all of what others have', async () => {
  await withPair(async ({ near, far, calls }) => {
    await near.commit([insert(COUNT, P, 'a', count(1)), insert(COUNT, 'other', 'b', count(1))])
    const a = await found(near)
    await near.commit([replace(a, count(2))])
    assert.ok(near.refresh())
    assert.equal(near.refresh(), undefined)
    assert.equal(near.peek(COUNT, P, 'a')?.version, a.version + 1)
    assert.equal(calls.feeds, 0)
    await near.commit([replace(await found(near), count(3))])
    await far.commit([replace(await found(far), count(4))])
    await near.commit([insert(COUNT, P, 'c', count(1))])
    await near.refresh()
    assert.equal(near.peek(COUNT, P, 'a'), undefined)
    assert.equal((await found(near)).value.n, 4)
    await near.commit([replace(await found(near), count(5))])
    await near.refresh()
    assert.equal(near.peek(COUNT, P, 'a')?.value.n, 5)
    assert.equal(calls.feeds, 1)
  })
})

/** A raw store that tells of its commits only when told to, long after they are durable. */
function late(raw: RawStore) {
  const held: (() => void)[] = []
  const store: RawStore = {
    ...counted(raw).store,
    commit: async (changes, applied) => {
      let sequences: readonly number[] = []
      await raw.commit(changes, (told) => {
        sequences = told
      })
      await new Promise<void>((resolve) => held.push(resolve))
      applied?.(sequences)
    },
  }
  return { store, held }
}

for (const when of ['before', 'after'] as const) {
  test(`what a commit wrote is not remembered when another overtakes it and refresh comes ${when} it is told of`, async () => {
    using folder = testFolder()
    const far = await openRecords(openSqlite(folder.path), SEALER)
    const { store, held } = late(openSqlite(folder.path))
    const near = await openRecords(store, SEALER)
    await far.commit([insert(COUNT, P, 'a', count(1))])
    await near.refresh()
    const committed = near.commit([replace(await found(near), count(2))])
    while (held.length === 0) await new Promise<void>((resolve) => setImmediate(resolve))
    await far.refresh()
    await far.commit([replace(await found(far), count(3))])
    if (when === 'before') await near.refresh()
    held.pop()?.()
    await committed
    if (when === 'after') await near.refresh()
    assert.equal((await found(near)).value.n, 3)
    await near.close()
    await far.close()
  })
}

test('commit refuses a change of a record that was removed and inserted again since it was read', async () => {
  await withPair(async ({ near, far }) => {
    await near.commit([insert(COUNT, P, 'a', count(1)), insert(COUNT, P, 'b', count(1))])
    const stale = [await found(near), await found(near, 'b')]
    for (const name of ['a', 'b']) {
      await far.commit([remove(await found(far, name))])
      await far.commit([insert(COUNT, P, name, count(2))])
    }
    for (const record of stale) {
      await assert.rejects(near.commit([replace(record, count(3))]), StoreConflict)
      await assert.rejects(near.commit([remove(record)]), StoreConflict)
    }
    await far.refresh()
    assert.equal((await found(far)).value.n, 2)
  })
})
