import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import { ed25519, ed25519ph } from '@noble/curves/ed25519.js'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { shake256 } from '@noble/hashes/sha3.js'
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js'
import fc from 'fast-check'
import { freshKey, testKey } from '../../test/support/crypto-keys.ts'
import { openssl, withoutOpenssl } from '../../test/support/openssl.ts'
import {
  KEY_SPECS,
  MESSAGE_TYPES,
  type MessageType,
  SIGNING_ALGORITHMS,
  type SigningAlgorithm,
} from '../api/key-specs.ts'
import { AssertionError } from '../base/assert.ts'
import { concatBytes, utf8 } from '../base/bytes.ts'
import { PRIVATE_SPECS, type PrivateSpec } from './private-spec.ts'
import { digestBytes, messageBytes, messageTypesOf, sign, verify } from './signature.ts'
import { sm2Point, sm2Preamble, sm3 } from './sm2-facts.ts'

type Way = { readonly spec: PrivateSpec; readonly algorithm: SigningAlgorithm; readonly type: MessageType }

/** Every way there is to sign. */
const WAYS: readonly Way[] = PRIVATE_SPECS.flatMap((spec) =>
  algorithmsOf(spec).flatMap((algorithm) =>
    messageTypesOf(algorithm).map((type) => ({ spec, algorithm, type })),
  ),
)

function algorithmsOf(spec: PrivateSpec): readonly SigningAlgorithm[] {
  const names = KEY_SPECS[spec].usages.SIGN_VERIFY ?? []
  return SIGNING_ALGORITHMS.filter((name) => names.includes(name))
}

function messageFor({ algorithm, type }: Way, seed: string): Uint8Array {
  const sizeBytes = messageBytes(algorithm, type)
  return sizeBytes === undefined ? utf8(seed) : shake256(utf8(seed), { dkLen: sizeBytes })
}

test('there are as many ways to sign as the specs say', () => {
  assert.equal(WAYS.length, 3 * 6 * 2 + 4 * 2 + 2 + 2 + 3 * 2)
})

for (const way of WAYS) {
  const { spec, algorithm, type } = way
  test(`${spec} signs by ${algorithm}, ${type}, and verifies that and nothing else`, async () => {
    const { privateKey, publicKey } = await testKey(spec)
    const message = messageFor(way, 'a message')
    const signature = await sign(privateKey, algorithm, type, message)
    assert.equal(await verify(publicKey, algorithm, type, { message, signature }), true)
    const other = messageFor(way, 'another message')
    assert.equal(await verify(publicKey, algorithm, type, { message: other, signature }), false)
    for (const at of [0, signature.length >> 1, signature.length - 1]) {
      const changed = Uint8Array.from(signature)
      changed[at] = (changed[at] ?? 0) ^ 1
      assert.equal(
        await verify(publicKey, algorithm, type, { message, signature: changed }),
        false,
        `byte ${at}`,
      )
    }
    const wrong = [new Uint8Array(0), signature.subarray(1), concatBytes(signature, Uint8Array.of(0))]
    for (const changed of [...wrong, new Uint8Array(signature.length), new Uint8Array(6144).fill(255)]) {
      assert.equal(await verify(publicKey, algorithm, type, { message, signature: changed }), false)
    }
  })
}

test('a signature verifies under no other key of the spec', async () => {
  for (const spec of ['ECC_NIST_P256', 'ECC_NIST_EDWARDS25519', 'SM2', 'ML_DSA_44', 'RSA_2048'] as const) {
    const [{ privateKey }, { publicKey }] = [await testKey(spec), await freshKey(spec)]
    for (const way of WAYS.filter((found) => found.spec === spec)) {
      const message = messageFor(way, 'a message')
      const signature = await sign(privateKey, way.algorithm, way.type, message)
      assert.equal(await verify(publicKey, way.algorithm, way.type, { message, signature }), false)
    }
  }
})

/** What stands for the message when it is hashed beforehand. */
async function readyFor(way: Way, message: Uint8Array): Promise<readonly [MessageType, Uint8Array]> {
  const { spki } = await testKey(way.spec)
  if (way.algorithm === 'SM2DSA') return ['DIGEST', sm3(sm2Preamble(sm2Point(spki)), message)]
  if (!way.spec.startsWith('ML_DSA')) {
    return ['DIGEST', hash(`sha${way.algorithm.slice(-3)}`, message, 'buffer')]
  }
  const raw = spki.subarray(22)
  const tr = shake256(raw, { dkLen: 64 })
  return ['EXTERNAL_MU', shake256(concatBytes(tr, Uint8Array.of(0, 0), message), { dkLen: 64 })]
}

test('RAW and a message hashed beforehand verify each other’s signatures', async () => {
  const ways = WAYS.filter(({ type, algorithm }) => type === 'RAW' && algorithm !== 'ED25519_SHA_512')
  assert.equal(ways.length, 3 * 6 + 4 + 1 + 3)
  for (const way of ways) {
    const { spec, algorithm } = way
    const { privateKey, publicKey } = await testKey(spec)
    const message = utf8(`of ${spec} by ${algorithm}`)
    const [type, ready] = await readyFor(way, message)
    const ofRaw = await sign(privateKey, algorithm, 'RAW', message)
    const ofReady = await sign(privateKey, algorithm, type, ready)
    assert.equal(
      await verify(publicKey, algorithm, type, { message: ready, signature: ofRaw }),
      true,
      algorithm,
    )
    assert.equal(await verify(publicKey, algorithm, 'RAW', { message, signature: ofReady }), true, algorithm)
    if (algorithm.includes('PKCS1')) assert.deepEqual(Buffer.from(ofRaw), Buffer.from(ofReady))
    else assert.notDeepEqual(Buffer.from(ofRaw), Buffer.from(ofReady), 'a nonce or salt is never used twice')
  }
})

test('an RSA signature whose first byte is 0 is one with that byte only', async () => {
  const { privateKey, publicKey } = await testKey('RSA_2048')
  const message = new Uint8Array(32)
  let signature = await sign(privateKey, 'RSASSA_PSS_SHA_256', 'RAW', message)
  while (signature[0] !== 0) signature = await sign(privateKey, 'RSASSA_PSS_SHA_256', 'RAW', message)
  const shorter = signature.subarray(1)
  const claim = { message, signature }
  assert.equal(await verify(publicKey, 'RSASSA_PSS_SHA_256', 'RAW', claim), true)
  assert.equal(await verify(publicKey, 'RSASSA_PSS_SHA_256', 'RAW', { message, signature: shorter }), false)
})

test('sizes of digests are those of the hashes, and of μ 64', () => {
  assert.equal(digestBytes('RSASSA_PSS_SHA_256'), 32)
  assert.equal(digestBytes('RSASSA_PKCS1_V1_5_SHA_384'), 48)
  assert.equal(digestBytes('ECDSA_SHA_512'), 64)
  assert.equal(digestBytes('SM2DSA'), 32)
  assert.equal(digestBytes('ED25519_PH_SHA_512'), 64)
  assert.equal(digestBytes('ED25519_SHA_512'), undefined)
  assert.equal(digestBytes('ML_DSA_SHAKE_256'), undefined)
  assert.equal(messageBytes('ML_DSA_SHAKE_256', 'EXTERNAL_MU'), 64)
  assert.equal(messageBytes('ECDSA_SHA_256', 'RAW'), undefined)
})

test('sign and verify take only what goes together', async () => {
  const { privateKey, publicKey } = await testKey('ECC_NIST_P256')
  const digest = new Uint8Array(32)
  const signature = new Uint8Array(70)
  for (const length of [31, 33]) {
    const message = new Uint8Array(length)
    await assert.rejects(sign(privateKey, 'ECDSA_SHA_256', 'DIGEST', message), AssertionError)
    await assert.rejects(verify(publicKey, 'ECDSA_SHA_256', 'DIGEST', { message, signature }), AssertionError)
  }
  await assert.rejects(sign(privateKey, 'ECDSA_SHA_384', 'RAW', digest), AssertionError)
  await assert.rejects(sign(privateKey, 'ECDSA_SHA_256', 'EXTERNAL_MU', new Uint8Array(64)), AssertionError)
  const edwards = await testKey('ECC_NIST_EDWARDS25519')
  const types = MESSAGE_TYPES.filter((type) => type !== 'RAW')
  for (const type of types) {
    await assert.rejects(
      sign(edwards.privateKey, 'ED25519_SHA_512', type, new Uint8Array(64)),
      AssertionError,
    )
  }
  await assert.rejects(sign(edwards.privateKey, 'ED25519_PH_SHA_512', 'RAW', digest), AssertionError)
})

test('random bytes are never a signature, and never an error', async () => {
  const ways = WAYS.filter(({ spec }) => !/RSA_[34]/.test(spec))
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...ways),
      fc.uint8Array({ maxLength: 300 }),
      fc.boolean(),
      async (way, bytes, sequence) => {
        const { publicKey } = await testKey(way.spec)
        const signature = sequence ? concatBytes(Uint8Array.of(0x30, bytes.length & 0x7f), bytes) : bytes
        const message = messageFor(way, 'a message')
        assert.equal(await verify(publicKey, way.algorithm, way.type, { message, signature }), false)
      },
    ),
    { numRuns: 200 },
  )
})

const NOBLE_CURVES = {
  ECC_NIST_P256: { curve: p256, algorithm: 'ECDSA_SHA_256', head: 26 },
  ECC_NIST_P384: { curve: p384, algorithm: 'ECDSA_SHA_384', head: 23 },
  ECC_NIST_P521: { curve: p521, algorithm: 'ECDSA_SHA_512', head: 25 },
  ECC_SECG_P256K1: { curve: secp256k1, algorithm: 'ECDSA_SHA_256', head: 23 },
} as const

test('noble finds the signatures of OpenSSL valid: ECDSA, Ed25519, ML-DSA', async () => {
  const message = utf8('a message for two libraries')
  for (const spec of ['ECC_NIST_P256', 'ECC_NIST_P384', 'ECC_NIST_P521', 'ECC_SECG_P256K1'] as const) {
    const { curve, algorithm, head } = NOBLE_CURVES[spec]
    const { privateKey, spki } = await testKey(spec)
    const signature = await sign(privateKey, algorithm, 'RAW', message)
    const options = { lowS: false, format: 'der' } as const
    const digest = hash(
      spec === 'ECC_SECG_P256K1' ? 'sha256' : `sha${algorithm.slice(-3)}`,
      message,
      'buffer',
    )
    assert.equal(
      curve.verify(signature, digest, spki.subarray(head), { ...options, prehash: false }),
      true,
      spec,
    )
  }
  const edwards = await testKey('ECC_NIST_EDWARDS25519')
  const pure = await sign(edwards.privateKey, 'ED25519_SHA_512', 'RAW', message)
  assert.equal(ed25519.verify(pure, message, edwards.spki.subarray(12)), true)
  for (const [spec, mlDsa] of [
    ['ML_DSA_44', ml_dsa44],
    ['ML_DSA_65', ml_dsa65],
    ['ML_DSA_87', ml_dsa87],
  ] as const) {
    const { privateKey, spki } = await testKey(spec)
    const signature = await sign(privateKey, 'ML_DSA_SHAKE_256', 'RAW', message)
    assert.equal(mlDsa.verify(signature, message, spki.subarray(22)), true, spec)
  }
})

test('Ed25519ph hashes the digest once more: a standard verifier takes it as its message', async () => {
  const { privateKey, spki } = await testKey('ECC_NIST_EDWARDS25519')
  const digest = hash('sha512', utf8('a document'), 'buffer')
  const signature = await sign(privateKey, 'ED25519_PH_SHA_512', 'DIGEST', digest)
  assert.equal(ed25519ph.verify(signature, digest, spki.subarray(12)), true)
  assert.equal(ed25519ph.verify(signature, utf8('a document'), spki.subarray(12)), false)
})

const DGST: Readonly<Record<string, readonly string[]>> = {
  RSASSA_PSS_SHA_256: ['-sha256', '-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:32'],
  RSASSA_PSS_SHA_384: ['-sha384', '-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:48'],
  RSASSA_PSS_SHA_512: ['-sha512', '-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:64'],
  RSASSA_PKCS1_V1_5_SHA_256: ['-sha256'],
  RSASSA_PKCS1_V1_5_SHA_384: ['-sha384'],
  RSASSA_PKCS1_V1_5_SHA_512: ['-sha512'],
  ECDSA_SHA_256: ['-sha256'],
  ECDSA_SHA_384: ['-sha384'],
  ECDSA_SHA_512: ['-sha512'],
  SM2DSA: ['-sm3', '-sigopt', 'distid:1234567812345678'],
}

test('the OpenSSL command line verifies what is signed, over messages and over digests', {
  skip: withoutOpenssl,
}, async () => {
  const message = utf8('a message for the command line')
  for (const way of WAYS.filter(({ type, algorithm }) => type === 'RAW' && algorithm in DGST)) {
    const { privateKey, spki } = await testKey(way.spec)
    const [type, ready] = await readyFor(way, message)
    const signatures = [
      await sign(privateKey, way.algorithm, 'RAW', message),
      await sign(privateKey, way.algorithm, type, ready),
    ]
    const pem = `-----BEGIN PUBLIC KEY-----\n${Buffer.from(spki).toString('base64')}\n-----END PUBLIC KEY-----\n`
    for (const signature of signatures) {
      const files = { message, signature, key: utf8(pem) }
      const args = [
        'dgst',
        ...(DGST[way.algorithm] ?? []),
        '-verify',
        'key',
        '-signature',
        'signature',
        'message',
      ]
      assert.match(Buffer.from(openssl(args, files)).toString(), /Verified OK/, way.algorithm)
    }
  }
})
