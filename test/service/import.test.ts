/** Imported key material: of every spec, its expiry, its deletion, and several materials of one key. */

import assert from 'node:assert/strict'
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { Output } from '../../src/api/json.ts'
import { type Answer, call, newKey, succeed } from '../support/calls.ts'
import { type ImportPlace, wrapKeyMaterial } from '../support/import-material.ts'
import { REGION } from '../support/kms.ts'
import { startServer, type TestServer } from '../support/server.ts'

const PLAINTEXT = Buffer.from('a plaintext').toString('base64')
const FOR_EVER = { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' }
const OTHER = 'eu-central-1'

let server: TestServer

before(async () => {
  server = await startServer()
})

after(async () => {
  await server[Symbol.asyncDispose]()
})

const wrapped = (place: ImportPlace, material: Uint8Array, twoSteps = false): Promise<Output> =>
  wrapKeyMaterial(server, place, material, twoSteps)

async function importInto(place: ImportPlace, material: Uint8Array, more: Output = {}): Promise<Answer> {
  const made = await wrapped(place, material)
  const { region = REGION } = place
  return call(server, 'ImportKeyMaterial', { KeyId: place.keyId, ...FOR_EVER, ...made, ...more }, { region })
}

async function describe({ keyId, region = REGION }: ImportPlace): Promise<Readonly<Record<string, unknown>>> {
  const { KeyMetadata } = await succeed(server, 'DescribeKey', { KeyId: keyId }, { region })
  return KeyMetadata as Readonly<Record<string, unknown>>
}

test('a key without material is pending import, and usable once it has some', async () => {
  const keyId = await newKey(server, { Origin: 'EXTERNAL' })
  const before = await describe({ keyId })
  assert.equal(before['KeyState'], 'PendingImport')
  assert.equal(before['CurrentKeyMaterialId'], undefined)
  const refused = await call(server, 'Encrypt', { KeyId: keyId, Plaintext: PLAINTEXT })
  assert.equal(refused.code, 'KMSInvalidStateException')
  const answer = await importInto({ keyId }, randomBytes(32))
  assert.equal(answer.status, 200, answer.text)
  const metadata = await describe({ keyId })
  assert.equal(metadata['KeyState'], 'Enabled')
  assert.equal(metadata['ExpirationModel'], 'KEY_MATERIAL_DOES_NOT_EXPIRE')
  assert.equal(metadata['CurrentKeyMaterialId'], answer.json['KeyMaterialId'])
  await succeed(server, 'Encrypt', { KeyId: keyId, Plaintext: PLAINTEXT })
})

test('deleted material takes the key with it, and the same bytes bring every ciphertext back', async () => {
  const keyId = await newKey(server, { Origin: 'EXTERNAL' })
  const material = randomBytes(32)
  const { KeyMaterialId } = (await importInto({ keyId }, material)).json
  const { CiphertextBlob } = await succeed(server, 'Encrypt', { KeyId: keyId, Plaintext: PLAINTEXT })
  const deleted = await succeed(server, 'DeleteImportedKeyMaterial', { KeyId: keyId })
  assert.equal(deleted['KeyMaterialId'], KeyMaterialId)
  const metadata = await describe({ keyId })
  assert.equal(metadata['KeyState'], 'PendingImport')
  assert.equal(metadata['ExpirationModel'], undefined)
  assert.equal(metadata['CurrentKeyMaterialId'], KeyMaterialId)
  const other = await importInto({ keyId }, randomBytes(32))
  assert.equal(other.code, 'IncorrectKeyMaterialException')
  assert.equal((await importInto({ keyId }, material)).status, 200)
  const opened = await succeed(server, 'Decrypt', { CiphertextBlob: String(CiphertextBlob) })
  assert.equal(opened['Plaintext'], PLAINTEXT)
})

test('new material waits for a rotation, which old ciphertexts outlive', async () => {
  const keyId = await newKey(server, { Origin: 'EXTERNAL' })
  const none = await call(server, 'RotateKeyOnDemand', { KeyId: keyId })
  assert.equal(none.code, 'KMSInvalidStateException')
  await importInto({ keyId }, randomBytes(32))
  const { CiphertextBlob } = await succeed(server, 'Encrypt', { KeyId: keyId, Plaintext: PLAINTEXT })
  const nothing = await call(server, 'RotateKeyOnDemand', { KeyId: keyId })
  assert.match(nothing.message ?? '', /^No available key material pending rotation for the key: arn:/)
  const second = await importInto({ keyId }, randomBytes(32), { ImportType: 'NEW_KEY_MATERIAL' })
  assert.equal(second.status, 200, second.text)
  const third = await importInto({ keyId }, randomBytes(32), { ImportType: 'NEW_KEY_MATERIAL' })
  assert.equal(third.code, 'KMSInvalidStateException')
  assert.match(third.message ?? '', /^New key material \(id: [0-9a-f]{64}\) cannot be imported into KMS key/)
  await succeed(server, 'RotateKeyOnDemand', { KeyId: keyId })
  assert.equal((await describe({ keyId }))['CurrentKeyMaterialId'], second.json['KeyMaterialId'])
  const opened = await succeed(server, 'Decrypt', { CiphertextBlob: String(CiphertextBlob) })
  assert.equal(opened['Plaintext'], PLAINTEXT)
  const listed = await succeed(server, 'ListKeyRotations', {
    KeyId: keyId,
    IncludeKeyMaterial: 'ALL_KEY_MATERIAL',
  })
  const states = (listed['Rotations'] as readonly Readonly<Record<string, unknown>>[]).map(
    (entry) => `${entry['KeyMaterialState']} ${entry['ImportState']}`,
  )
  assert.deepEqual(states, ['NON_CURRENT IMPORTED', 'CURRENT IMPORTED'])
})

test('a private key that is imported signs, and its public key is derived', async () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  const keyId = await newKey(server, {
    Origin: 'EXTERNAL',
    KeySpec: 'ECC_NIST_P384',
    KeyUsage: 'SIGN_VERIFY',
  })
  const made = await wrapped({ keyId }, privateKey.export({ type: 'pkcs8', format: 'der' }), true)
  await succeed(server, 'ImportKeyMaterial', { KeyId: keyId, ...FOR_EVER, ...made })
  const signature = sign('sha384', Buffer.from(PLAINTEXT, 'base64'), privateKey).toString('base64')
  const verified = await succeed(server, 'Verify', {
    KeyId: keyId,
    Message: PLAINTEXT,
    Signature: signature,
    SigningAlgorithm: 'ECDSA_SHA_384',
  })
  assert.equal(verified['SignatureValid'], true)
})

test('tokens of another key, garbage and material that does not unwrap are refused', async () => {
  const keyId = await newKey(server, { Origin: 'EXTERNAL' })
  const foreign = await newKey(server, { Origin: 'EXTERNAL' })
  const own = await wrapped({ keyId }, randomBytes(32))
  const theirs = await wrapped({ keyId: foreign }, randomBytes(32))
  const base = { KeyId: keyId, ...FOR_EVER, ...own }
  const cases: readonly (readonly [Output, string])[] = [
    [{ ...base, ...theirs }, 'InvalidImportTokenException'],
    [{ ...base, ImportToken: randomBytes(400).toString('base64') }, 'InvalidImportTokenException'],
    [{ ...base, EncryptedKeyMaterial: randomBytes(256).toString('base64') }, 'InvalidCiphertextException'],
  ]
  for (const [input, code] of cases) {
    const answer = await call(server, 'ImportKeyMaterial', input)
    assert.equal(answer.code, code, answer.text)
  }
  await succeed(server, 'ImportKeyMaterial', base)
})

const P256 = { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }
const ED25519 = { KeySpec: 'ECC_NIST_EDWARDS25519', KeyUsage: 'SIGN_VERIFY' }
const RSA_2048 = { KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' }

const curveKey = (namedCurve: string): Buffer =>
  generateKeyPairSync('ec', { namedCurve }).privateKey.export({ type: 'pkcs8', format: 'der' })
const rsaKey = (modulusLength: number): Buffer =>
  generateKeyPairSync('rsa', { modulusLength }).privateKey.export({ type: 'pkcs8', format: 'der' })

/** Material that unwraps, and is none of the key. */
const UNFIT: readonly (readonly [what: string, key: Output, material: () => Uint8Array])[] = [
  ...[1, 16, 31, 33, 64].map((size) => [`${size} bytes`, {}, () => randomBytes(size)] as const),
  ...(
    [
      ['HMAC_224', 28],
      ['HMAC_256', 32],
      ['HMAC_384', 48],
      ['HMAC_512', 64],
    ] as const
  ).flatMap(([KeySpec, min]) =>
    [min - 1, 129].map(
      (size) =>
        [`${size} bytes`, { KeySpec, KeyUsage: 'GENERATE_VERIFY_MAC' }, () => randomBytes(size)] as const,
    ),
  ),
  ['a key of P-384', P256, () => curveKey('P-384')],
  ['a key of secp256k1', P256, () => curveKey('secp256k1')],
  ['a key of P-256', { ...P256, KeySpec: 'ECC_NIST_P521' }, () => curveKey('P-256')],
  ['a key of P-256', ED25519, () => curveKey('P-256')],
  ['a key of P-256', RSA_2048, () => curveKey('P-256')],
  ['a modulus of 3072 bits', RSA_2048, () => rsaKey(3072)],
  ['a modulus of 2056 bits', RSA_2048, () => rsaKey(2056)],
  ['random bytes', P256, () => randomBytes(32)],
  ['random bytes', RSA_2048, () => randomBytes(256)],
  ['a cut-off key', P256, () => curveKey('P-256').subarray(0, -1)],
  ['a key with bytes behind it', P256, () => Buffer.concat([curveKey('P-256'), Buffer.alloc(1)])],
]

for (const [what, key, material] of UNFIT) {
  const spec = key['KeySpec'] ?? 'SYMMETRIC_DEFAULT'
  test(`${what} for ${spec} unwraps and does not fit: IncorrectKeyMaterialException`, async () => {
    const keyId = await newKey(server, { Origin: 'EXTERNAL', ...key })
    const pair = key['KeyUsage'] === 'SIGN_VERIFY'
    const made = await wrapped({ keyId }, material(), pair)
    const answer = await call(server, 'ImportKeyMaterial', { KeyId: keyId, ...FOR_EVER, ...made })
    assert.equal(answer.code, 'IncorrectKeyMaterialException', answer.text)
    assert.equal(answer.message, undefined)
    assert.equal((await describe({ keyId }))['KeyState'], 'PendingImport')
  })
}

test('expiration needs a date in the future, and is shown', async () => {
  const keyId = await newKey(server, { Origin: 'EXTERNAL' })
  const material = randomBytes(32)
  const missing = await importInto({ keyId }, material, { ExpirationModel: 'KEY_MATERIAL_EXPIRES' })
  assert.equal(missing.message, 'A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES')
  const model = { ExpirationModel: 'KEY_MATERIAL_EXPIRES' }
  const past = await importInto({ keyId }, material, { ...model, ValidTo: 1_600_000_000 })
  assert.equal(past.message, 'ValidTo must be in the future')
  const validTo = Math.floor(Date.now() / 1000) + 86_400
  assert.equal((await importInto({ keyId }, material, { ...model, ValidTo: validTo })).status, 200)
  const metadata = await describe({ keyId })
  assert.equal(metadata['ValidTo'], validTo)
  assert.equal(metadata['ExpirationModel'], 'KEY_MATERIAL_EXPIRES')
})

test('each key of a set needs the same material, and rotation needs it everywhere', async () => {
  const keyId = await newKey(server, { Origin: 'EXTERNAL', MultiRegion: true })
  const first = randomBytes(32)
  await importInto({ keyId }, first)
  await succeed(server, 'ReplicateKey', { KeyId: keyId, ReplicaRegion: OTHER })
  const replica = { keyId, region: OTHER }
  assert.equal((await describe(replica))['KeyState'], 'PendingImport')
  assert.equal((await importInto(replica, randomBytes(32))).code, 'IncorrectKeyMaterialException')
  const imported = await importInto(replica, first)
  assert.equal(imported.status, 200, imported.text)
  assert.equal((await describe(replica))['KeyState'], 'Enabled')
  const second = randomBytes(32)
  await importInto({ keyId }, second, { ImportType: 'NEW_KEY_MATERIAL' })
  const early = await call(server, 'RotateKeyOnDemand', { KeyId: keyId })
  assert.equal(early.code, 'KMSInvalidStateException')
  assert.equal((await importInto(replica, second)).status, 200)
  await succeed(server, 'RotateKeyOnDemand', { KeyId: keyId })
  const { CiphertextBlob } = await succeed(server, 'Encrypt', { KeyId: keyId, Plaintext: PLAINTEXT })
  const opened = await succeed(
    server,
    'Decrypt',
    { CiphertextBlob: String(CiphertextBlob) },
    { region: OTHER },
  )
  assert.equal(opened['Plaintext'], PLAINTEXT)
})

test('ImportKeyMaterial of a first material refuses an id, which only a known material can have', async () => {
  const keyId = await newKey(server, { Origin: 'EXTERNAL' })
  const named = { KeyMaterialId: 'a'.repeat(64) }
  const answer = await importInto({ keyId }, randomBytes(32), named)
  assert.equal(answer.code, 'ValidationException')
  assert.equal(answer.message, 'KeyMaterialId cannot be specified when ImportType is NEW_KEY_MATERIAL.')
  assert.equal((await describe({ keyId }))['KeyState'], 'PendingImport')
})
