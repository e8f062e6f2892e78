import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { testKeys } from '../../test/support/test-sealer.ts'
import { systemRandom } from '../base/ports.ts'
import { type GrantTokens, grantTokens } from './grant-token.ts'

const GRANT = {
  account: '111122223333',
  region: 'eu-west-1',
  keyId: '1234abcd-12ab-34cd-56ef-1234567890ab',
  grantId: 'ab'.repeat(32),
}

function tokensOf(byte: number): GrantTokens {
  return grantTokens(testKeys(new Uint8Array(32).fill(byte)), systemRandom)
}

test('a grant token opens to its grant', () => {
  const tokens = tokensOf(1)
  const other = { ...GRANT, keyId: `mrk-${'0'.repeat(32)}`, region: 'us-gov-west-1' }
  assert.deepEqual(tokens.open(tokens.seal(GRANT)), GRANT)
  assert.deepEqual(tokens.open(tokens.seal(other)), other)
})

test('each token of a grant is another, shows nothing of it, and keeps the limit of the service model', () => {
  const tokens = tokensOf(1)
  const made = Array.from({ length: 20 }, () => tokens.seal(GRANT))
  assert.equal(new Set(made).size, made.length)
  for (const token of made) {
    assert.ok(token.length <= 8192)
    const text = Buffer.from(token, 'base64').toString('latin1')
    for (const shown of Object.values(GRANT)) assert.ok(!text.includes(shown))
  }
})

test('a token of another deployment does not open', () => {
  assert.equal(tokensOf(2).open(tokensOf(1).seal(GRANT)), undefined)
})

test('a token of which one bit was changed does not open', () => {
  const tokens = tokensOf(1)
  const bytes = Buffer.from(tokens.seal(GRANT), 'base64')
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes)
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at)
    assert.equal(tokens.open(changed.toString('base64')), undefined, `byte ${at}`)
  }
})

test('a token that was cut off or added to does not open', () => {
  const tokens = tokensOf(1)
  const bytes = Buffer.from(tokens.seal(GRANT), 'base64')
  for (let size = 0; size < bytes.length; size += 1) {
    assert.equal(tokens.open(bytes.subarray(0, size).toString('base64')), undefined, `${size} bytes`)
  }
  assert.equal(tokens.open(Buffer.concat([bytes, Buffer.of(0)]).toString('base64')), undefined)
})

test('no other text opens', () => {
  const tokens = tokensOf(1)
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.base64String({ maxLength: 400 })), (text) => {
      assert.equal(tokens.open(text), undefined)
    }),
  )
})
