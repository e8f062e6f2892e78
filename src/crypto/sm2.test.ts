import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { cases, places } from '../../test/support/campaign.ts'
import { freshKey, testKey } from '../../test/support/crypto-keys.ts'
import { openssl, withoutOpenssl } from '../../test/support/openssl.ts'
import { concatBytes, toHex, utf8 } from '../base/bytes.ts'
import { decryptSm2, encryptSm2, SM2_PLAINTEXT_MAX_BYTES } from './sm2.ts'
import { sm2Preamble, sm3 } from './sm2-facts.ts'

test('SM3 of "abc" is that of GM/T 0004, appendix A', () => {
  assert.equal(
    toHex(sm3(utf8('a'), utf8('bc'))),
    '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0',
  )
})

test('what is encrypted to an SM2 key comes out again, from 1 byte to 1,024', async () => {
  const { privateKey, publicKey } = await testKey('SM2')
  // A mask of one byte is zero, and another is tried, once in 256 times.
  for (const size of [
    ...new Array(cases({ slice: 30, whole: 300 })).fill(1),
    31,
    32,
    33,
    SM2_PLAINTEXT_MAX_BYTES,
  ]) {
    const plaintext = new Uint8Array(size).fill(size)
    const opened = await decryptSm2(privateKey, await encryptSm2(publicKey, plaintext))
    assert.equal(opened && toHex(opened), toHex(plaintext))
  }
})

test('the OpenSSL command line decrypts what is ours, and encrypts for us', {
  skip: withoutOpenssl,
}, async () => {
  const { privateKey, publicKey, pkcs8, spki } = await testKey('SM2')
  for (let round = 0; round < 8; round += 1) {
    const text = utf8(`a text for the command line, number ${round}`)
    const ours = await encryptSm2(publicKey, text)
    const decryption = [
      'pkeyutl',
      '-decrypt',
      '-keyform',
      'DER',
      '-inkey',
      'key',
      '-in',
      'text',
      '-out',
      'out',
    ]
    assert.equal(toHex(openssl(decryption, { key: pkcs8, text: ours })), toHex(text))
    const encryption = ['pkeyutl', '-encrypt', '-pubin', '-keyform', 'DER', '-inkey', 'key', '-in', 'text']
    const theirs = openssl([...encryption, '-out', 'out'], { key: spki, text })
    const opened = await decryptSm2(privateKey, theirs)
    assert.equal(opened && toHex(opened), toHex(text))
  }
})

test('a ciphertext that was changed or made for another key gives nothing', async () => {
  const { privateKey, publicKey } = await testKey('SM2')
  const ciphertext = await encryptSm2(publicKey, utf8('a text of some size'))
  for (const at of places(0, ciphertext.length - 1, 30)) {
    const changed = Uint8Array.from(ciphertext)
    changed[at] = (changed[at] ?? 0) ^ 1
    assert.equal(await decryptSm2(privateKey, changed), undefined, `byte ${at}`)
  }
  for (const bytes of [
    ciphertext.subarray(1),
    concatBytes(ciphertext, Uint8Array.of(0)),
    new Uint8Array(0),
  ]) {
    assert.equal(await decryptSm2(privateKey, bytes), undefined)
  }
  assert.equal(await decryptSm2((await freshKey('SM2')).privateKey, ciphertext), undefined)
})

test('bytes that are no ciphertext give nothing and no error', async () => {
  const { privateKey } = await testKey('SM2')
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.boolean(), async (bytes, sequence) => {
      const ciphertext = sequence ? concatBytes(Uint8Array.of(0x30, bytes.length & 0x7f), bytes) : bytes
      assert.equal(await decryptSm2(privateKey, ciphertext), undefined)
    }),
    { numRuns: 500 },
  )
})

test('the preamble is Z of GM/T 0003.5, appendix A', () => {
  const point = Buffer.from(
    '0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020' +
      'ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13',
    'hex',
  )
  assert.equal(toHex(sm2Preamble(point)), 'b2e14c5c79c6df5b85f4fe7ed8db7a262b9da7e07ccb0ea9f4747b8ccda8a4f3')
})
