import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ml_kem512, ml_kem768, ml_kem1024 } from '@noble/post-quantum/ml-kem.js'
import { testKey } from '../../test/support/crypto-keys.ts'
import { toHex } from '../base/bytes.ts'
import { decapsulate, encapsulate, KEM_CIPHERTEXT_BYTES } from './kem.ts'

const SPECS = [
  ['ML_KEM_512', ml_kem512],
  ['ML_KEM_768', ml_kem768],
  ['ML_KEM_1024', ml_kem1024],
] as const

/** The seed ends the PKCS #8 of a key. Source: RFC 9935. */
function seedOf(pkcs8: Uint8Array): Uint8Array {
  return pkcs8.subarray(pkcs8.length - 64)
}

for (const [spec, noble] of SPECS) {
  test(`a secret encapsulated for ${spec} comes out again, here and in noble`, async () => {
    const { privateKey, publicKey, pkcs8, spki } = await testKey(spec)
    const { sharedSecret, ciphertext } = await encapsulate(publicKey)
    assert.equal(sharedSecret.length, 32)
    assert.equal(ciphertext.length, KEM_CIPHERTEXT_BYTES[spec])
    assert.equal(toHex(await decapsulate(privateKey, ciphertext)), toHex(sharedSecret))
    const theirs = noble.keygen(seedOf(pkcs8))
    assert.equal(toHex(theirs.publicKey), toHex(spki.subarray(22)))
    assert.equal(toHex(noble.decapsulate(ciphertext, theirs.secretKey)), toHex(sharedSecret))
    const made = noble.encapsulate(theirs.publicKey)
    assert.equal(toHex(await decapsulate(privateKey, made.cipherText)), toHex(made.sharedSecret))
  })

  test(`a ciphertext that was not made for ${spec} is refused by bytes that nobody knows`, async () => {
    const { privateKey, publicKey, pkcs8 } = await testKey(spec)
    const { sharedSecret, ciphertext } = await encapsulate(publicKey)
    const changed = Uint8Array.from(ciphertext)
    changed[9] = (changed[9] ?? 0) ^ 1
    const refused = await decapsulate(privateKey, changed)
    assert.notEqual(toHex(refused), toHex(sharedSecret))
    assert.equal(toHex(await decapsulate(privateKey, changed)), toHex(refused))
    const theirs = noble.keygen(seedOf(pkcs8))
    assert.equal(toHex(noble.decapsulate(changed, theirs.secretKey)), toHex(refused))
  })
}

test('no two encapsulations are alike', async () => {
  const { publicKey } = await testKey('ML_KEM_768')
  const [one, other] = [await encapsulate(publicKey), await encapsulate(publicKey)]
  assert.notEqual(toHex(one.sharedSecret), toHex(other.sharedSecret))
  assert.notEqual(toHex(one.ciphertext), toHex(other.ciphertext))
})
