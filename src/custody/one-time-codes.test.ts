import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HOTP, Secret } from 'otpauth'
import { systemRandom } from '../base/ports.ts'
import { type CodeState, newSeed, seedUri, synchronize, useCode } from './one-time-codes.ts'

/** Source: RFC 6238, appendix B: the seed for SHA-1, and moments with the last six digits of their codes. */
const SEED = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
const VECTORS: readonly (readonly [seconds: number, code: string])[] = [
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
]
const NEW: CodeState = { seed: SEED, driftSteps: 0, lastStep: -1 }
const NOW = 1_800_000_000_000

const codeAt = (now: number, seed = SEED): string =>
  HOTP.generate({ secret: Secret.fromBase32(seed), counter: Math.floor(now / 30_000) })

test('the codes of RFC 6238 are valid at their moments', () => {
  for (const [seconds, code] of VECTORS) {
    assert.equal(useCode(NEW, code, seconds * 1000)?.lastStep, Math.floor(seconds / 30))
  }
})

test('a code works once, one step early or late, and no code works that is older than one that was used', () => {
  for (const offset of [-30_000, 0, 30_000]) {
    const used = useCode(NEW, codeAt(NOW + offset), NOW)
    assert.ok(used !== undefined, String(offset))
    assert.equal(useCode(used, codeAt(NOW + offset), NOW), undefined)
  }
  for (const offset of [-60_000, 60_000]) {
    assert.equal(useCode(NEW, codeAt(NOW + offset), NOW), undefined)
  }
  const used = useCode(NEW, codeAt(NOW), NOW)
  assert.ok(used !== undefined)
  assert.equal(useCode(used, codeAt(NOW - 30_000), NOW), undefined)
  for (const wrong of ['', '12345', '1234567', 'abcdef', '000000']) {
    assert.equal(useCode(NEW, wrong, NOW), undefined, wrong)
  }
})

test('two codes in a row synchronize a device whose clock is off', () => {
  const late = NOW - 300_000
  const state = synchronize(NEW, [codeAt(late - 30_000), codeAt(late)], NOW)
  assert.equal(state?.driftSteps, -10)
  assert.ok(state !== undefined)
  assert.equal(useCode(state, codeAt(late), NOW), undefined)
  assert.ok(useCode(state, codeAt(late + 30_000), NOW + 30_000) !== undefined)
  assert.equal(synchronize(state, [codeAt(late - 30_000), codeAt(late)], NOW), undefined)
  assert.equal(synchronize(NEW, [codeAt(late), codeAt(late - 30_000)], NOW), undefined)
  assert.equal(synchronize(NEW, [codeAt(late), codeAt(late)], NOW), undefined)
  assert.equal(synchronize(NEW, [codeAt(NOW), codeAt(NOW + 30_000)], NOW)?.driftSteps, 0)
  const far = NOW - 21 * 30_000
  assert.equal(synchronize(NEW, [codeAt(far - 30_000), codeAt(far)], NOW), undefined)
})

test('a seed has 160 bits, and its QR code names its owner', () => {
  const seed = newSeed(systemRandom)
  assert.match(seed, /^[A-Z2-7]{32}$/)
  assert.notEqual(seed, newSeed(systemRandom))
  assert.equal(
    seedUri(SEED, 'Holdfast', 'ada@000000000000'),
    `otpauth://totp/Holdfast:ada%40000000000000?issuer=Holdfast&secret=${SEED}&algorithm=SHA1&digits=6&period=30`,
  )
})
