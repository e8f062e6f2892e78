/** Grant tokens that are made here by the letter of docs/reference/formats/grant-token.md open to their grants. */

import assert from 'node:assert/strict'
import { createCipheriv, createHmac, hkdfSync } from 'node:crypto'
import { test } from 'node:test'
import { systemRandom } from '../../src/base/ports.ts'
import { grantTokens } from '../../src/custody/grant-token.ts'
import { testKeys } from '../support/test-sealer.ts'

const ROOT_KEY = new Uint8Array(32).map((_, at) => at)
const LABEL = 'holdfast/grant-token/1'
const GRANT = {
  account: '111122223333',
  region: 'eu-west-1',
  keyId: '1234abcd-12ab-34cd-56ef-1234567890ab',
  grantId: '0123456789abcdef'.repeat(4),
}

type Parts = {
  readonly format?: number
  readonly content?: string
  readonly label?: string
  readonly info?: string
}

function field(text: string): Buffer {
  const bytes = Buffer.from(text)
  const size = Buffer.alloc(4)
  size.writeUInt32BE(bytes.length)
  return Buffer.concat([size, bytes])
}

function tokenOf({ format = 1, content, label = LABEL, info = `${LABEL}/seal` }: Parts): string {
  const nonce = Buffer.alloc(16, 5)
  const iv = Buffer.alloc(12, 6)
  const sealing = Buffer.from(hkdfSync('sha256', ROOT_KEY, '', info, 32))
  const counter = Buffer.from([0, 0, 0, 1])
  const bits = Buffer.from([0, 0, 1, 0])
  const input = Buffer.concat([counter, Buffer.from(`${label}\0`), nonce, bits])
  const key = createHmac('sha256', sealing).update(input).digest()
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  cipher.setAAD(Buffer.concat([field(label), Buffer.of(format)]))
  const text = content ?? [GRANT.account, GRANT.region, GRANT.keyId, GRANT.grantId].join('/')
  const sealed = Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()])
  return Buffer.concat([Buffer.of(format), nonce, iv, sealed]).toString('base64')
}

const tokens = grantTokens(testKeys(Uint8Array.from(ROOT_KEY)), systemRandom)

test('a token of format 1 opens to its grant, and is the same for ever', () => {
  const token = tokenOf({})
  assert.equal(
    token,
    'AQUFBQUFBQUFBQUFBQUFBQUGBgYGBgYGBgYGBgb4MMmxNt2HXQpxTRInMtkpujXyb3VGo3n55xHFO59+6iUPun9d3wIROaKkQeNVvPpWJ3QichYIQYb1p+sZLL+sOe3F+5E7y3E9eVkaMpf3mvo/2TXQXanoPlBLjf/60PglQLnsgx0VIOVBfPYnkh64ojqwQQn4r2FXYGF7+NuC0c8uZ8LUJj+08UsLHg==',
  )
  assert.deepEqual(tokens.open(token), GRANT)
})

test('a token of another format, label or key does not open', () => {
  for (const parts of [{ format: 2 }, { label: 'holdfast/grant-token/2' }, { info: LABEL }]) {
    assert.equal(tokens.open(tokenOf(parts)), undefined)
  }
})
