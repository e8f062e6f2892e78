/** What secret keys do, by published vectors: AES-GCM, AES key wrap, HMAC, the counter-mode KDF. */

import assert from 'node:assert/strict'
import { constants, publicEncrypt } from 'node:crypto'
import { test } from 'node:test'
import type { MacAlgorithm } from '../../src/api/key-specs.ts'
import { concatBytes, toHex, uint32 } from '../../src/base/bytes.ts'
import { Secret } from '../../src/base/secret.ts'
import { openGcm, sealGcm } from '../../src/crypto/aead.ts'
import { openPrivateKey, publicHalf } from '../../src/crypto/asymmetric-key.ts'
import { hmacKey, hmacSha256 } from '../../src/crypto/hmac.ts'
import { generateWrappingKeyPair, unwrapImported } from '../../src/crypto/import-key.ts'
import { counterLabel, deriveByCounter } from '../../src/crypto/kdf.ts'
import { mac } from '../../src/crypto/mac.ts'
import { bytesOf, readPublished, testPublished } from './published.ts'

type GcmVector = {
  readonly name: string
  readonly key: string
  readonly iv: string
  /** Missing when the tag is wrong. */
  readonly plaintext?: string
  readonly aad: string
  readonly sealed: string
}

await testPublished<GcmVector>('aes-gcm', ({ key, iv, plaintext, aad, sealed }) => {
  using secret = new Secret(bytesOf(key))
  const opened = openGcm(secret, bytesOf(iv), bytesOf(sealed), bytesOf(aad))
  assert.equal(opened && toHex(opened), plaintext)
  if (plaintext === undefined) return
  assert.equal(toHex(sealGcm(secret, bytesOf(iv), bytesOf(plaintext), bytesOf(aad))), sealed)
})

type WrapVector = {
  readonly name: string
  readonly key: string
  readonly wrapped: string
  /** Missing when the wrap is not whole. */
  readonly plaintext?: string
}

const wrapping = await generateWrappingKeyPair('RSA_2048')
const wrappingKey = wrapping.privateKey.reveal((pkcs8) => openPrivateKey('RSA_2048', pkcs8))

// The AES key comes under RSA, as imports have it: the published part is what follows.
await testPublished<WrapVector>('aes-kwp', async ({ key, wrapped, plaintext }) => {
  const padding = constants.RSA_PKCS1_OAEP_PADDING
  const sealed = publicEncrypt(
    { key: publicHalf(wrappingKey).handle, padding, oaepHash: 'sha256' },
    bytesOf(key),
  )
  const input = concatBytes(sealed, bytesOf(wrapped))
  const unwrapped = await unwrapImported('RSA_AES_KEY_WRAP_SHA_256', wrappingKey, input)
  assert.equal(unwrapped?.reveal(toHex), plaintext)
})

type MacVector = {
  readonly name: string
  readonly algorithm: MacAlgorithm
  readonly key: string
  readonly message: string
  readonly mac: string
}

await testPublished<MacVector>('hmac', (vector) => {
  const key = hmacKey(bytesOf(vector.key))
  assert.equal(toHex(mac(vector.algorithm, key, bytesOf(vector.message))), vector.mac)
  if (vector.algorithm === 'HMAC_SHA_256') {
    assert.equal(toHex(hmacSha256(key, bytesOf(vector.message))), vector.mac)
  }
})

type KdfVector = {
  readonly name: string
  readonly key: string
  readonly fixedInput: string
  readonly derived: string
}

const FIRST = uint32(1)

await testPublished<KdfVector>('kdf-counter', ({ key, fixedInput, derived }) => {
  assert.equal(toHex(hmacSha256(hmacKey(bytesOf(key)), FIRST, bytesOf(fixedInput))), derived)
})

test('the counter-mode KDF is that of the vectors, with label, context and size as its fixed input', async () => {
  const { vectors } = await readPublished<KdfVector>('kdf-counter')
  for (const { key, fixedInput } of vectors) {
    const handle = hmacKey(bytesOf(key))
    const context = bytesOf(fixedInput)
    const fixed = concatBytes(new TextEncoder().encode('a label'), Uint8Array.of(0), context, uint32(256))
    using derived = deriveByCounter(handle, counterLabel('a label'), context)
    assert.equal(derived.reveal(toHex), toHex(hmacSha256(handle, FIRST, fixed)))
  }
})
