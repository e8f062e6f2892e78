import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BLOB_OVERHEAD_BYTES, blobPrefix, newBlob, parseBlob } from './blob.ts'

const digits = (count: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: count, maxLength: count })

const keyId = fc.oneof(
  fc.uuid(),
  digits(32).map((hex) => `mrk-${hex}`),
)

const TAG_BYTES = 16

test('parseBlob gives back what a blob was made from', () => {
  const bytes = fc.uint8Array({ minLength: 28, maxLength: 28 })
  const sealed = fc.uint8Array({ minLength: 16, maxLength: 64 })
  fc.assert(
    fc.property(keyId, digits(64), bytes, sealed, (id, materialId, unique, text) => {
      const blob = newBlob(blobPrefix({ keyId: id, materialId }), unique, text.length - TAG_BYTES)
      blob.sealed.set(text)
      const parsed = parseBlob(blob.bytes)
      assert.ok(parsed)
      assert.equal(parsed.keyId, id)
      assert.equal(parsed.materialPrefix, materialId.slice(0, 32))
      assert.deepEqual(Buffer.concat([parsed.nonce, parsed.iv]), Buffer.from(unique))
      assert.deepEqual(Buffer.from(parsed.sealed), Buffer.from(text))
    }),
  )
})

test('parseBlob refuses a blob that is a byte too short and takes the shortest', () => {
  const shortest = new Uint8Array(BLOB_OVERHEAD_BYTES)
  shortest[0] = 1
  assert.ok(parseBlob(shortest))
  assert.equal(parseBlob(shortest.subarray(1)), undefined)
})

test('parseBlob refuses other formats and flags, and never throws', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const parsed = parseBlob(bytes)
      const plausible = bytes.length >= BLOB_OVERHEAD_BYTES && bytes[0] === 1 && (bytes[1] ?? 2) < 2
      assert.equal(parsed !== undefined, plausible)
    }),
  )
})
