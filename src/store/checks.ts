import { assert } from '../base/assert.ts'
import { charsOf } from '../base/bytes.ts'
import {
  COMMIT_MAX_CHANGES,
  FEED_SHARDS,
  FIRST_VERSION_MAX,
  KIND_MAX_LENGTH,
  RANGE_MAX_RECORDS,
  RAW_ID_MAX_BYTES,
  RAW_VALUE_MAX_BYTES,
  type RangeQuery,
  type RawChange,
  type RawKey,
} from './port.ts'

const KIND = /^[a-z-]+$/

/** Asserts that a commit keeps the limits of the port, on which every engine relies. */
export function assertChanges(changes: readonly RawChange[]): void {
  assert(changes.length <= COMMIT_MAX_CHANGES, `a commit of ${changes.length} changes`)
  const keys = new Set<string>()
  for (const change of changes) {
    const { kind, id, shard, expected, first, isRewrite, value } = change
    assertKey(change)
    assert(isCount(shard) && shard < FEED_SHARDS, `a change in shard ${shard}`)
    assert(isCount(expected), `a change that expects version ${expected}`)
    assert(first === undefined || expected === 0, 'a first version of a record that exists')
    const isFirst = first === undefined || (isCount(first) && first >= 1 && first <= FIRST_VERSION_MAX)
    assert(isFirst, `a record that begins at version ${first}`)
    assert(isRewrite !== true || (expected > 0 && value !== undefined), 'a rewrite of nothing')
    assert(expected > 0 || value !== undefined, 'a removal of what must not exist')
    assert(value === undefined || value.length <= RAW_VALUE_MAX_BYTES, `a value of ${value?.length} bytes`)
    keys.add(`${kind}:${charsOf(id, { begin: 0, end: id.length })}`)
  }
  assert(keys.size === changes.length, 'a commit with two changes to one record')
}

/** Asserts that a key keeps the limits of the port. */
export function assertKey({ kind, id }: RawKey): void {
  assertKind(kind)
  assert(id.length > 0 && id.length <= RAW_ID_MAX_BYTES, `an id of ${id.length} bytes`)
}

/** Asserts that a query keeps the limits of the port. */
export function assertRange(kind: string, { prefix, after, limit }: RangeQuery): void {
  assertKind(kind)
  assert(prefix.length <= RAW_ID_MAX_BYTES, `a prefix of ${prefix.length} bytes`)
  assert(after === undefined || after.length <= RAW_ID_MAX_BYTES, `a range after ${after?.length} bytes`)
  assert(isCount(limit) && limit >= 1 && limit <= RANGE_MAX_RECORDS, `a range of ${limit} records`)
}

function assertKind(kind: string): void {
  assert(kind.length <= KIND_MAX_LENGTH && KIND.test(kind), `a kind named ${kind}`)
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}
