import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deflateRawSync } from 'node:zlib'
import { testKeys } from '../../../test/support/test-sealer.ts'
import { utf8 } from '../../base/bytes.ts'
import { systemRandom } from '../../base/ports.ts'
import { tokenSealer } from '../../custody/token-sealer.ts'
import { parseToken, type RoleClaims, sealClaims } from './session-token.ts'

const sealer = tokenSealer(testKeys(), systemRandom)

/** The claims of a role's session as versions before the second wrote them. */
const FIRST: RoleClaims = {
  ...{ version: 1, type: 'role', account: '111122223333', accessKeyId: 'ASIA', secretAccessKey: 's' },
  ...{ issuedAt: 1, expiresAt: 2, roleId: 'AROA', name: 'ci', policy: undefined, policyArns: [], tags: [] },
  ...{ transitive: [], sourceIdentity: undefined, provider: undefined },
}

test('a token of the first version opens, without claims of an identity provider', () => {
  const opened = parseToken(sealer, sealClaims(sealer, FIRST))
  assert.ok(opened?.type === 'role')
  assert.equal(opened.roleId, 'AROA')
  assert.equal(opened.federation, undefined)
})

test('a token of the second version keeps claims of an identity provider', () => {
  const federation = [['issuer:sub', 'ada'] as const, ['issuer:amr', ['mfa', 'pwd']] as const]
  const opened = parseToken(sealer, sealClaims(sealer, { ...FIRST, version: 2, federation }))
  assert.ok(opened?.type === 'role')
  assert.deepEqual(opened.federation, federation)
})

test('a token of the third version keeps when the code of an MFA device was verified', () => {
  const opened = parseToken(sealer, sealClaims(sealer, { ...FIRST, version: 3, mfaAt: 1 }))
  assert.equal(opened?.mfaAt, 1)
})

test('a token of the fourth version keeps what binds it to the cookie of the console', () => {
  const console = { sessionId: 'id', cookieHash: 'ab' }
  const opened = parseToken(sealer, sealClaims(sealer, { ...FIRST, version: 4, console }))
  assert.ok(opened?.type === 'role')
  assert.deepEqual(opened.console, console)
})

test('a token of a later version is none', () => {
  const later = sealer.seal(deflateRawSync(utf8(JSON.stringify({ ...FIRST, version: 5 }))))
  assert.equal(parseToken(sealer, later), undefined)
})
