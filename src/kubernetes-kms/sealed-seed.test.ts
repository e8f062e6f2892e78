import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemRandom } from '../base/ports.ts'
import { openSeed, parseSealedSeed, sealSeed } from './sealed-seed.ts'

const KEY = Buffer.alloc(32, 1)
const WRAPPED = Buffer.from('wrapped')
/** Made once: a published version opens for ever. */
const VECTOR = '0100077772617070656402020202020202020202020274b3ac2d3fed803a849e55587e29ca248329d424'

test('a sealed seed has the documented form', () => {
  const random = { ...systemRandom, bytes: (sizeBytes: number) => Buffer.alloc(sizeBytes, 2) }
  const sealed = sealSeed({ key: KEY, wrapped: WRAPPED }, Buffer.from('seed'), random)
  assert.equal(Buffer.from(sealed).toString('hex'), VECTOR)
  const parts = parseSealedSeed(sealed)
  assert.deepEqual(Buffer.from(parts.wrapped), WRAPPED)
  assert.equal(Buffer.from(openSeed(KEY, parts)).toString(), 'seed')
  assert.throws(() => openSeed(Buffer.alloc(32, 3), parts), /it is not authentic/)
  assert.throws(() => openSeed(Buffer.alloc(16, 1), parts), /it is not authentic/)
})

test('what is no sealed seed is refused', () => {
  for (const hex of [
    '',
    '01',
    '0100',
    '010000',
    '0200077772617070656402',
    VECTOR.slice(0, 60),
    `01ffff${VECTOR.slice(6)}`,
  ])
    assert.throws(() => parseSealedSeed(Buffer.from(hex, 'hex')), /expected one that this plug-in made/, hex)
})
