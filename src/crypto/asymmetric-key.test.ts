import assert from 'node:assert/strict'
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { test } from 'node:test'
import { testKey } from '../../test/support/crypto-keys.ts'
import { openssl, withoutOpenssl } from '../../test/support/openssl.ts'
import { AssertionError } from '../base/assert.ts'
import {
  encodePublicKey,
  openPrivateKey,
  openPublicKey,
  parsePrivateKey,
  parsePublicKey,
  publicHalf,
  publicKeyOf,
} from './asymmetric-key.ts'
import { PRIVATE_SPECS, type PrivateSpec } from './private-spec.ts'

/** Sizes of PKCS #8 and SubjectPublicKeyInfo that are fixed. Source: RFC 5958, 5480, 8410, 9881 and 9935. */
const SIZES: { readonly [S in PrivateSpec]?: readonly [number, number] } = {
  ECC_NIST_P256: [138, 91],
  ECC_NIST_P384: [185, 120],
  ECC_NIST_P521: [241, 158],
  ECC_SECG_P256K1: [135, 88],
  SM2: [138, 91],
  ECC_NIST_EDWARDS25519: [48, 44],
  ML_DSA_44: [54, 1334],
  ML_DSA_65: [54, 1974],
  ML_DSA_87: [54, 2614],
  ML_KEM_512: [86, 822],
  ML_KEM_768: [86, 1206],
  ML_KEM_1024: [86, 1590],
}

for (const spec of PRIVATE_SPECS) {
  test(`a key pair of ${spec} opens as that and nothing else, and its halves belong together`, async () => {
    const { pkcs8, spki, privateKey, publicKey } = await testKey(spec)
    assert.deepEqual(Buffer.from(publicKeyOf(privateKey)), Buffer.from(spki))
    assert.deepEqual(Buffer.from(encodePublicKey(publicKey)), Buffer.from(spki))
    assert.deepEqual(Buffer.from(encodePublicKey(publicHalf(privateKey))), Buffer.from(spki))
    const sizes = SIZES[spec]
    if (sizes !== undefined) assert.deepEqual([pkcs8.length, spki.length], sizes)
    for (const other of PRIVATE_SPECS.filter((name) => name !== spec)) {
      assert.equal(parsePrivateKey(other, pkcs8), undefined, other)
      assert.equal(parsePublicKey(other, spki), undefined, other)
    }
  })
}

test('opening bytes that are no key of the spec is a bug, and parsing them gives nothing', async () => {
  const { pkcs8, spki } = await testKey('ECC_NIST_P256')
  for (const bytes of [
    new Uint8Array(0),
    Uint8Array.of(0x30, 0x80),
    pkcs8.subarray(1),
    pkcs8.subarray(0, 60),
  ]) {
    assert.throws(() => openPrivateKey('ECC_NIST_P256', bytes), AssertionError)
    assert.throws(() => openPublicKey('ECC_NIST_P256', bytes), AssertionError)
  }
  assert.throws(() => openPublicKey('ECC_NIST_P256', pkcs8), AssertionError)
  assert.throws(() => openPrivateKey('ECC_NIST_P256', spki), AssertionError)
  assert.equal(parsePublicKey('ECC_NIST_P256', pkcs8), undefined)
})

test('a public key with a compressed point opens and is written uncompressed', async () => {
  const { spki } = await testKey('ECC_NIST_P384')
  const point = createPublicKey({ key: Buffer.from(spki), type: 'spki', format: 'der' }).export({
    format: 'raw-public',
    type: 'compressed',
  })
  const head = Buffer.from('3046301006072a8648ce3d020106052b81040022033200', 'hex')
  const compressed = Buffer.concat([head, point])
  assert.deepEqual(
    Buffer.from(encodePublicKey(openPublicKey('ECC_NIST_P384', compressed))),
    Buffer.from(spki),
  )
})

test('a point that is not on the curve does not open', async () => {
  const { spki } = await testKey('ECC_NIST_P256')
  const moved = Uint8Array.from(spki)
  moved[90] = (moved[90] ?? 0) ^ 1
  assert.equal(parsePublicKey('ECC_NIST_P256', moved), undefined)
})

test('keys with written-out curve parameters do not open', { skip: withoutOpenssl }, () => {
  const parameters = ['-pkeyopt', 'ec_paramgen_curve:P-256', '-pkeyopt', 'ec_param_enc:explicit']
  const pem = openssl(['genpkey', '-algorithm', 'EC', ...parameters], {})
  const handle = createPrivateKey(Buffer.from(pem))
  assert.equal(handle.asymmetricKeyDetails?.namedCurve, 'prime256v1', 'OpenSSL has found the name')
  const pkcs8 = handle.export({ type: 'pkcs8', format: 'der' })
  const spki = createPublicKey(handle).export({ type: 'spki', format: 'der' })
  assert.equal(parsePrivateKey('ECC_NIST_P256', pkcs8), undefined)
  assert.equal(parsePublicKey('ECC_NIST_P256', spki), undefined)
})

test('the OpenSSL command line finds generated keys consistent', { skip: withoutOpenssl }, async () => {
  for (const spec of PRIVATE_SPECS.filter((name) => !name.startsWith('ML_'))) {
    const { pkcs8 } = await testKey(spec)
    const printed = openssl(['pkey', '-inform', 'DER', '-in', 'key', '-check', '-noout'], { key: pkcs8 })
    assert.match(Buffer.from(printed).toString(), /Key is valid/, spec)
  }
})
