import assert from 'node:assert/strict'
import { test } from 'node:test'
import { REQUEST_BODY_MAX_BYTES } from '../base/request-limits.ts'
import { BODY_ALWAYS_BYTES, largestBody } from './body-size.ts'
import { blob, boolean, integer, list, oneOf, optional, structure, text, textMap } from './shapes.ts'

test('every input may have a body of some size, whatever its members are', () => {
  assert.equal(largestBody({}), BODY_ALWAYS_BYTES)
})

test('the largest body has room for the longest values in their longest form', () => {
  const members = {
    Text: text({ max: 8192 }),
    Bytes: blob({ max: 4096 }),
    Choice: optional(oneOf('A', 'LONGER')),
    Flag: boolean(),
    Count: integer({ max: 1000 }),
    Tokens: list(text({ max: 8192 }), { max: 10 }),
    Context: textMap(),
    Inner: structure({ Name: text({ max: 100 }) }),
  }
  const longest = JSON.stringify({
    Text: 'x'.repeat(6 * 8192),
    Bytes: Buffer.alloc(4096).toString('base64'),
    Choice: 'LONGER',
    Flag: false,
    Count: -1000,
    Tokens: Array.from({ length: 10 }, () => 'x'.repeat(8192)),
    Context: Object.fromEntries(Array.from({ length: 1365 }, (_, at) => [`k${at}`.padEnd(6), ''])),
    Inner: { Name: 'x'.repeat(600) },
  })
  assert.ok(largestBody(members) >= BODY_ALWAYS_BYTES + longest.length)
})

test('what has no limit of its own is as large as a body may be', () => {
  for (const member of [text(), blob(), list(text({ max: 1 })), list(text(), { max: 1 })]) {
    assert.equal(largestBody({ Member: member }), REQUEST_BODY_MAX_BYTES)
  }
})
