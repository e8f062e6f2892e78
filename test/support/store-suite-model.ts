/** For tests: any sequence of calls has the same results on a store engine as on a map. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compareBytes, toHex } from '../../src/base/bytes.ts'
import {
  type FeedEntry,
  type RawChange,
  type RawRecord,
  type RawStore,
  StoreConflict,
  versionAfter,
} from '../../src/store/port.ts'

type Model = {
  readonly records: Map<string, RawRecord>
  readonly feed: FeedEntry[]
}

type Opened = { readonly database: AsyncDisposable; readonly store: RawStore }

type Step =
  | { readonly kind: 'commit'; readonly changes: readonly Draft[] }
  | {
      readonly kind: 'range'
      readonly prefix: Uint8Array
      readonly after: Uint8Array | undefined
      readonly limit: number
    }

/** A change whose expected version is right (`off` 0), or off by some versions. */
type Draft = {
  readonly kind: string
  readonly id: Uint8Array
  readonly off: number
  /** Of an insertion. */
  readonly first: number | undefined
  readonly value: Uint8Array | undefined
}

/** Few IDs, so that steps affect the same records. */
const id = fc
  .uint8Array({ minLength: 1, maxLength: 3, max: 3 })
  .map((bytes) => bytes.map((byte) => (byte === 3 ? 255 : byte)))
const draft: fc.Arbitrary<Draft> = fc.record({
  kind: fc.constantFrom('key', 'alias'),
  id,
  off: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constant(1) }),
  first: fc.constantFrom(undefined, 1, 2, 3, 2 ** 40),
  value: fc.option(fc.uint8Array({ maxLength: 20 }), { nil: undefined }),
})
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('commit' as const),
    changes: fc.uniqueArray(draft, {
      minLength: 1,
      maxLength: 4,
      selector: (change) => keyOf(change.kind, change.id),
    }),
  }),
  fc.record({
    kind: fc.constant('range' as const),
    prefix: fc.oneof(fc.constant(new Uint8Array(0)), id),
    after: fc.option(id, { nil: undefined }),
    limit: fc.integer({ min: 1, max: 5 }),
  }),
)

/** Tests an engine against a map. */
export function testStoreModel(name: string, open: () => Promise<Opened>): void {
  test(`${name}: any sequence of calls has the results of a map`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const { database, store } = await open()
        await using _database = database
        const model: Model = { records: new Map(), feed: [] }
        try {
          for (const each of steps) await take(each, store, model)
          await compareFeed(store, model)
        } finally {
          await store.close()
        }
      }),
      { numRuns: 25 },
    )
  })
}

async function take(each: Step, store: RawStore, model: Model): Promise<void> {
  switch (each.kind) {
    case 'commit':
      return takeCommit(each.changes, store, model)
    case 'range': {
      const { prefix, after, limit } = each
      const query = after === undefined ? { prefix, limit } : { prefix, limit, after }
      const found = await store.range('key', query)
      const expected = [...model.records.values()]
        .filter((record) => record.kind === 'key' && toHex(record.id).startsWith(toHex(prefix)))
        .filter((record) => after === undefined || compareBytes(record.id, after) > 0)
        .sort((a, b) => compareBytes(a.id, b.id))
        .slice(0, limit)
        .map(({ kind, id, version }) => ({ kind, id, version }))
      assert.deepEqual(found, expected)
    }
  }
}

async function takeCommit(drafts: readonly Draft[], store: RawStore, model: Model): Promise<void> {
  const changes = drafts.map((each) => changeOf(each, model))
  const valid = changes.filter(({ expected, value }) => expected > 0 || value !== undefined)
  const conflict = valid.some((change) => versionOf(change, model) !== change.expected)
  if (conflict) await assert.rejects(store.commit(valid), StoreConflict)
  else {
    await store.commit(valid)
    for (const change of valid) applyTo(model, change)
  }
  for (const change of valid) {
    assert.deepEqual(await store.get(change), model.records.get(keyOf(change.kind, change.id)))
  }
}

function changeOf({ kind, id: bytes, off, first, value }: Draft, model: Model): RawChange {
  const expected = versionOf({ kind, id: bytes }, model) + off
  const shard = (bytes[0] ?? 0) % 64
  return { kind, id: bytes, shard, expected, first: expected === 0 ? first : undefined, value }
}

function applyTo({ records, feed }: Model, change: RawChange): void {
  const { kind, id: bytes, shard, value } = change
  const key = keyOf(kind, bytes)
  if (value === undefined) records.delete(key)
  else records.set(key, { kind, id: bytes, version: versionAfter(change), value })
  const sequence = feed.filter((entry) => entry.shard === shard).length + 1
  feed.push({ shard, sequence, kind, id: bytes })
}

async function compareFeed(store: RawStore, { feed }: Model): Promise<void> {
  const heads = await store.feedPosition()
  assert.deepEqual(new Set(heads.keys()), new Set(feed.map(({ shard }) => shard)))
  for (const shard of heads.keys()) {
    assert.deepEqual(
      await store.changesSince(shard, 0),
      feed.filter((entry) => entry.shard === shard),
    )
  }
}

function versionOf(
  { kind, id: bytes }: { readonly kind: string; readonly id: Uint8Array },
  model: Model,
): number {
  return model.records.get(keyOf(kind, bytes))?.version ?? 0
}

function keyOf(kind: string, bytes: Uint8Array): string {
  return `${kind}:${toHex(bytes)}`
}
