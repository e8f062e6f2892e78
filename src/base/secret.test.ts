import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { AssertionError } from './assert.ts'
import { Secret } from './secret.ts'

const BYTES = Uint8Array.of(0xde, 0xad, 0xbe, 0xef)

test('a secret does not print and does not serialise', () => {
  const secret = new Secret(Uint8Array.from(BYTES))
  const shown = [
    String(secret),
    `${secret}`,
    JSON.stringify({ secret }),
    inspect(secret),
    inspect({ secret }, { depth: 9 }),
  ]
  for (const text of shown) {
    assert.match(text, /\[secret\]/)
    assert.doesNotMatch(text, /222|173|de|ad/i)
  }
})

test('a secret lends its bytes until it is disposed, and zeroes them then', () => {
  const bytes = Uint8Array.from(BYTES)
  const secret = new Secret(bytes)
  assert.deepEqual(
    secret.reveal((lent) => [...lent]),
    [...BYTES],
  )
  secret[Symbol.dispose]()
  assert.deepEqual([...bytes], [0, 0, 0, 0])
  assert.throws(() => secret.reveal(() => undefined), AssertionError)
})
