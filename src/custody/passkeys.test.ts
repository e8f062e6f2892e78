import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { test } from 'node:test'
import {
  type Asserted,
  type KeyKind,
  openAuthenticator,
  type Twist,
} from '../../test/support/authenticator.ts'
import {
  type PasskeyAssertion,
  type PasskeyKey,
  rpIdOf,
  verifyAssertion,
  verifyNewPasskey,
} from './passkeys.ts'

const ORIGIN = 'https://kms.example:7600'
const CHALLENGE = Buffer.from('a challenge').toString('base64url')

const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'base64url')

function assertionOf(asserted: Asserted): PasskeyAssertion {
  return {
    credentialId: asserted.credentialId,
    userHandle: '',
    clientData: bytesOf(asserted.clientData),
    authenticatorData: bytesOf(asserted.authenticatorData),
    signature: bytesOf(asserted.signature),
  }
}

for (const kind of ['ES256', 'EdDSA', 'RS256'] as const satisfies readonly KeyKind[]) {
  test(`a passkey with ${kind} is made and used, and its counter grows`, () => {
    const device = openAuthenticator(ORIGIN, { kind })
    const made = verifyNewPasskey(device.register(CHALLENGE))
    assert.equal(made?.value.credentialId, device.credentialId)
    assert.equal(made.value.rpId, 'kms.example')
    assert.equal(Buffer.from(made.challenge).toString(), 'a challenge')
    const used = verifyAssertion(made.value, assertionOf(device.assert(CHALLENGE)), ORIGIN)
    assert.equal(used?.value.signCount, 2)
    assert.equal(Buffer.from(used.challenge).toString(), 'a challenge')
  })
}

/** Changes of an answer, each of which must not be accepted. */
const TWISTS: Readonly<Record<string, Twist>> = {
  'of another type': { type: 'webauthn.other' },
  'for another origin': { origin: 'https://attacker.example' },
  'for another port': { origin: 'https://kms.example:7601' },
  'in a frame of another site': { crossOrigin: true },
  'for another relying party': { rpId: 'attacker.example' },
  'without a present user': { flags: 0x44 },
  'without a verified user': { flags: 0x41 },
  'with a backup that cannot be': { flags: 0x55 },
}

for (const [what, twist] of Object.entries(TWISTS)) {
  test(`an answer ${what} is refused`, () => {
    const device = openAuthenticator(ORIGIN)
    const made = verifyNewPasskey(device.register(CHALLENGE))
    assert.ok(made)
    // The page that registers may have any origin: it is the one at which the passkey works.
    if (twist.origin === undefined) {
      assert.equal(verifyNewPasskey(device.register(CHALLENGE, twist)), undefined)
    }
    assert.equal(verifyAssertion(made.value, assertionOf(device.assert(CHALLENGE, twist)), ORIGIN), undefined)
  })
}

test('a wrong signature, a key of another passkey and another credential id are refused', () => {
  const device = openAuthenticator(ORIGIN)
  const other = openAuthenticator(ORIGIN)
  const key = verifyNewPasskey(device.register(CHALLENGE))?.value
  assert.ok(key)
  const verify = (asserted: Asserted, as: PasskeyKey = key) =>
    verifyAssertion(as, assertionOf(asserted), ORIGIN)
  assert.equal(verify(device.assert(CHALLENGE, { otherBytes: true })), undefined)
  assert.equal(
    verify({ ...other.assert(CHALLENGE, { signCount: 9 }), credentialId: key.credentialId }),
    undefined,
  )
  assert.equal(verify({ ...device.assert(CHALLENGE), credentialId: other.credentialId }), undefined)
  assert.equal(verify({ ...device.assert(CHALLENGE), signature: '' }), undefined)
  assert.equal(verify({ ...device.assert(CHALLENGE), clientData: 'AAAA' }), undefined)
  assert.equal(verify({ ...device.assert(CHALLENGE), authenticatorData: 'AAAA' }), undefined)
  assert.ok(verify(device.assert(CHALLENGE)))
})

test('a counter that does not grow is refused, and one that never counts is not', () => {
  const device = openAuthenticator(ORIGIN)
  const key = verifyNewPasskey(device.register(CHALLENGE))?.value
  assert.ok(key)
  for (const signCount of [0, 1]) {
    const asserted = assertionOf(device.assert(CHALLENGE, { signCount }))
    assert.equal(verifyAssertion(key, asserted, ORIGIN), undefined, String(signCount))
  }
  assert.ok(verifyAssertion(key, assertionOf(device.assert(CHALLENGE, { signCount: 2 })), ORIGIN))
  const synced = openAuthenticator(ORIGIN, { counts: false })
  const syncedKey = verifyNewPasskey(synced.register(CHALLENGE))?.value
  assert.equal(syncedKey?.isSynced, true)
  assert.ok(verifyAssertion(syncedKey, assertionOf(synced.assert(CHALLENGE)), ORIGIN))
  const unsynced = assertionOf(synced.assert(CHALLENGE, { flags: 0x05 }))
  assert.equal(verifyAssertion(syncedKey, unsynced, ORIGIN), undefined)
})

test('a new passkey needs an id, and a key of its algorithm that is long enough', () => {
  const given = openAuthenticator(ORIGIN).register(CHALLENGE)
  const spki = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'spki' })
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey
  const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey
  const wrong: readonly Partial<typeof given>[] = [
    { algorithm: -8 },
    { algorithm: -35 },
    { publicKey: Buffer.from('AAAA') },
    { publicKey: spki(p384) },
    { publicKey: spki(short), algorithm: -257 },
    { authenticatorData: given.authenticatorData.subarray(0, 37) },
    { authenticatorData: given.authenticatorData.subarray(0, 60) },
  ]
  for (const one of wrong)
    assert.equal(verifyNewPasskey({ ...given, ...one }), undefined, JSON.stringify(one))
  assert.ok(verifyNewPasskey(given))
})

test('an origin has a relying party over TLS, or at localhost', () => {
  const parties = [
    'https://a.example',
    'http://localhost:7600',
    'http://a.example',
    'http://127.0.0.1',
    'x',
    'https://a.example/',
  ]
  assert.deepEqual(parties.map(rpIdOf), [
    'a.example',
    'localhost',
    undefined,
    undefined,
    undefined,
    undefined,
  ])
})
