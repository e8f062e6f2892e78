import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemRandom } from './ports.ts'

test('random bytes have the asked size and are never given twice', () => {
  const seen = new Set<string>()
  for (let round = 0; round < 2000; round += 1) {
    const bytes = systemRandom.bytes(16)
    assert.equal(bytes.length, 16)
    seen.add(Buffer.from(bytes).toString('hex'))
  }
  assert.equal(seen.size, 2000)
})

test('random bytes of every size up to beyond the pool are filled', () => {
  for (const size of [0, 1, 255, 256, 257, 4096, 10_000]) {
    const bytes = systemRandom.bytes(size)
    assert.equal(bytes.length, size)
    if (size >= 255) assert.ok(new Set(bytes).size > 100)
  }
})

test('random bytes that were given out are the receiver’s alone', () => {
  const first = systemRandom.bytes(32)
  const copy = Uint8Array.from(first)
  const second = systemRandom.bytes(32)
  second.fill(0)
  assert.deepEqual(first, copy)
  assert.notEqual(first.buffer, second.buffer)
})
