import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import type { Random } from '../../src/base/ports.ts'
import { Secret } from '../../src/base/secret.ts'
import { parseBlob, UNIQUE_BYTES } from '../../src/custody/blob.ts'
import { Custody } from '../../src/custody/custody.ts'
import { RotatingSecret } from '../../src/custody/deployment-keys.ts'
import { type KeyMaterialRef, keyMaterialIdOf, wrapKeyMaterial } from '../../src/custody/key-material.ts'
import { contextBytes } from '../../src/kms/cryptography/encryption-context.ts'

/** Our own vectors: everything that goes into a blob of format 1, and blobs that must not open. */
type Vector = {
  readonly name: string
  readonly keyId: string
  readonly material: string
  readonly materialId: string
  readonly nonce: string
  readonly iv: string
  readonly context: Readonly<Record<string, string>>
  readonly plaintext: string
  readonly blob: string
}
type Refused = {
  readonly name: string
  readonly of: string
  readonly blob: string
  readonly context?: Readonly<Record<string, string>>
}

const PLACE = { account: '111122223333', region: 'eu-west-1' }
const vectors: { readonly blobs: readonly Vector[]; readonly refused: readonly Refused[] } = JSON.parse(
  await readFile(new URL('ciphertext-blob.json', import.meta.url), 'utf8'),
)

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'))
}

/** A random source that gives the wanted bytes for nonce and IV, and counting bytes for the rest. */
function scripted(unique: Uint8Array): Random {
  return {
    uuid: () => '00000000-0000-4000-8000-000000000000',
    bytes: (size) => (size === UNIQUE_BYTES ? unique : new Uint8Array(size).map((_, i) => i)),
  }
}

/** Custody that knows the material of one vector. */
async function custodyOf(vector: Vector): Promise<Custody> {
  const random = scripted(bytesOf(vector.nonce + vector.iv))
  const kekId = 'domain-key'
  const custody = new Custody({
    wrappingKey: new RotatingSecret([new Secret(new Uint8Array(32).fill(7))]),
    random,
    wrappedKeys: {
      findKek: async () => custody.createKek(PLACE, kekId),
      findKeyMaterial: async (ref) => {
        const kek = new Secret(random.bytes(32))
        const material = new Secret(bytesOf(vector.material))
        return wrapKeyMaterial(ref, material, { kek, kekId }, random)
      },
    },
  })
  return custody
}

function refOf({ keyId, materialId }: Vector): KeyMaterialRef {
  return { ...PLACE, keyId, materialId, spec: 'SYMMETRIC_DEFAULT' }
}

test('the vectors file holds blobs and refused blobs', () => {
  assert.ok(vectors.blobs.length >= 4)
  assert.ok(vectors.refused.length >= 8)
})

for (const vector of vectors.blobs) {
  test(`a blob of format 1 has the published bytes: ${vector.name}`, async () => {
    const custody = await custodyOf(vector)
    const context = contextBytes(new Map(Object.entries(vector.context)))
    assert.equal(keyMaterialIdOf(new Secret(bytesOf(vector.material)), vector.keyId), vector.materialId)
    const blob = await custody.encrypt(refOf(vector), bytesOf(vector.plaintext), context)
    assert.equal(Buffer.from(blob).toString('hex'), vector.blob)
  })

  test(`a published blob opens: ${vector.name}`, async () => {
    const custody = await custodyOf(vector)
    const parsed = parseBlob(bytesOf(vector.blob))
    assert.ok(parsed)
    assert.equal(parsed.keyId, vector.keyId)
    assert.ok(vector.materialId.startsWith(parsed.materialPrefix))
    const context = contextBytes(new Map(Object.entries(vector.context)))
    const plaintext = await custody.decrypt(refOf(vector), parsed, context)
    assert.equal(Buffer.from(plaintext ?? []).toString('hex'), vector.plaintext)
  })
}

for (const refused of vectors.refused) {
  test(`a blob that is not whole does not open: ${refused.name}`, async () => {
    const vector = vectors.blobs.find(({ name }) => name === refused.of)
    assert.ok(vector)
    const parsed = parseBlob(bytesOf(refused.blob))
    if (parsed === undefined) return
    const custody = await custodyOf(vector)
    const context = contextBytes(new Map(Object.entries(refused.context ?? vector.context)))
    const sameKey = parsed.keyId === vector.keyId && vector.materialId.startsWith(parsed.materialPrefix)
    const opened = sameKey ? await custody.decrypt(refOf(vector), parsed, context) : undefined
    assert.equal(opened, undefined)
  })
}
