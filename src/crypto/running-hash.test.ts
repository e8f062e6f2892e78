import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { toHex } from '../base/bytes.ts'
import { combineCrcs, isCombinable } from './crc-combine.ts'
import { type HashName, runningHash } from './running-hash.ts'

/** The check values of the catalogue of parametrised CRC algorithms, and of FIPS 180-4 and RFC 1321 for `abc`. */
const CHECKS: readonly (readonly [HashName, string, string])[] = [
  ['crc32', '123456789', 'cbf43926'],
  ['crc32c', '123456789', 'e3069283'],
  ['crc64nvme', '123456789', 'ae8b14860a799888'],
  ['md5', 'abc', '900150983cd24fb0d6963f7d28e17f72'],
  ['sha1', 'abc', 'a9993e364706816aba3e25717850c26c9cd0d89d'],
  ['sha256', 'abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
]

function digestOf(name: HashName, ...pieces: readonly Uint8Array[]): Uint8Array {
  const hash = runningHash(name)
  for (const piece of pieces) hash.update(piece)
  return hash.digest()
}

test('each hash has its check value', () => {
  for (const [name, text, expected] of CHECKS)
    assert.equal(toHex(digestOf(name, Buffer.from(text))), expected, name)
})

test('a hash does not depend on how its bytes are cut', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat({ max: 200 }), (bytes, cut) => {
      for (const [name] of CHECKS) {
        const whole = toHex(digestOf(name, bytes))
        assert.equal(toHex(digestOf(name, bytes.subarray(0, cut), bytes.subarray(cut))), whole, name)
      }
    }),
  )
})

test('the checksum of a whole follows from those of its parts', () => {
  const part = fc.uint8Array({ maxLength: 100 })
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
      for (const name of ['crc32', 'crc32c', 'crc64nvme'] as const) {
        const crcs = parts.map((bytes) => ({ digest: digestOf(name, bytes), sizeBytes: bytes.length }))
        assert.equal(toHex(combineCrcs(name, crcs)), toHex(digestOf(name, ...parts)), name)
      }
    }),
  )
})

test('cryptographic hashes cannot be combined', () => {
  assert.equal(isCombinable('sha256'), false)
  assert.throws(() => combineCrcs('sha256', []), /sha256 cannot be combined/)
})
