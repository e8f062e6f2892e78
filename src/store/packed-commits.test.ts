import assert from 'node:assert/strict'
import { test } from 'node:test'
import { packCommits, unpackCommits, type WriterCommit } from './packed-commits.ts'

const bytes = (...values: readonly number[]) => Uint8Array.of(...values)

const COMMITS: readonly WriterCommit[] = [
  {
    ticket: 7,
    changes: [
      { kind: 'key', id: bytes(1, 2, 3), shard: 63, expected: 0, first: 2 ** 40, value: bytes(4, 5) },
      { kind: 'key-owner', id: bytes(6), shard: 0, expected: 2 ** 52, first: undefined, value: undefined },
      { kind: 'key', id: bytes(9), shard: 1, expected: 0, first: 1, value: bytes() },
    ],
  },
  { ticket: 8, changes: [] },
  {
    ticket: 9,
    changes: [{ kind: 'alias', id: bytes(7, 7), shard: 5, expected: 3, first: undefined, value: bytes(8) }],
  },
]

test('a message has the same commits again', () => {
  assert.deepEqual(unpackCommits(structuredClone(packCommits(COMMITS))), COMMITS)
  assert.deepEqual(unpackCommits(packCommits([])), [])
})

test('a message has its bytes alone, not those around a view', () => {
  const [id, value] = [new Uint8Array(1000).subarray(10, 12), new Uint8Array(1000).subarray(20, 25)]
  const { bytes: sent } = packCommits([
    { ticket: 1, changes: [{ kind: 'key', id, shard: 0, expected: 0, value }] },
  ])
  assert.equal(sent.buffer.byteLength, 7)
})
