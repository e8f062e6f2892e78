/** For tests: the required behaviour of moves between any two stores. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toHex, utf8 } from '../../src/base/bytes.ts'
import { type MoveDependencies, type MoveEnd, moveRecords } from '../../src/store/move.ts'
import { FIRST_VERSION_MAX, RAW_VALUE_MAX_BYTES, type RawStore, StoreFailure } from '../../src/store/port.ts'
import { put } from './store-suite.ts'

/** A store of a move. */
export type MovedStore = AsyncDisposable & {
  readonly open: () => Promise<RawStore>
  readonly openMove: () => Promise<MoveEnd>
}

/** Two empty stores. */
export type MovePair = { readonly from: MovedStore; readonly to: MovedStore }

const DEPENDENCIES: MoveDependencies = { newMove: () => 42, read: () => {} }

/** Tests moves from one engine to another. */
export function testMoves(name: string, create: () => Promise<MovePair>): void {
  const check = (title: string, run: (pair: MovePair) => Promise<void>) => {
    test(`${name}: ${title}`, async () => {
      const { from, to } = await create()
      await using _from = from
      await using _to = to
      await fill(from)
      await run({ from, to })
    })
  }
  check('a move takes every record as it is, and the place in the feed', async (pair) => {
    const before = await contentOf(pair.from)
    const moved = await move(pair)
    assert.deepEqual(moved, { records: 153, written: 153, removed: 0 })
    assert.deepEqual(await contentOf(pair.to), before)
    const store = await pair.to.open()
    const position = await store.feedPosition()
    await store.commit([put({ id: utf8('later'), shard: 3 })])
    assert.equal((await store.feedPosition()).get(3), (position.get(3) ?? 0) + 1)
    await store.close()
  })
  check('a store whose records have moved refuses to be used, and to be moved again', async (pair) => {
    await move(pair)
    await assert.rejects(pair.from.open(), { name: 'StoreFailure', message: /have moved to another store/ })
    await assert.rejects(move(pair), { name: 'StoreFailure', message: /have moved from this store already/ })
  })
  check('records can move back, with what has changed meanwhile', async ({ from, to }) => {
    await move({ from, to })
    const store = await to.open()
    const changed = { kind: 'key', id: utf8('key 3') }
    const { version = 0 } = (await store.get(changed)) ?? {}
    await store.commit([
      put({ ...changed, expected: version, value: utf8('changed') }),
      put({ id: utf8('new'), value: utf8('new') }),
    ])
    const gone = { kind: 'key', id: utf8('key 4') }
    await store.commit([put({ ...gone, expected: (await store.get(gone))?.version ?? 0, value: undefined })])
    await store.close()
    const expected = await contentOf(to)
    assert.deepEqual(await move({ from: to, to: from }), { records: 153, written: 2, removed: 1 })
    assert.deepEqual(await contentOf(from), expected)
    await assert.rejects(to.open(), { name: 'StoreFailure', message: /have moved to another store/ })
  })
  check('a store with records in use is no target', async ({ from, to }) => {
    const store = await to.open()
    await store.commit([put({})])
    await store.close()
    await assert.rejects(move({ from, to }), { name: 'StoreFailure', message: /has records that are in use/ })
    await (await from.open()).close()
  })
  testInterruptions(check)
}

function testInterruptions(check: (title: string, run: (pair: MovePair) => Promise<void>) => void): void {
  check('a move that is interrupted at any step is completed by the next one', async (pair) => {
    const before = await contentOf(pair.from)
    let steps = 0
    for (let isDone = false; !isDone; steps += 1) {
      isDone = await move(pair, stopAt(steps)).then(
        () => true,
        (error: unknown) => {
          assert.match(String(error), /stopped by the test/)
          return false
        },
      )
      if (!isDone) await assertOneServes(pair)
    }
    assert.ok(steps > 10, `${steps} steps`)
    assert.deepEqual(await contentOf(pair.to), before)
  })
  check('a record that the target does not keep is found, and the source serves on', async (pair) => {
    const forgetful = (end: MoveEnd): MoveEnd => ({
      ...end,
      write: (records, removed) => end.write(records.slice(1), removed),
    })
    await assert.rejects(
      move(pair, (from, to) => [from, forgetful(to)]),
      {
        name: 'StoreFailure',
        message: /records differ after the move/,
      },
    )
    await (await pair.from.open()).close()
    await assert.rejects(pair.to.open(), StoreFailure)
  })
  check('what an interrupted move has written of records that are gone since is removed', async (pair) => {
    await assert.rejects(move(pair, stopAt(9)), /stopped by the test/)
    const store = await pair.from.open()
    const gone = { kind: 'a-b', id: utf8('a-b 0') }
    await store.commit([put({ ...gone, expected: (await store.get(gone))?.version ?? 0, value: undefined })])
    await store.close()
    const expected = await contentOf(pair.from)
    assert.equal((await move(pair)).removed, 1)
    assert.deepEqual(await contentOf(pair.to), expected)
  })
}

type Wrap = (from: MoveEnd, to: MoveEnd) => readonly [MoveEnd, MoveEnd]

async function move({ from, to }: MovePair, wrap: Wrap = (one, other) => [one, other]) {
  const source = await from.openMove()
  try {
    const target = await to.openMove()
    try {
      const [one, other] = wrap(source, target)
      return await moveRecords(one, other, DEPENDENCIES)
    } finally {
      await target.close()
    }
  } finally {
    await source.close()
  }
}

/** Fails the call of either store with this number, and every later one. */
function stopAt(calls: number): Wrap {
  let left = calls
  const step = (): void => {
    left -= 1
    if (left < 0) throw new Error('stopped by the test')
  }
  const stopping = (end: MoveEnd): MoveEnd => ({
    condition: async () => {
      step()
      return end.condition()
    },
    page: async (after) => {
      step()
      return end.page(after)
    },
    heads: async () => {
      step()
      return end.heads()
    },
    write: async (records, removed) => {
      step()
      await end.write(records, removed)
    },
    replaceFeed: async (heads) => {
      step()
      await end.replaceFeed(heads)
    },
    mark: async (condition) => {
      step()
      await end.mark(condition)
    },
    close: () => end.close(),
  })
  return (from, to) => [stopping(from), stopping(to)]
}

/** At most one of the stores can be used. */
async function assertOneServes({ from, to }: MovePair): Promise<void> {
  let usable = 0
  for (const { open } of [from, to]) {
    const store = await open().catch((error: unknown) => {
      assert.ok(error instanceof StoreFailure, String(error))
      return undefined
    })
    if (store === undefined) continue
    if ((await store.kinds()).length > 0) usable += 1
    await store.close()
  }
  assert.ok(usable <= 1, 'both stores serve')
}

/** Several pages of records of some kinds, sizes and versions. */
async function fill({ open }: MovedStore): Promise<void> {
  const store = await open()
  const many = ['key', 'alias', 'a-b'].flatMap((kind, place) =>
    Array.from({ length: 50 }, (_, n) =>
      put({ kind, id: utf8(`${kind} ${n}`), shard: place, first: 1 + n * 1000, value: utf8(`${kind} ${n}`) }),
    ),
  )
  await store.commit(many)
  await store.commit([
    put({ kind: 'key-count', id: new Uint8Array(64).fill(255), first: FIRST_VERSION_MAX, shard: 63 }),
    put({ kind: 'large', id: Uint8Array.of(0), value: new Uint8Array(RAW_VALUE_MAX_BYTES).fill(7) }),
    put({ kind: 'none', id: Uint8Array.of(1), value: new Uint8Array(0) }),
  ])
  await store.commit([
    put({ kind: 'key-count', id: new Uint8Array(64).fill(255), expected: FIRST_VERSION_MAX, shard: 63 }),
  ])
  await store.close()
}

async function contentOf({ open }: MovedStore): Promise<readonly string[]> {
  const store = await open()
  try {
    const content: string[] = []
    for (const kind of await store.kinds()) {
      for (const { id } of await store.range(kind, { prefix: new Uint8Array(0), limit: 1000 })) {
        const record = await store.get({ kind, id })
        content.push(
          `${kind} ${toHex(id)} ${record?.version} ${toHex(record?.value ?? utf8('')).slice(0, 100)}`,
        )
      }
    }
    return content
  } finally {
    await store.close()
  }
}
