/** What key pairs do, by published vectors: signatures, agreement, encryption, encapsulation. */

import assert from 'node:assert/strict'
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { test } from 'node:test'
import { shake256 } from '@noble/hashes/sha3.js'
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js'
import { ml_kem512, ml_kem768, ml_kem1024 } from '@noble/post-quantum/ml-kem.js'
import type { SigningAlgorithm } from '../../src/api/key-specs.ts'
import { concatBytes, toHex } from '../../src/base/bytes.ts'
import { type PrivateKey, publicHalf } from '../../src/crypto/asymmetric-key.ts'
import { sha256 } from '../../src/crypto/hash.ts'
import { decapsulate, type KemSpec } from '../../src/crypto/kem.ts'
import { deriveSharedSecret } from '../../src/crypto/key-agreement.ts'
import type { PrivateSpec } from '../../src/crypto/private-spec.ts'
import { decryptRsa } from '../../src/crypto/rsa-encryption.ts'
import { verify } from '../../src/crypto/signature.ts'
import { base64url, bytesOf, publicKeyOf, readPublished, testPublished } from './published.ts'

type Signed = {
  readonly name: string
  readonly spec: PrivateSpec
  readonly algorithm: SigningAlgorithm
  readonly message: string
  readonly valid: boolean
}

const FIELD_BYTES: Readonly<Record<string, number>> = { 'P-256': 32, 'P-384': 48, 'P-521': 66 }

type RsaSigned = Signed & { readonly n: string; readonly e: string; readonly signature: string }

await testPublished<RsaSigned>('rsa-signatures', async ({ spec, algorithm, n, e, ...vector }) => {
  const key = publicKeyOf(spec, { kty: 'RSA', n, e })
  const signed = { message: bytesOf(vector.message), signature: bytesOf(vector.signature) }
  assert.equal(await verify(key, algorithm, 'RAW', signed), vector.valid)
})

type EcSigned = Signed & {
  readonly curve: string
  readonly x: string
  readonly y: string
  readonly r: string
  readonly s: string
}

await testPublished<EcSigned>('ecdsa', async ({ spec, curve, algorithm, x, y, ...vector }) => {
  const key = publicKeyOf(spec, { kty: 'EC', crv: curve, x: whole(curve, x), y: whole(curve, y) })
  const signature = sequence(integer(vector.r), integer(vector.s))
  const signed = { message: bytesOf(vector.message), signature }
  assert.equal(await verify(key, algorithm, 'RAW', signed), vector.valid)
})

/** A coordinate with as many digits as the field has. */
function whole(curve: string, hex: string): string {
  const digits = 2 * (FIELD_BYTES[curve] ?? 0)
  return hex.replace(/^0+/, '').padStart(digits, '0')
}

/** A positive INTEGER of DER, at most 127 bytes. */
function integer(hex: string): Uint8Array {
  const digits = hex.replace(/^0+/, '')
  const even = digits.length % 2 === 0 ? digits : `0${digits}`
  const bytes = bytesOf(/^[89a-f]/.test(even) ? `00${even}` : even)
  return concatBytes(Uint8Array.of(2, bytes.length), bytes)
}

/** A SEQUENCE of DER, at most 255 bytes. */
function sequence(...parts: readonly Uint8Array[]): Uint8Array {
  const content = concatBytes(...parts)
  const length = content.length < 128 ? [content.length] : [0x81, content.length]
  return concatBytes(Uint8Array.of(0x30, ...length), content)
}

type Agreement = {
  readonly name: string
  readonly spec: PrivateSpec
  readonly curve: string
  readonly d: string
  readonly x: string
  readonly y: string
  readonly peerX: string
  readonly peerY: string
  readonly shared: string
  readonly result: 'agrees' | 'other secret' | 'invalid peer'
}

await testPublished<Agreement>('ecdh', async ({ spec, curve, d, x, y, ...vector }) => {
  const number = (hex: string): string => base64url(whole(curve, hex))
  const jwk = { kty: 'EC', crv: curve, d: number(d), x: number(x), y: number(y) }
  const key: PrivateKey = { spec, handle: createPrivateKey({ key: jwk, format: 'jwk' }) }
  const own = createPublicKey(key.handle).export({ type: 'spki', format: 'der' })
  const point = bytesOf(whole(curve, vector.peerX) + whole(curve, vector.peerY))
  // Everything before the point is the same for all keys of a curve; what is no point cannot be exported.
  const peer = concatBytes(own.subarray(0, own.length - point.length), point)
  const secret = await deriveSharedSecret(key, peer)
  if (vector.result === 'invalid peer') return assert.equal(secret, undefined)
  const expected = whole(curve, vector.shared)
  assert.ok(secret !== undefined)
  if (vector.result === 'agrees') assert.equal(toHex(secret), expected)
  else assert.notEqual(toHex(secret), expected)
})

type Encrypted = { readonly name: string; readonly plaintext: string; readonly ciphertext: string }
type RsaKey = { readonly key: Readonly<Record<string, string>> }

test('rsa-oaep: ciphertexts open, and with a changed bit or by another hash they do not', async () => {
  const published = await readPublished<Encrypted, RsaKey>('rsa-oaep')
  const numbers = Object.entries(published.key).map(([name, value]) => [name, base64url(value)])
  const handle = createPrivateKey({ key: { kty: 'RSA', ...Object.fromEntries(numbers) }, format: 'jwk' })
  const key: PrivateKey = { spec: 'RSA_2048', handle }
  for (const { plaintext, ciphertext } of published.vectors) {
    const opened = await decryptRsa(key, 'RSAES_OAEP_SHA_1', bytesOf(ciphertext))
    assert.equal(opened && toHex(opened), plaintext)
    const changed = bytesOf(ciphertext)
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1
    assert.equal(await decryptRsa(key, 'RSAES_OAEP_SHA_1', changed), undefined)
    assert.equal(await decryptRsa(key, 'RSAES_OAEP_SHA_256', bytesOf(ciphertext)), undefined)
  }
})

const LATTICE_SIGNERS = { ML_DSA_44: ml_dsa44, ML_DSA_65: ml_dsa65, ML_DSA_87: ml_dsa87 }

type LatticeSigned = {
  readonly name: string
  readonly spec: keyof typeof LATTICE_SIGNERS
  readonly seed: string
  readonly message: string
  readonly context: string
  readonly publicKeySha256: string
  readonly signatureSha256: string
}

/** A private key from the seed that its standard makes it of. */
function fromSeed(spec: LatticeSigned['spec'] | KemSpec, seed: string): PrivateKey {
  const asymmetricKeyType = KEY_TYPES[spec]
  return { spec, handle: createPrivateKey({ key: bytesOf(seed), format: 'raw-seed', asymmetricKeyType }) }
}

const KEY_TYPES = {
  ML_DSA_44: 'ml-dsa-44',
  ML_DSA_65: 'ml-dsa-65',
  ML_DSA_87: 'ml-dsa-87',
  ML_KEM_512: 'ml-kem-512',
  ML_KEM_768: 'ml-kem-768',
  ML_KEM_1024: 'ml-kem-1024',
} as const

// Signatures are long, so the file has their hashes, and noble makes them: what is shown is that keys from seeds and
// verification are OpenSSL's as published, and that the signatures are, too.
await testPublished<LatticeSigned>('ml-dsa', async ({ spec, seed, ...vector }) => {
  const key = publicHalf(fromSeed(spec, seed))
  const publicKey = key.handle.export({ format: 'raw-public' })
  assert.equal(toHex(sha256(publicKey)), vector.publicKeySha256)
  const message = bytesOf(vector.message)
  const context = bytesOf(vector.context)
  const { secretKey } = LATTICE_SIGNERS[spec].keygen(bytesOf(seed))
  const signature = LATTICE_SIGNERS[spec].sign(message, secretKey, { context, extraEntropy: false })
  assert.equal(toHex(sha256(signature)), vector.signatureSha256)
  const head = Uint8Array.of(0, context.length)
  const hashed = concatBytes(shake256(publicKey, { dkLen: 64 }), head, context, message)
  const mu = shake256(hashed, { dkLen: 64 })
  assert.equal(await verify(key, 'ML_DSA_SHAKE_256', 'EXTERNAL_MU', { message: mu, signature }), true)
  // Its context is not empty, as that of every signature here is.
  assert.equal(await verify(key, 'ML_DSA_SHAKE_256', 'RAW', { message, signature }), false)
})

const LATTICE_KEMS = { ML_KEM_512: ml_kem512, ML_KEM_768: ml_kem768, ML_KEM_1024: ml_kem1024 }

type Encapsulated = {
  readonly name: string
  readonly spec: KemSpec
  /** `d` and then `z`. */
  readonly seed: string
  readonly message: string
  readonly publicKeySha256: string
  readonly ciphertextSha256: string
  readonly shared: string
  readonly invalid?: string
  readonly sharedOfInvalid?: string
}

await testPublished<Encapsulated>('ml-kem', async ({ spec, seed, ...vector }) => {
  const key = fromSeed(spec, seed)
  const publicKey = publicHalf(key).handle.export({ format: 'raw-public' })
  assert.equal(toHex(sha256(publicKey)), vector.publicKeySha256)
  // Its message makes a ciphertext of 768 to 1,568 bytes, which noble computes and the file has the hash of.
  const { cipherText } = LATTICE_KEMS[spec].encapsulate(publicKey, bytesOf(vector.message))
  assert.equal(toHex(sha256(cipherText)), vector.ciphertextSha256)
  assert.equal(toHex(await decapsulate(key, cipherText)), vector.shared)
  if (vector.invalid === undefined) return
  assert.equal(toHex(await decapsulate(key, bytesOf(vector.invalid))), vector.sharedOfInvalid)
})
