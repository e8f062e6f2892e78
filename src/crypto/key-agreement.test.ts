import assert from 'node:assert/strict'
import { test } from 'node:test'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { freshKey, testKey } from '../../test/support/crypto-keys.ts'
import { openssl, withoutOpenssl } from '../../test/support/openssl.ts'
import { concatBytes, toHex } from '../base/bytes.ts'
import { deriveSharedSecret } from './key-agreement.ts'

const SPECS = [
  ['ECC_NIST_P256', 32],
  ['ECC_NIST_P384', 48],
  ['ECC_NIST_P521', 66],
  ['SM2', 32],
] as const

for (const [spec, sizeBytes] of SPECS) {
  test(`both sides of ${spec} derive the same ${sizeBytes} bytes`, async () => {
    const [ours, theirs] = [await testKey(spec), await freshKey(spec)]
    const secret = await deriveSharedSecret(ours.privateKey, theirs.spki)
    const same = await deriveSharedSecret(theirs.privateKey, ours.spki)
    assert.equal(secret?.length, sizeBytes)
    assert.equal(secret && toHex(secret), same && toHex(same))
  })
}

test('noble derives the same', async () => {
  for (const [spec, curve] of [
    ['ECC_NIST_P256', p256],
    ['ECC_NIST_P384', p384],
    ['ECC_NIST_P521', p521],
  ] as const) {
    const [ours, theirs] = [await testKey(spec), await freshKey(spec)]
    const scalar = ours.privateKey.handle.export({ format: 'raw-private' })
    const point = theirs.publicKey.handle.export({ format: 'raw-public' })
    const secret = await deriveSharedSecret(ours.privateKey, theirs.spki)
    assert.equal(secret && toHex(secret), toHex(curve.getSharedSecret(scalar, point).subarray(1)))
  }
})

test('the OpenSSL command line derives the same', { skip: withoutOpenssl }, async () => {
  for (const spec of ['ECC_NIST_P256', 'ECC_NIST_P384', 'ECC_NIST_P521'] as const) {
    const [ours, theirs] = [await testKey(spec), await freshKey(spec)]
    const secret = await deriveSharedSecret(ours.privateKey, theirs.spki)
    const files = { key: theirs.pkcs8, peer: ours.spki }
    const args = [
      'pkeyutl',
      '-derive',
      '-keyform',
      'DER',
      '-inkey',
      'key',
      '-peerform',
      'DER',
      '-peerkey',
      'peer',
    ]
    assert.equal(secret && toHex(secret), toHex(openssl([...args, '-out', 'out'], files)))
  }
})

test('a key of another curve, and what is no public key, gives nothing', async () => {
  const { privateKey, pkcs8, spki } = await testKey('ECC_NIST_P256')
  for (const spec of [
    'ECC_NIST_P384',
    'ECC_SECG_P256K1',
    'SM2',
    'ECC_NIST_EDWARDS25519',
    'ML_KEM_512',
  ] as const) {
    assert.equal(await deriveSharedSecret(privateKey, (await testKey(spec)).spki), undefined, spec)
  }
  const moved = Uint8Array.from(spki)
  moved[80] = (moved[80] ?? 0) ^ 1
  for (const bytes of [moved, pkcs8, spki.subarray(1), new Uint8Array(0), new Uint8Array(8192)]) {
    assert.equal(await deriveSharedSecret(privateKey, bytes), undefined)
  }
  const sm2 = await testKey('SM2')
  const movedSm2 = Uint8Array.from(sm2.spki)
  movedSm2[80] = (movedSm2[80] ?? 0) ^ 1
  for (const bytes of [movedSm2, spki])
    assert.equal(await deriveSharedSecret(sm2.privateKey, bytes), undefined)
})

test('a public key with bytes behind it gives nothing', async () => {
  for (const [spec] of SPECS) {
    const { privateKey, spki } = await testKey(spec)
    for (const tail of [[0], [0, 0], spki]) {
      const bytes = concatBytes(spki, Uint8Array.from(tail))
      assert.equal(await deriveSharedSecret(privateKey, bytes), undefined, spec)
    }
  }
})
