import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { toHex } from '../base/bytes.ts'
import { hmacKey, hmacSha256, hmacSha256Chars, hmacSha256Hex, paddedHmacKey } from './hmac.ts'

/** Source: RFC 4231, section 4: test cases 1 to 4, and 6, whose key is longer than a block. */
const VECTORS = [
  ['0b'.repeat(20), '4869205468657265', 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'],
  [
    '4a656665',
    '7768617420646f2079612077616e7420666f72206e6f7468696e673f',
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  ],
  ['aa'.repeat(20), 'dd'.repeat(50), '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe'],
  [
    '0102030405060708090a0b0c0d0e0f10111213141516171819',
    'cd'.repeat(50),
    '82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b',
  ],
  [
    'aa'.repeat(131),
    '54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374',
    '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
  ],
] as const

test('both forms of a key give the MACs of RFC 4231', () => {
  for (const [key, message, mac] of VECTORS) {
    for (const form of [hmacKey, paddedHmacKey]) {
      assert.equal(hmacSha256Hex(form(Buffer.from(key, 'hex')), Buffer.from(message, 'hex')), mac)
    }
  }
})

test('a padded key gives the MACs of OpenSSL, for messages of every size and text', () => {
  const messages = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.constantFrom(4095, 4096, 4097).map((size) => new Uint8Array(size)),
    fc.constantFrom(1365, 1366).map((size) => '€'.repeat(size)),
  )
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 80 }), messages, (bytes, message) => {
      const key = paddedHmacKey(bytes)
      const mac = createHmac('sha256', bytes).update(message).digest('hex')
      assert.equal(hmacSha256Hex(key, message), mac)
      assert.equal(toHex(hmacSha256(key, message)), mac)
      const encoded = typeof message === 'string' ? Buffer.from(message) : message
      assert.equal(toHex(Buffer.from(hmacSha256Chars(key, encoded), 'latin1')), mac)
    }),
  )
})

test('a padded key gives the MACs of OpenSSL over several parts', () => {
  const bytes = new Uint8Array(32).fill(7)
  const mac = createHmac('sha256', bytes).update('one').update('two').digest('hex')
  assert.equal(toHex(hmacSha256(paddedHmacKey(bytes), 'one', 'two')), mac)
})

test('MACs of one key do not depend on those of another that were computed before', () => {
  const [one, other] = [1, 2].map((byte) => paddedHmacKey(new Uint8Array(64).fill(byte)))
  assert.ok(one !== undefined && other !== undefined)
  const first = hmacSha256Hex(one, 'a longer text than the next')
  hmacSha256Hex(other, 'x')
  assert.equal(hmacSha256Hex(one, 'a longer text than the next'), first)
})
