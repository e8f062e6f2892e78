import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { KmsError } from '../../api/errors.ts'
import { CONTEXT_MAX_BYTES, contextBytes } from './encryption-context.ts'

const pairs = fc.dictionary(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 12 }),
  {
    maxKeys: 8,
  },
)

function bytesOf(context: object): string {
  return Buffer.from(contextBytes(new Map(Object.entries(context)))).toString('hex')
}

test('contextBytes does not depend on the order of the pairs', () => {
  fc.assert(
    fc.property(pairs, (context) => {
      const reversed = new Map(Object.entries(context).reverse())
      assert.deepEqual(contextBytes(reversed), contextBytes(new Map(Object.entries(context))))
    }),
  )
})

test('contextBytes gives different bytes for different contexts', () => {
  fc.assert(
    fc.property(pairs, pairs, (a, b) => {
      const same = JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort())
      assert.equal(bytesOf(a) === bytesOf(b), same)
    }),
  )
})

test('contextBytes gives no bytes for an empty context and for none', () => {
  assert.equal(contextBytes(undefined).length, 0)
  assert.equal(contextBytes(new Map()).length, 0)
})

test('contextBytes orders names by their UTF-8 bytes, not by their UTF-16 units', () => {
  const supplementary = '\u{1F511}'
  const fullwidth = '\uFF5E'
  const first = Buffer.from(
    contextBytes(
      new Map([
        [supplementary, ''],
        [fullwidth, ''],
      ]),
    ),
  )
  assert.equal(first.subarray(4, 7).toString(), fullwidth)
})

test('contextBytes accepts a context of the largest size and refuses one byte more', () => {
  const largest = new Map([['name', 'v'.repeat(CONTEXT_MAX_BYTES - 4)]])
  assert.equal(contextBytes(largest).length, CONTEXT_MAX_BYTES + 8)
  const larger = new Map([['name', 'v'.repeat(CONTEXT_MAX_BYTES - 3)]])
  assert.throws(
    () => contextBytes(larger),
    (error) => error instanceof KmsError && error.code === 'ValidationException',
  )
})
