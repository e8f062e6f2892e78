import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { equalTextConstantTime, lengthPrefixed, toHex, uint32, utf8 } from './bytes.ts'

test('lengthPrefixed gives each field its length in bytes and its bytes', () => {
  assert.equal(toHex(lengthPrefixed()), '')
  assert.equal(toHex(lengthPrefixed('aé', Uint8Array.of(7), '')), '0000000361c3a9000000010700000000')
  const field = fc.oneof(fc.string({ unit: 'grapheme' }), fc.uint8Array({ maxLength: 40 }))
  fc.assert(
    fc.property(fc.array(field, { maxLength: 6 }), (fields) => {
      const parts = fields.flatMap((one) => {
        const bytes = typeof one === 'string' ? utf8(one) : one
        return [uint32(bytes.length), bytes]
      })
      assert.deepEqual(lengthPrefixed(...fields), Buffer.concat(parts))
    }),
  )
})

test('equalTextConstantTime is true for the expected text alone', () => {
  const ascii = fc.string({ unit: 'grapheme-ascii', maxLength: 128 })
  fc.assert(fc.property(ascii, (text) => assert.ok(equalTextConstantTime(text, text))))
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 130 }), ascii, (text, expected) => {
      assert.equal(equalTextConstantTime(text, expected), text === expected)
    }),
  )
  // Characters whose code is that of an expected one but for 256.
  assert.ok(!equalTextConstantTime('\u0161bc', 'abc'))
  assert.ok(!equalTextConstantTime('ab\u0163', 'abc'))
  assert.ok(equalTextConstantTime('x'.repeat(128), 'x'.repeat(128)))
  assert.ok(!equalTextConstantTime('x'.repeat(129), 'x'.repeat(129)))
})
