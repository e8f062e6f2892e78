import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { COUNT, count, counted, found, P, SEALER, withPair } from '../../test/support/records-pair.ts'
import { testFolder } from '../../test/support/test-folder.ts'
import { openRecords } from './cache.ts'
import { FEED_KEPT_PER_SHARD, type RawStore, StoreConflict, StoreFailure } from './port.ts'
import { type Change, insert, type Kind, type Records, remove, replace } from './records.ts'
import { openSqlite } from './sqlite.ts'

test('get reads a record once, and then gives the same object from memory', async () => {
  await withPair(async ({ near, calls }) => {
    await near.commit([insert(COUNT, P, 'a', count(1))])
    assert.equal(near.peek(COUNT, P, 'a'), undefined)
    const first = await found(near)
    const { version } = first
    assert.deepEqual(first, { kind: 'count', partition: P, name: 'a', version, value: count(1) })
    assert.equal(await found(near), first)
    assert.equal(near.peek(COUNT, P, 'a'), first)
    assert.equal(calls.reads, 1)
  })
})

test('get remembers that a record does not exist, until somebody inserts it', async () => {
  await withPair(async ({ near, far, calls }) => {
    assert.equal(await near.get(COUNT, P, 'a'), undefined)
    assert.equal(await near.get(COUNT, P, 'a'), undefined)
    assert.equal(calls.reads, 1)
    assert.equal(near.peek(COUNT, P, 'a'), undefined)
    await far.commit([insert(COUNT, P, 'a', count(1))])
    await near.refresh()
    assert.equal((await found(near)).value.n, 1)
  })
})

test('get freezes a value all the way down', async () => {
  await withPair(async ({ near }) => {
    await near.commit([insert(COUNT, P, 'a', count(1))])
    const record = await found(near)
    for (const part of [record, record.value, record.value.list, record.value.list[0]]) {
      assert.ok(Object.isFrozen(part))
    }
    const [listed] = (await near.list(COUNT, { partition: P, limit: 1 })).records
    assert.ok(Object.isFrozen(listed?.value.list[0]))
  })
})

test('get of another kind of the same name reads with that kind', async () => {
  await withPair(async ({ near }) => {
    const other: Kind<{ doubled: number }> = {
      name: 'count',
      parse: (value) => ({ doubled: COUNT.parse(value).n * 2 }),
    }
    await near.commit([insert(COUNT, P, 'a', count(4))])
    await found(near)
    assert.equal(near.peek(other, P, 'a'), undefined)
    assert.deepEqual((await near.get(other, P, 'a'))?.value, { doubled: 8 })
  })
})

test('refresh returns nothing and reads nothing while nothing has changed', async () => {
  await withPair(async ({ near, calls }) => {
    assert.equal(near.refresh(), undefined)
    assert.equal(calls.feeds, 0)
  })
})

test('refresh drops everything when another server answers, although the count of changes is one that was seen', async () => {
  using folder = testFolder()
  let lineage = 1
  const { store, calls } = counted(openSqlite(folder.path))
  const near = await openRecords({ ...store, lineage: () => lineage }, SEALER)
  try {
    await near.commit([insert(COUNT, P, 'a', count(1))])
    await near.refresh()
    await found(near)
    assert.equal(near.refresh(), undefined)
    lineage = 2
    await near.refresh()
    assert.equal(near.peek(COUNT, P, 'a'), undefined)
    await found(near)
    assert.equal(calls.reads, 2)
    assert.equal(near.refresh(), undefined)
    assert.ok(near.peek(COUNT, P, 'a'))
    // Changes of then are followed as before.
    const far = await openRecords(openSqlite(folder.path), SEALER)
    await far.commit([replace(await found(far), count(2))])
    await far.close()
    await near.refresh()
    assert.equal((await found(near)).value.n, 2)
  } finally {
    await near.close()
  }
})

test('refresh drops what another handle has changed, and nothing else', async () => {
  await withPair(async ({ near, far }) => {
    await near.commit([insert(COUNT, P, 'a', count(1)), insert(COUNT, P, 'b', count(1))])
    await near.refresh()
    const a = await found(near, 'a')
    const b = await found(near, 'b')
    await far.commit([replace(a, count(2))])
    const refreshed = near.refresh()
    assert.ok(refreshed)
    await refreshed
    assert.equal(near.refresh(), undefined)
    assert.equal(near.peek(COUNT, P, 'a'), undefined)
    assert.equal(near.peek(COUNT, P, 'b'), b)
    assert.equal((await found(near, 'a')).value.n, 2)
  })
})

test('refresh sees a removal', async () => {
  await withPair(async ({ near, far }) => {
    await far.commit([insert(COUNT, P, 'a', count(1))])
    await near.refresh()
    await far.commit([remove(await found(near))])
    await near.refresh()
    assert.equal(await near.get(COUNT, P, 'a'), undefined)
  })
})

test('refresh drops everything when the feed no longer tells what has changed', async () => {
  await withPair(async ({ near, far }) => {
    await far.commit([insert(COUNT, P, 'a', count(0)), insert(COUNT, 'other', 'b', count(0))])
    await near.refresh()
    const first = await found(near)
    await near.get(COUNT, 'other', 'b')
    const names = Array.from({ length: 1000 }, (_, n) => `many-${n}`)
    await far.commit([replace(first, count(1))])
    for (let round = 0; round * 1000 <= FEED_KEPT_PER_SHARD; round += 1) {
      await far.commit(names.map((name) => insert(COUNT, P, `${round}-${name}`, count(0))))
    }
    await near.refresh()
    assert.equal(near.peek(COUNT, 'other', 'b'), undefined)
    assert.equal((await found(near)).value.n, 1)
    assert.equal(near.refresh(), undefined)
  })
})

test('refresh follows a feed of several pages', async () => {
  await withPair(async ({ near, far, calls }) => {
    await far.commit([insert(COUNT, P, 'a', count(0)), insert(COUNT, 'other', 'b', count(0))])
    await near.refresh()
    const first = await found(near)
    const kept = await near.get(COUNT, 'other', 'b')
    for (const round of [1, 2, 3]) {
      const names = Array.from({ length: 999 }, (_, n) => `${round}-${n}`)
      await far.commit(names.map((name) => insert(COUNT, P, name, count(0))))
    }
    await far.commit([replace(first, count(1))])
    await near.refresh()
    assert.equal(near.peek(COUNT, 'other', 'b'), kept)
    calls.reads = 0
    assert.equal((await found(near)).value.n, 1)
    assert.equal(calls.reads, 1)
  })
})

test('refresh asked many times at once reads the feed once', async () => {
  await withPair(async ({ near, far, calls }) => {
    await far.commit([insert(COUNT, P, 'a', count(0))])
    await Promise.all(Array.from({ length: 100 }, () => near.refresh()))
    assert.equal(calls.feeds, 1)
  })
})

test('refresh that fails leaves the change to be found by the next', async () => {
  using folder = testFolder()
  const raw = openSqlite(folder.path)
  const far = await openRecords(openSqlite(folder.path), SEALER)
  let failures = 0
  const failing: RawStore = {
    ...counted(raw).store,
    changesSince: (shard, sequence) => {
      failures -= 1
      return failures >= 0 ? Promise.reject(new StoreFailure('lost')) : raw.changesSince(shard, sequence)
    },
  }
  const near = await openRecords(failing, SEALER)
  await far.commit([insert(COUNT, P, 'a', count(0))])
  await near.refresh()
  await far.commit([replace(await found(near), count(1))])
  failures = 1
  await assert.rejects(async () => near.refresh(), StoreFailure)
  await near.refresh()
  assert.equal((await found(near)).value.n, 1)
  assert.equal(near.refresh(), undefined)
  await near.close()
  await far.close()
})

test('commit of this handle is seen by its next get without a refresh', async () => {
  await withPair(async ({ near }) => {
    await near.commit([insert(COUNT, P, 'a', count(1))])
    await near.commit([replace(await found(near), count(2))])
    assert.equal((await found(near)).value.n, 2)
    await near.commit([remove(await found(near))])
    assert.equal(await near.get(COUNT, P, 'a'), undefined)
  })
})

test('commit that conflicts drops what was remembered of its records', async () => {
  await withPair(async ({ near, far }) => {
    await near.commit([insert(COUNT, P, 'a', count(1))])
    const old = await found(near)
    await far.commit([replace(old, count(2))])
    await assert.rejects(near.commit([replace(old, count(3))]), StoreConflict)
    assert.equal((await found(near)).value.n, 2)
  })
})

test('get after a list returns nothing that is older than what the list shows', async () => {
  await withPair(async ({ near, far }) => {
    await near.commit([insert(COUNT, P, 'a', count(1)), insert(COUNT, 'other', 'b', count(1))])
    await near.refresh()
    const a = await found(near, 'a')
    const b = await near.get(COUNT, 'other', 'b')
    assert.ok(b !== undefined)
    await far.commit([replace(a, count(2)), replace(b, count(2))])
    const [listed] = (await near.list(COUNT, { partition: P, limit: 1 })).records
    assert.equal(listed?.value.n, 2)
    assert.equal((await near.get(COUNT, 'other', 'b'))?.value.n, 2)
  })
})

test('list gives the records of one partition, and fills memory with them', async () => {
  await withPair(async ({ near, calls }) => {
    const names = ['a', 'b', 'c']
    await near.commit(names.map((name, n) => insert(COUNT, P, name, count(n))))
    await near.commit([insert(COUNT, 'other', 'd', count(9))])
    const first = await near.list(COUNT, { partition: P, limit: 2 })
    const second = await near.list(COUNT, { partition: P, limit: 2, after: first.next })
    const records = [...first.records, ...second.records]
    assert.deepEqual(records.map(({ name }) => name).toSorted(), names)
    assert.equal(second.next, undefined)
    calls.reads = 0
    for (const record of records) assert.equal(near.peek(COUNT, P, record.name), record)
    assert.equal(calls.reads, 0)
  })
})

/** A raw store whose reads return what they have read only when told to. */
function delayed(raw: RawStore) {
  const held: (() => void)[] = []
  const hold = async <T>(value: Promise<T>): Promise<T> => {
    const result = await value
    await new Promise<void>((resolve) => held.push(resolve))
    return result
  }
  const store: RawStore = {
    ...counted(raw).store,
    get: (key) => hold(raw.get(key)),
    range: (kind, query) => hold(raw.range(kind, query)),
  }
  /** Lets what is held go on, up to its next read. */
  const release = async () => {
    await new Promise<void>((resolve) => setImmediate(resolve))
    for (const resolve of held.splice(0)) resolve()
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
  return { store, release }
}

for (const how of ['get', 'list'] as const) {
  test(`${how} that was overtaken by a change and a refresh does not put the old record into memory`, async () => {
    using folder = testFolder()
    const far = await openRecords(openSqlite(folder.path), SEALER)
    const { store, release } = delayed(openSqlite(folder.path))
    const near = await openRecords(store, SEALER)
    await far.commit([insert(COUNT, P, 'a', count(1))])
    await near.refresh()
    const reading = how === 'get' ? near.get(COUNT, P, 'a') : near.list(COUNT, { partition: P, limit: 1 })
    // What is listed is read one by one, after the page.
    if (how === 'list') await release()
    await far.commit([replace(await found(far), count(2))])
    await near.refresh()
    await release()
    await reading
    assert.equal(near.peek(COUNT, P, 'a'), undefined)
    await near.close()
    await far.close()
  })

  test(`${how} that was overtaken by a commit of its own handle does not put the old record into memory`, async () => {
    using folder = testFolder()
    const far = await openRecords(openSqlite(folder.path), SEALER)
    const { store, release } = delayed(openSqlite(folder.path))
    const near = await openRecords(store, SEALER)
    await far.commit([insert(COUNT, P, 'a', count(1))])
    const reading = how === 'get' ? near.get(COUNT, P, 'a') : near.list(COUNT, { partition: P, limit: 1 })
    // What is listed is read one by one, after the page.
    if (how === 'list') await release()
    await near.commit([replace(await found(far), count(2))])
    await release()
    await reading
    assert.equal(near.peek(COUNT, P, 'a'), undefined)
    await near.close()
    await far.close()
  })
}

/** What a handle must see: for each name, the greatest number whose commit has resolved. */
type Truth = Map<string, number>

/** Raises a counter by one. */
async function raise(writer: Records, name: string, truth: Truth): Promise<void> {
  await writer.refresh()
  const old = await writer.get(COUNT, P, name)
  const n = (old?.value.n ?? 0) + 1
  const change: Change =
    old === undefined ? { ...insert(COUNT, P, name, count(n)), first: n } : replace(old, count(n))
  try {
    await writer.commit([change])
    truth.set(name, Math.max(truth.get(name) ?? 0, n))
  } catch (error) {
    if (!(error instanceof StoreConflict)) throw error
  }
}

/** Reads a counter as the hot path does: it must not be older than what was acknowledged before. */
async function look(reader: Records, name: string, truth: Truth): Promise<void> {
  const atLeast = truth.get(name) ?? 0
  const refreshing = reader.refresh()
  if (refreshing !== undefined) await refreshing
  const record = reader.peek(COUNT, P, name) ?? (await reader.get(COUNT, P, name))
  const n = record?.value.n ?? 0
  assert.ok(n >= atLeast, `${name} is ${n}, but ${atLeast} was acknowledged before`)
  assert.equal(record?.version ?? 0, n)
}

test('a handle never gives what was overtaken by an acknowledged commit of another, however they interleave', async () => {
  const step = fc.record({
    handle: fc.nat({ max: 2 }),
    name: fc.constantFrom('a', 'b', 'c'),
    task: fc.constantFrom('raise' as const, 'look' as const, 'list' as const),
    wait: fc.boolean(),
  })
  using folder = testFolder()
  const handles = await Promise.all([0, 1, 2].map(async () => openRecords(openSqlite(folder.path), SEALER)))
  const truth: Truth = new Map()
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 80 }), async (steps) => {
      const running: Promise<unknown>[] = []
      for (const { handle, name, task, wait } of steps) {
        const records = handles[handle]
        assert.ok(records)
        if (task === 'raise') running.push(raise(records, name, truth))
        else if (task === 'look') running.push(look(records, name, truth))
        else running.push(records.list(COUNT, { partition: P, limit: 5 }))
        if (wait) await running.at(-1)
      }
      await Promise.all(running)
    }),
    { numRuns: 60, endOnFailure: true },
  )
  assert.ok((truth.get('a') ?? 0) > 50)
  await Promise.all(handles.map((records) => records.close()))
})
