/** For tests: the required behaviour of every store engine. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AssertionError } from '../../src/base/assert.ts'
import { toHex, utf8 } from '../../src/base/bytes.ts'
import {
  COMMIT_MAX_CHANGES,
  FEED_KEPT_PER_SHARD,
  FEED_PAGE_MAX,
  FEED_SHARDS,
  FIRST_VERSION_MAX,
  KIND_MAX_LENGTH,
  RANGE_MAX_RECORDS,
  RAW_ID_MAX_BYTES,
  RAW_VALUE_MAX_BYTES,
  type RawChange,
  type RawRecord,
  type RawStore,
  StoreConflict,
  StoreFailure,
} from '../../src/store/port.ts'
import { testStoreModel } from './store-suite-model.ts'

/** An empty database for one test. */
export type TestDatabase = AsyncDisposable & {
  /** Opens another handle, which the caller must close. */
  readonly open: () => Promise<RawStore>
}

/** Tests an engine. `create` makes an empty database. */
export function testStore(name: string, create: () => Promise<TestDatabase>): void {
  const check = (title: string, run: (store: RawStore, database: TestDatabase) => Promise<void>) => {
    test(`${name}: ${title}`, async () => {
      await using database = await create()
      const store = await database.open()
      try {
        await run(store, database)
      } finally {
        await store.close()
      }
    })
  }
  testVersions(check)
  testRewrites(check)
  testLimits(check)
  testRanges(check)
  testFeed(check)
  testConcurrency(check)
  testHandles(check)
  testStoreModel(name, async () => {
    const database = await create()
    return { database, store: await database.open() }
  })
}

type Check = (title: string, run: (store: RawStore, database: TestDatabase) => Promise<void>) => void

/** A change with defaults for everything that the test does not set. */
export function put(change: Partial<RawChange>): RawChange {
  return { kind: 'key', id: utf8('a'), shard: 0, expected: 0, value: utf8('value'), ...change }
}

const A = { kind: 'key', id: utf8('a') }
const B = { kind: 'key', id: utf8('b') }

function testVersions(check: Check): void {
  check('get finds nothing before an insertion', async (store) => {
    assert.equal(await store.get(A), undefined)
  })
  check('commit inserts a record as version 1 and replaces it as version 2', async (store) => {
    await store.commit([put({ value: utf8('one') })])
    assert.deepEqual(plain(await store.get(A)), {
      kind: 'key',
      id: '61',
      version: 1,
      value: toHex(utf8('one')),
    })
    await store.commit([put({ expected: 1, value: utf8('two') })])
    assert.deepEqual(plain(await store.get(A)), {
      kind: 'key',
      id: '61',
      version: 2,
      value: toHex(utf8('two')),
    })
  })
  check(
    'commit removes a record, which then begins again at the first version of its insertion',
    async (store) => {
      await store.commit([put({})])
      await store.commit([put({ expected: 1, value: undefined })])
      assert.equal(await store.get(A), undefined)
      for (const first of [1, 77, FIRST_VERSION_MAX]) {
        await store.commit([put({ first })])
        assert.equal((await store.get(A))?.version, first)
        if (first > 1) await assert.rejects(store.commit([put({ expected: 1 })]), StoreConflict)
        await store.commit([put({ expected: first })])
        assert.equal((await store.get(A))?.version, first + 1)
        await store.commit([put({ expected: first + 1, value: undefined })])
      }
    },
  )
  for (const expected of [0, 2]) {
    check(`commit refuses a replacement at version 1 that expects ${expected}`, async (store) => {
      await store.commit([put({})])
      await assert.rejects(store.commit([put({ expected, value: utf8('x') })]), StoreConflict)
      assert.equal((await store.get(A))?.version, 1)
    })
  }
  check('commit refuses to replace or remove what does not exist', async (store) => {
    await assert.rejects(store.commit([put({ expected: 1 })]), StoreConflict)
    await assert.rejects(store.commit([put({ expected: 1, value: undefined })]), StoreConflict)
  })
  check('commit keeps records of one id and two kinds apart', async (store) => {
    await store.commit([put({ kind: 'key', value: utf8('k') }), put({ kind: 'grant', value: utf8('g') })])
    assert.deepEqual((await store.get({ ...A, kind: 'grant' }))?.value, new Uint8Array(utf8('g')))
    assert.deepEqual((await store.get(A))?.value, new Uint8Array(utf8('k')))
  })
  check('commit changes nothing when one of its changes conflicts', async (store) => {
    await store.commit([put(B)])
    const position = await store.feedPosition()
    await assert.rejects(store.commit([put(A), put(B), put({ id: utf8('c') })]), StoreConflict)
    assert.equal(await store.get(A), undefined)
    assert.deepEqual(await store.feedPosition(), position)
  })
  check('commit of no changes resolves and changes nothing', async (store) => {
    await store.commit([])
    assert.deepEqual(await store.feedPosition(), new Map())
  })
}

function testRewrites(check: Check): void {
  check(
    'a rewrite keeps the version, names no change in the feed, and conflicts at another version',
    async (store) => {
      await store.commit([put({}), put(B)])
      const position = await store.feedPosition()
      const count = await store.changeCount()
      const rewrite = put({ ...A, expected: 1, isRewrite: true, value: utf8('sealed again') })
      const sequences: number[] = []
      await store.commit([rewrite], (given) => sequences.push(...given))
      assert.deepEqual(sequences, [0])
      const expected = { kind: 'key', id: '61', version: 1, value: toHex(utf8('sealed again')) }
      assert.deepEqual(plain(await store.get(A)), expected)
      assert.deepEqual(await store.feedPosition(), position)
      assert.equal(await store.changeCount(), count)
      await assert.rejects(store.commit([{ ...rewrite, expected: 2 }]), StoreConflict)
      await assert.rejects(
        store.commit([{ ...rewrite, ...put({ id: utf8('c') }), expected: 1 }]),
        StoreConflict,
      )
      await assert.rejects(store.commit([{ ...rewrite, expected: 0 }]), AssertionError)
      await store.commit([put({ ...A, expected: 1, value: utf8('later') })])
      assert.equal((await store.get(A))?.version, 2)
    },
  )
}

function testLimits(check: Check): void {
  check(
    'commit keeps a value of the greatest size, an id and a kind of the greatest length',
    async (store) => {
      const value = new Uint8Array(RAW_VALUE_MAX_BYTES).map((_, index) => index % 251)
      const key = { kind: 'k'.repeat(KIND_MAX_LENGTH), id: new Uint8Array(RAW_ID_MAX_BYTES).fill(255) }
      await store.commit([put({ ...key, value })])
      assert.deepEqual((await store.get(key))?.value, value)
      assert.equal((await store.range(key.kind, { prefix: new Uint8Array(0), limit: 1 })).length, 1)
    },
  )
  check('commit keeps an empty value', async (store) => {
    await store.commit([put({ value: new Uint8Array(0) })])
    assert.equal((await store.get(A))?.value.length, 0)
  })
  check('commit takes its greatest number of changes, and not one more', async (store) => {
    const changes = Array.from({ length: COMMIT_MAX_CHANGES + 1 }, (_, n) => put({ id: utf8(`${n}`) }))
    await assert.rejects(store.commit(changes), AssertionError)
    await store.commit(changes.slice(1))
    assert.deepEqual(await store.feedPosition(), new Map([[0, COMMIT_MAX_CHANGES]]))
  })
  const beyond: Record<string, Partial<RawChange>> = {
    'an id too long': { id: new Uint8Array(RAW_ID_MAX_BYTES + 1) },
    'an empty id': { id: new Uint8Array(0) },
    'a kind too long': { kind: 'k'.repeat(KIND_MAX_LENGTH + 1) },
    'a kind with a capital': { kind: 'Key' },
    'a value too large': { value: new Uint8Array(RAW_VALUE_MAX_BYTES + 1) },
    'a shard too high': { shard: FEED_SHARDS },
    'a negative version': { expected: -1 },
    'the removal of nothing': { expected: 0, value: undefined },
    'a first version of 0': { first: 0 },
    'a first version beyond the greatest': { first: FIRST_VERSION_MAX + 1 },
    'a first version that is no integer': { first: 1.5 },
    'a first version of a record that exists': { expected: 1, first: 2 },
  }
  for (const [what, change] of Object.entries(beyond)) {
    check(`commit refuses ${what} as a bug`, async (store) => {
      await assert.rejects(store.commit([put(change)]), AssertionError)
    })
  }
  check('commit refuses two changes to one record as a bug', async (store) => {
    await assert.rejects(store.commit([put({}), put({ expected: 1 })]), AssertionError)
  })
}

function testRanges(check: Check): void {
  check('range gives the ids with a prefix in byte order, after one, up to a limit', async (store) => {
    const ids = ['00', '0000', '00ff', '01', '7f', '80', 'ff', 'ff00', 'ffff', 'ffffff']
    await store.commit([...ids].reverse().map((hex) => put({ id: bytes(hex) })))
    await store.commit([put({ kind: 'other', id: bytes('0001') })])
    const list = async (prefix: string, limit: number, after?: string) => {
      const query = { prefix: bytes(prefix), limit, ...(after === undefined ? {} : { after: bytes(after) }) }
      return (await store.range('key', query)).map((record) => toHex(record.id))
    }
    assert.deepEqual(await list('', RANGE_MAX_RECORDS), ids)
    assert.deepEqual(await list('00', 10), ['00', '0000', '00ff'])
    assert.deepEqual(await list('ff', 10), ['ff', 'ff00', 'ffff', 'ffffff'])
    assert.deepEqual(await list('ffff', 10), ['ffff', 'ffffff'])
    assert.deepEqual(await list('00ff', 10), ['00ff'])
    assert.deepEqual(await list('00', 2), ['00', '0000'])
    assert.deepEqual(await list('00', 2, '0000'), ['00ff'])
    assert.deepEqual(await list('ff', 10, '80'), ['ff', 'ff00', 'ffff', 'ffffff'])
    assert.deepEqual(await list('', 2, '7f'), ['80', 'ff'])
    assert.deepEqual(await list('00', 10, '01'), [])
    assert.deepEqual(await list('02', 10), [])
  })
  check('kinds gives each kind that has records, once and in order', async (store) => {
    assert.deepEqual(await store.kinds(), [])
    const kinds = ['key', 'alias', 'key-count', 'a'.repeat(KIND_MAX_LENGTH)]
    await store.commit(kinds.flatMap((kind) => [put({ kind }), put({ kind, id: utf8('b') })]))
    await store.commit([put({ kind: 'gone' })])
    await store.commit([put({ kind: 'gone', expected: 1, value: undefined })])
    assert.deepEqual(await store.kinds(), ['a'.repeat(KIND_MAX_LENGTH), 'alias', 'key', 'key-count'])
  })
  for (const limit of [0, RANGE_MAX_RECORDS + 1]) {
    check(`range refuses a limit of ${limit} as a bug`, async (store) => {
      await assert.rejects(store.range('key', { prefix: bytes(''), limit }), AssertionError)
    })
  }
}

function testFeed(check: Check): void {
  check('feed tells insertions, replacements and removals of its shard in order', async (store) => {
    await store.commit([put({ ...A, shard: 5 }), put({ ...B, shard: 6 })])
    await store.commit([put({ ...A, shard: 5, expected: 1, value: undefined })])
    assert.deepEqual(
      await store.feedPosition(),
      new Map([
        [5, 2],
        [6, 1],
      ]),
    )
    assert.deepEqual(await feedOf(store, 5, 0), ['1 key 61', '2 key 61'])
    assert.deepEqual(await feedOf(store, 5, 1), ['2 key 61'])
    assert.deepEqual(await feedOf(store, 5, 2), [])
    assert.deepEqual(await feedOf(store, 7, 0), [])
  })
  check(
    'commit tells the sequences of its changes before it resolves, and changeCount counts them',
    async (store) => {
      const told: (readonly number[])[] = []
      const commit = async (changes: readonly RawChange[]) => {
        const before = told.length
        await store.commit(changes, (sequences) => told.push(sequences))
        assert.equal(told.length, before + 1)
      }
      assert.equal(await store.changeCount(), 0)
      await commit([put({ ...A, shard: 5 }), put({ ...B, shard: 6 }), put({ kind: 'alias', shard: 5 })])
      await commit([put({ ...A, shard: 5, expected: 1 })])
      assert.deepEqual(told, [[1, 1, 2], [3]])
      assert.equal(await store.changeCount(), 4)
      await assert.rejects(
        store.commit([put({ ...A, shard: 5, expected: 1 })], () =>
          assert.fail('the store reported a commit that conflicts'),
        ),
        StoreConflict,
      )
      assert.equal(await store.changeCount(), 4)
    },
  )
  check('feed says trimmed to a reader who is ahead of it', async (store) => {
    await store.commit([put({})])
    assert.equal(await store.changesSince(0, 2), 'trimmed')
    assert.equal(await store.changesSince(1, 1), 'trimmed')
  })
  check('feed keeps a number of lines, and says trimmed to a reader further behind', async (store) => {
    const page = (from: number, count: number) =>
      Array.from({ length: count }, (_, n) => put({ id: utf8(`${from + n}`) }))
    for (let from = 0; from < FEED_KEPT_PER_SHARD + 1; from += COMMIT_MAX_CHANGES) {
      await store.commit(page(from, Math.min(COMMIT_MAX_CHANGES, FEED_KEPT_PER_SHARD + 1 - from)))
    }
    assert.equal(await store.changesSince(0, 0), 'trimmed')
    const first = await store.changesSince(0, 1)
    assert.ok(first !== 'trimmed')
    assert.equal(first.length, FEED_PAGE_MAX)
    assert.equal(first[0]?.sequence, 2)
  })
}

function testConcurrency(check: Check): void {
  check('commit lets exactly one of 100 writers win each version', async (store, database) => {
    const other = await database.open()
    for (let expected = 0; expected < 5; expected += 1) {
      const writers = Array.from({ length: 100 }, (_, n) =>
        (n % 2 === 0 ? store : other).commit([put({ expected, value: utf8(`${n}`) })]),
      )
      const outcomes = await Promise.allSettled(writers)
      const won = outcomes.flatMap((outcome, n) => (outcome.status === 'fulfilled' ? [n] : []))
      const lost = outcomes.filter(({ status }) => status === 'rejected')
      assert.equal(won.length, 1)
      assert.ok(
        lost.every((outcome) => outcome.status === 'rejected' && outcome.reason instanceof StoreConflict),
      )
      assert.equal((await store.get(A))?.version, expected + 1)
      assert.deepEqual((await other.get(A))?.value, new Uint8Array(utf8(`${won[0]}`)))
    }
    await other.close()
  })
  check('feed has no gaps when two handles commit at once', async (store, database) => {
    const other = await database.open()
    const writers = Array.from({ length: 300 }, (_, n) =>
      (n % 3 === 0 ? other : store).commit([
        put({ id: utf8(`${n}`), shard: n % 3, expected: n % 5 === 4 ? 7 : 0 }),
      ]),
    )
    const outcomes = await Promise.allSettled(writers)
    const done = outcomes.filter(({ status }) => status === 'fulfilled').length
    assert.equal(done, 240)
    let lines = 0
    for (const [shard, head] of await store.feedPosition()) {
      const entries = await store.changesSince(shard, 0)
      assert.ok(entries !== 'trimmed')
      assert.deepEqual(
        entries.map(({ sequence }) => sequence),
        Array.from({ length: head }, (_, n) => n + 1),
      )
      lines += entries.length
    }
    assert.equal(lines, done)
    await other.close()
  })
}

function testHandles(check: Check): void {
  check('dataVersion changes with every commit, of this handle and of another', async (store, database) => {
    const other = await database.open()
    const seen = [await store.dataVersion()]
    for (let version = 0; version < 20; version += 1) {
      await (version % 2 === 0 ? store : other).commit([put({ expected: version })])
      // A read between two changes must not hide the second one.
      if (version % 3 === 0) await store.get(A)
      seen.push(await store.dataVersion())
    }
    assert.equal(new Set(seen).size, seen.length)
    await other.close()
  })
  check('dataVersion stays the same while nothing is committed', async (store, database) => {
    const other = await database.open()
    await other.commit([put({})])
    const dataVersion = await store.dataVersion()
    await store.get(A)
    await store.feedPosition()
    await assert.rejects(other.commit([put({})]), StoreConflict)
    assert.equal(await store.dataVersion(), dataVersion)
    await other.close()
  })
  check('commit of one handle is there for another as soon as it resolves', async (store, database) => {
    const other = await database.open()
    for (let version = 0; version < 20; version += 1) {
      await store.commit([put({ expected: version })])
      assert.equal((await other.get(A))?.version, version + 1)
    }
    await other.close()
  })
  check('close waits for the commits under way, and whatever comes later fails', async (_, database) => {
    const store = await database.open()
    const commits = Array.from({ length: 20 }, (_none, n) => store.commit([put({ id: utf8(`${n}`) })]))
    await Promise.all([store.close(), store.close(), ...commits])
    await assert.rejects(store.commit([put({})]), StoreFailure)
    await assert.rejects(store.get(A), StoreFailure)
    await assert.rejects(async () => store.dataVersion(), StoreFailure)
    const again = await database.open()
    assert.equal((await again.range('key', { prefix: bytes(''), limit: 100 })).length, 20)
    await again.close()
  })
}

async function feedOf(store: RawStore, shard: number, sequence: number): Promise<readonly string[]> {
  const entries = await store.changesSince(shard, sequence)
  assert.ok(entries !== 'trimmed')
  return entries.map((entry) => `${entry.sequence} ${entry.kind} ${toHex(entry.id)}`)
}

function plain(record: RawRecord | undefined): unknown {
  return record && { ...record, id: toHex(record.id), value: toHex(record.value) }
}

function bytes(hex: string): Uint8Array {
  return Buffer.from(hex, 'hex')
}
