import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hmacSha256Hex } from '../crypto/hmac.ts'
import { deriveSigningKey, SIGNING_KEYS_PER_CREDENTIAL, SigningKeys } from './signing-key.ts'

const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'
const scope = { date: '20120215', region: 'us-east-1', service: 'iam' }

test('deriveSigningKey gives the key of the published example', () => {
  const expected = 'f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d'
  assert.equal(deriveSigningKey(secretAccessKey, scope).handle.export().toString('hex'), expected)
})

test('SigningKeys gives the same key for the same credential and scope', () => {
  const keys = new SigningKeys()
  const credential = { secretAccessKey }
  assert.equal(keys.get(credential, { scope }), keys.get(credential, { scope: { ...scope } }))
})

test('SigningKeys gives another key for another date, region or service', () => {
  const keys = new SigningKeys()
  const credential = { secretAccessKey }
  const scopes = [
    scope,
    { ...scope, date: '20120216' },
    { ...scope, region: 'us-east-2' },
    { ...scope, service: 'kms' },
  ]
  const macs = new Set(scopes.map((other) => hmacSha256Hex(keys.get(credential, { scope: other }), 'text')))
  assert.equal(macs.size, scopes.length)
})

test('SigningKeys never gives the key of a replaced secret', () => {
  const keys = new SigningKeys()
  const old = keys.get({ secretAccessKey: 'old' }, { scope })
  const replaced = keys.get({ secretAccessKey: 'new' }, { scope })
  assert.notEqual(hmacSha256Hex(old, 'text'), hmacSha256Hex(replaced, 'text'))
  assert.equal(hmacSha256Hex(replaced, 'text'), hmacSha256Hex(deriveSigningKey('new', scope), 'text'))
})

test('SigningKeys keeps a limited number of keys for a credential and forgets the oldest', () => {
  const keys = new SigningKeys()
  const credential = { secretAccessKey }
  const other = { secretAccessKey: 'other' }
  const region = (index: number) => ({ scope: { ...scope, region: `us-east-${index}` } })
  const kept = keys.get(other, region(0))
  const first = keys.get(credential, region(0))
  for (let index = 1; index < SIGNING_KEYS_PER_CREDENTIAL; index += 1) keys.get(credential, region(index))
  assert.equal(keys.get(credential, region(0)), first)
  const last = keys.get(credential, region(SIGNING_KEYS_PER_CREDENTIAL))
  assert.notEqual(keys.get(credential, region(0)), first)
  assert.equal(keys.get(credential, region(SIGNING_KEYS_PER_CREDENTIAL)), last)
  assert.equal(keys.get(other, region(0)), kept)
})
