import assert from 'node:assert/strict'
import { test } from 'node:test'
import { freshKey, testKey } from '../../test/support/crypto-keys.ts'
import { openssl, withoutOpenssl } from '../../test/support/openssl.ts'
import { toHex, utf8 } from '../base/bytes.ts'
import { decryptRsa, encryptRsa, rsaPlaintextMax } from './rsa-encryption.ts'

const SPECS = ['RSA_2048', 'RSA_3072', 'RSA_4096'] as const
const ALGORITHMS = ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'] as const

/** Source: AWS KMS API Reference, "Encrypt". */
const MAXIMA = {
  RSA_2048: { RSAES_OAEP_SHA_1: 214, RSAES_OAEP_SHA_256: 190 },
  RSA_3072: { RSAES_OAEP_SHA_1: 342, RSAES_OAEP_SHA_256: 318 },
  RSA_4096: { RSAES_OAEP_SHA_1: 470, RSAES_OAEP_SHA_256: 446 },
} as const

for (const spec of SPECS) {
  for (const algorithm of ALGORITHMS) {
    test(`${spec} encrypts by ${algorithm} from nothing to ${MAXIMA[spec][algorithm]} bytes`, async () => {
      const { privateKey, publicKey } = await testKey(spec)
      const max = rsaPlaintextMax(spec, algorithm)
      assert.equal(max, MAXIMA[spec][algorithm])
      for (const size of [0, 1, max]) {
        const plaintext = new Uint8Array(size).fill(7)
        const ciphertext = await encryptRsa(publicKey, algorithm, plaintext)
        assert.equal(ciphertext.length, Number(spec.slice(4)) / 8)
        const opened = await decryptRsa(privateKey, algorithm, ciphertext)
        assert.equal(opened && toHex(opened), toHex(plaintext))
      }
      await assert.rejects(encryptRsa(publicKey, algorithm, new Uint8Array(max + 1)))
    })
  }
}

test('what was not made for the key and algorithm gives nothing', async () => {
  const { privateKey, publicKey } = await testKey('RSA_2048')
  const ciphertext = await encryptRsa(publicKey, 'RSAES_OAEP_SHA_256', utf8('text'))
  const changed = Uint8Array.from(ciphertext)
  changed[100] = (changed[100] ?? 0) ^ 1
  const wrong = [
    changed,
    ciphertext.subarray(1),
    new Uint8Array(0),
    new Uint8Array(6144),
    new Uint8Array(256),
  ]
  for (const bytes of [...wrong, new Uint8Array(256).fill(255)]) {
    assert.equal(await decryptRsa(privateKey, 'RSAES_OAEP_SHA_256', bytes), undefined)
  }
  assert.equal(await decryptRsa(privateKey, 'RSAES_OAEP_SHA_1', ciphertext), undefined)
  const other = await freshKey('RSA_2048')
  assert.equal(await decryptRsa(other.privateKey, 'RSAES_OAEP_SHA_256', ciphertext), undefined)
})

test('a ciphertext whose first byte is 0 is one with that byte only', async () => {
  const { privateKey, publicKey } = await testKey('RSA_2048')
  let ciphertext = await encryptRsa(publicKey, 'RSAES_OAEP_SHA_256', utf8('text'))
  while (ciphertext[0] !== 0) ciphertext = await encryptRsa(publicKey, 'RSAES_OAEP_SHA_256', utf8('text'))
  const opened = await decryptRsa(privateKey, 'RSAES_OAEP_SHA_256', ciphertext)
  assert.equal(opened && toHex(opened), toHex(utf8('text')))
  assert.equal(await decryptRsa(privateKey, 'RSAES_OAEP_SHA_256', ciphertext.subarray(1)), undefined)
})

test('the OpenSSL command line encrypts for us and decrypts what is ours', {
  skip: withoutOpenssl,
}, async () => {
  const { privateKey, publicKey, pkcs8, spki } = await testKey('RSA_2048')
  const text = utf8('a text for the command line')
  for (const [algorithm, digest] of [
    ['RSAES_OAEP_SHA_1', 'sha1'],
    ['RSAES_OAEP_SHA_256', 'sha256'],
  ] as const) {
    const padding = ['rsa_padding_mode:oaep', `rsa_oaep_md:${digest}`, `rsa_mgf1_md:${digest}`]
    const options = ['-keyform', 'DER', ...padding.flatMap((option) => ['-pkeyopt', option])]
    const encryption = ['pkeyutl', '-encrypt', '-pubin', '-inkey', 'key', '-in', 'text', '-out', 'out']
    const theirs = openssl([...encryption, ...options], { key: spki, text })
    const opened = await decryptRsa(privateKey, algorithm, theirs)
    assert.equal(opened && toHex(opened), toHex(text))
    const ours = await encryptRsa(publicKey, algorithm, text)
    const decryption = ['pkeyutl', '-decrypt', '-inkey', 'key', '-in', 'text', '-out', 'out']
    assert.equal(toHex(openssl([...decryption, ...options], { key: pkcs8, text: ours })), toHex(text))
  }
})
