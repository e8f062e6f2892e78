import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkPostPolicy, parsePostPolicy } from './post-policy.ts'

const NOW = Date.parse('2026-11-30T12:00:00Z')
const EXPIRATION = '2026-11-30T12:00:01.000Z'

function policy(conditions: unknown, expiration: unknown = EXPIRATION): string {
  return Buffer.from(JSON.stringify({ expiration, conditions })).toString('base64')
}

function check(conditions: unknown, fields: Readonly<Record<string, string>>, expiration = EXPIRATION) {
  return checkPostPolicy(
    parsePostPolicy(policy(conditions, expiration)),
    new Map(Object.entries(fields)),
    NOW,
  )
}

const MALFORMED: readonly string[] = [
  '',
  '*',
  ...['null', '[]', '{}', '"text"', '{"expiration":"2026-11-30T12:00:00Z"}'].map((text) =>
    Buffer.from(text).toString('base64'),
  ),
  policy([], 'tomorrow'),
  policy([], '2026-13-30T12:00:00Z'),
  policy([], 1),
  policy({}),
  policy(['text']),
  policy([null]),
  policy([{}]),
  policy([{ a: 'b', c: 'd' }]),
  policy([{ a: 1 }]),
  policy([['eq', '$a']]),
  policy([['eq', 'a', 'b']]),
  policy([['eq', '$a', 1]]),
  policy([['eq', '$a', 'b', 'c']]),
  policy([['ends-with', '$a', 'b']]),
  policy([['content-length-range', 1]]),
  policy([['content-length-range', -1, 2]]),
  policy([['content-length-range', 1, 'two']]),
  policy([['content-length-range', 1, 1.5]]),
]

test('a policy of another form is refused', () => {
  for (const text of MALFORMED) {
    assert.throws(() => parsePostPolicy(text), { code: 'InvalidPolicyDocument' }, text)
  }
})

const HOLD: readonly (readonly [conditions: unknown[], fields: Readonly<Record<string, string>>])[] = [
  [[], {}],
  [[{ Key: 'a' }], { key: 'a' }],
  [[['eq', '$KEY', 'a']], { key: 'a' }],
  [[['starts-with', '$key', 'user/']], { key: 'user/a' }],
  [[['starts-with', '$key', '']], { key: '' }],
  [[['starts-with', '$Content-Type', 'image/']], { 'content-type': 'image/png, image/gif' }],
  [[], { 'x-ignore-this': 'a', policy: 'p', 'x-amz-signature': 's' }],
]

test('a form that does what its policy says is accepted', () => {
  for (const [conditions, fields] of HOLD) {
    assert.deepEqual(check(conditions, fields), { minBytes: 0, maxBytes: Number.MAX_SAFE_INTEGER })
  }
})

const FAIL: typeof HOLD = [
  [[{ key: 'a' }], {}],
  [[{ key: 'a' }], { key: 'A' }],
  [[['eq', '$key', '']], {}],
  [[['starts-with', '$key', 'user/']], { key: 'users/a' }],
  [[['starts-with', '$key', '']], {}],
  [[['starts-with', '$Content-Type', 'image/']], { 'content-type': 'image/png, text/html' }],
  [[{ key: 'a' }, { key: 'b' }], { key: 'a' }],
  [[], { key: 'a' }],
  [[{ key: 'a' }], { key: 'a', 'x-amz-meta-b': 'b' }],
  [[], { 'x-ignored': 'a' }],
]

test('a form that does something else is refused', () => {
  for (const [conditions, fields] of FAIL) {
    const what = JSON.stringify([conditions, fields])
    assert.throws(() => check(conditions, fields), { code: 'AccessDenied' }, what)
  }
})

test('a policy is valid until its expiration', () => {
  assert.throws(() => check([], {}, '2026-11-30T12:00:00Z'), /Policy expired/)
})

test('all ranges of lengths count', () => {
  const ranges = [
    ['content-length-range', 1, 100],
    ['content-length-range', '5', '200'],
  ]
  assert.deepEqual(check(ranges, {}), { minBytes: 5, maxBytes: 100 })
})
