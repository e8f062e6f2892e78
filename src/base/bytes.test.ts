import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { lengthPrefixed, toHex, uint32, utf8 } from './bytes.ts'

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
