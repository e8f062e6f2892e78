import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BLOB_OVERHEAD_BYTES, blobPrefix, newBlob, parseBlob } from './blob.ts'
import { encodeStoreBlob, innerSealed, keyIdOfBlob, parseStoreBlob } from './store-blob.ts'

const KEY_ID = '1234abcd-12ab-34cd-56ef-1234567890ab'
const MATERIAL_ID = 'ab'.repeat(32)

/** An inner blob of format 1 with a plaintext of so many bytes. */
function inner(plaintextBytes: number): Uint8Array {
  const blob = newBlob(
    blobPrefix({ keyId: KEY_ID, materialId: MATERIAL_ID }),
    new Uint8Array(28).fill(5),
    plaintextBytes,
  )
  blob.sealed.fill(6)
  return blob.bytes
}

const bytes = (min: number, max: number) => fc.uint8Array({ minLength: min, maxLength: max })

test('parseStoreBlob gives back what a blob was made from', () => {
  const ivs = fc.oneof(bytes(12, 12), bytes(16, 16))
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 64 }),
      ivs,
      bytes(0, 20),
      bytes(16, 16),
      (size, iv, metadata, tag) => {
        const first = inner(size)
        const ciphertext = new Uint8Array(innerSealed(first).length).fill(9)
        const parsed = parseStoreBlob(encodeStoreBlob(first, { ciphertext, iv, tag, metadata }))
        assert.ok(parsed)
        assert.equal(parsed.keyId, KEY_ID)
        assert.equal(parsed.materialPrefix, MATERIAL_ID.slice(0, 32))
        for (const [name, value] of Object.entries({ ciphertext, iv, tag, metadata })) {
          assert.deepEqual(Buffer.from(parsed.outer[name as keyof typeof parsed.outer]), Buffer.from(value))
        }
        const again = parsed.inner(innerSealed(first))
        assert.deepEqual(again?.sealed, parseBlob(first)?.sealed)
        assert.deepEqual(again?.nonce, parseBlob(first)?.nonce)
        assert.deepEqual(again?.associatedData(tag), parseBlob(first)?.associatedData(tag))
      },
    ),
  )
})

function example(change: (blob: Uint8Array) => void = () => {}): Uint8Array {
  const first = inner(1)
  const blob = encodeStoreBlob(first, {
    ciphertext: innerSealed(first),
    iv: new Uint8Array(12),
    tag: new Uint8Array(16),
    metadata: new Uint8Array(20),
  })
  change(blob)
  return blob
}

const SIZES_AT = BLOB_OVERHEAD_BYTES - 16

test('parseStoreBlob refuses other formats, flags, sizes and what is too short', () => {
  assert.ok(parseStoreBlob(example()))
  const wrong = [
    example((blob) => blob.set([1], 0)),
    example((blob) => blob.set([1], 0)),
    example((blob) => blob.set([2], 1)),
    example((blob) => blob.set([13], SIZES_AT)),
    example((blob) => blob.set([21], SIZES_AT + 1)),
    example().subarray(0, SIZES_AT + 2 + 12 + 20 + 16 + 15),
    new Uint8Array(0),
    Uint8Array.of(2),
  ]
  for (const [index, blob] of wrong.entries())
    assert.equal(parseStoreBlob(blob), undefined, `number ${index}`)
})

test('parseStoreBlob never throws', () => {
  fc.assert(
    fc.property(bytes(0, 200), (blob) => {
      const marked = Uint8Array.from(blob)
      marked[0] = 2
      parseStoreBlob(marked)
      parseStoreBlob(blob)
    }),
  )
})

test('no blob is one of both formats, and keyIdOfBlob knows both', () => {
  assert.equal(parseBlob(example()), undefined)
  assert.equal(parseStoreBlob(inner(100)), undefined)
  assert.equal(keyIdOfBlob(example()), KEY_ID)
  assert.equal(keyIdOfBlob(inner(1)), KEY_ID)
  assert.equal(keyIdOfBlob(new Uint8Array(100)), undefined)
})
