import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KmsError } from '../../api/errors.ts'
import { sessionNameOf } from './session-name.ts'

function nameOf(claims: Readonly<Record<string, unknown>>, claim = 'email'): string {
  const token = { subject: 's', audience: 'a', tags: [], transitiveKeys: [], sourceIdentity: undefined }
  return sessionNameOf({ ...token, claims: { email_verified: true, ...claims } }, claim)
}

test('two claims never have one session name', () => {
  const taken = nameOf({ email: 'ada lovelace@example.com' })
  assert.match(taken, /^ada-lovelace@example\.com-[0-9a-f]{16}$/)
  assert.equal(nameOf({ email: 'ada@example.com' }), 'ada@example.com')
  // A person who chooses its claim must not get the name of another person.
  assert.notEqual(nameOf({ email: taken }), taken)
  for (const claim of ['a', 'x'.repeat(65), `${'x'.repeat(64)} `, taken, `${taken} `])
    assert.match(nameOf({ email: claim }), /^[\w+=,.@-]{2,64}$/)
})

test('an address of which the provider does not say that it is verified names nobody, whatever the type of the claim', () => {
  const email = 'ada@example.com'
  for (const verified of [true, 'true']) assert.equal(nameOf({ email, email_verified: verified }), email)
  for (const verified of [undefined, false, 'false', 'False', 1, 0, null, ''])
    assert.throws(() => nameOf({ email, email_verified: verified }), KmsError, String(verified))
  assert.equal(nameOf({ name: 'ada', email_verified: 'false' }, 'name'), 'ada')
})
