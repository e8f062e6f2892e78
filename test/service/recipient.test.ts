/** Attested calls: answers that only an enclave can read. */

import assert from 'node:assert/strict'
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import {
  CreateKeyCommand,
  DecryptCommand,
  DeriveSharedSecretCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyPairCommand,
  GenerateRandomCommand,
  GetPublicKeyCommand,
  type KMSClient,
  type RecipientInfo,
} from '@aws-sdk/client-kms'
import {
  type DocumentMembers,
  enclaveKey,
  makeChain,
  makeDocument,
  register,
} from '../support/attestation.ts'
import { eventOf } from '../support/audit.ts'
import { assertError, base64, call, encryptText, newKey } from '../support/calls.ts'
import { openEnvelope } from '../support/envelope.ts'
import { failureOf, kmsClient } from '../support/kms.ts'
import { startServer, type TestServer, temporaryFolder } from '../support/server.ts'

const ROOT = 'arn:aws:iam::000000000000:root'
const MODULE_ID = 'i-0123456789abcdef0-enc0123456789abcdef'
const chain = makeChain()
const { spki, privateKey } = enclaveKey()

let folder: string
let server: TestServer
let kms: KMSClient

before(async () => {
  folder = await temporaryFolder()
  const rootFile = join(folder, 'root.pem')
  await writeFile(rootFile, chain.rootPem)
  server = await startServer({ environment: { HOLDFAST_ATTESTATION_ROOT: rootFile } })
  kms = kmsClient(server)
})

after(async () => {
  kms.destroy()
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

function recipient(changes: DocumentMembers = {}): RecipientInfo {
  return {
    KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
    AttestationDocument: makeDocument(chain, spki, changes),
  }
}

const TPM = { pcrs: undefined, nitrotpm_pcrs: new Map([[4, register(4)]]) }

/** What the enclave reads of an answer that has nothing in the clear. */
function opened(answer: { readonly CiphertextForRecipient?: Uint8Array | undefined }): Uint8Array {
  for (const name of ['Plaintext', 'PrivateKeyPlaintext', 'SharedSecret']) assert.ok(!(name in answer), name)
  assert.ok(answer.CiphertextForRecipient)
  return openEnvelope(answer.CiphertextForRecipient, privateKey)
}

async function createKey(input: ConstructorParameters<typeof CreateKeyCommand>[0] = {}): Promise<string> {
  return (await kms.send(new CreateKeyCommand(input))).KeyMetadata?.KeyId ?? ''
}

/** A key that the account may administer, and decrypt with only under a condition. */
function keyUnder(condition: object): Promise<string> {
  const statement = { Effect: 'Allow', Principal: { AWS: ROOT }, Resource: '*' }
  const Statement = [
    { ...statement, NotAction: 'kms:Decrypt' },
    { ...statement, Action: 'kms:Decrypt', Condition: condition },
  ]
  return createKey({ Policy: JSON.stringify({ Version: '2012-10-17', Statement }) })
}

async function encrypted(KeyId: string, text = 'for the enclave'): Promise<Uint8Array> {
  const Plaintext = new TextEncoder().encode(text)
  return (await kms.send(new EncryptCommand({ KeyId, Plaintext }))).CiphertextBlob ?? new Uint8Array(0)
}

test('Decrypt for a recipient gives the plaintext to the enclave alone', async () => {
  const KeyId = await createKey()
  const CiphertextBlob = await encrypted(KeyId)
  const answer = await kms.send(new DecryptCommand({ CiphertextBlob, Recipient: recipient() }))
  assert.equal(new TextDecoder().decode(opened(answer)), 'for the enclave')
  assert.equal(answer.EncryptionAlgorithm, 'SYMMETRIC_DEFAULT')
  assert.match(answer.KeyId ?? '', new RegExp(`/${KeyId}$`))
  assert.ok(!('KeyMaterialId' in answer))
})

test('GenerateDataKey for a recipient gives the key that its ciphertext holds', async () => {
  const KeyId = await createKey()
  const answer = await kms.send(
    new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256', Recipient: recipient() }),
  )
  const { CiphertextBlob } = answer
  const { Plaintext } = await kms.send(new DecryptCommand({ CiphertextBlob }))
  assert.deepEqual(opened(answer), Plaintext)
  assert.ok(!('KeyMaterialId' in answer))
})

test('GenerateDataKeyPair for a recipient gives the private key that its ciphertext holds', async () => {
  const KeyId = await createKey()
  const answer = await kms.send(
    new GenerateDataKeyPairCommand({ KeyId, KeyPairSpec: 'ECC_NIST_P256', Recipient: recipient() }),
  )
  const { PrivateKeyCiphertextBlob, PublicKey, KeyMaterialId } = answer
  const { Plaintext } = await kms.send(new DecryptCommand({ CiphertextBlob: PrivateKeyCiphertextBlob }))
  assert.deepEqual(opened(answer), Plaintext)
  assert.ok(PublicKey !== undefined && KeyMaterialId !== undefined)
})

test('DeriveSharedSecret for a recipient gives the secret that the call without one gives', async () => {
  const KeyId = await createKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' })
  const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId }))
  const input = { KeyId, PublicKey, KeyAgreementAlgorithm: 'ECDH' } as const
  const { SharedSecret } = await kms.send(new DeriveSharedSecretCommand(input))
  const answer = await kms.send(new DeriveSharedSecretCommand({ ...input, Recipient: recipient() }))
  assert.deepEqual(opened(answer), SharedSecret)
  assert.equal(answer.KeyOrigin, 'AWS_KMS')
})

test('GenerateRandom for a recipient gives as many bytes as were asked for', async () => {
  for (const NumberOfBytes of [1, 16, 1024]) {
    const answer = await kms.send(new GenerateRandomCommand({ NumberOfBytes, Recipient: recipient() }))
    assert.equal(opened(answer).length, NumberOfBytes)
  }
})

const CONDITIONS: Readonly<Record<string, readonly [object, DocumentMembers]>> = {
  'the image of an enclave': [
    { StringEqualsIgnoreCase: { 'kms:RecipientAttestation:ImageSha384': 'A0'.repeat(48) } },
    { pcrs: new Map([[0, register(0xa1)]]) },
  ],
  'a register of an enclave': [
    { StringEqualsIgnoreCase: { 'kms:RecipientAttestation:PCR8': 'a8'.repeat(48) } },
    { pcrs: new Map([[9, register(0xa8)]]) },
  ],
}

for (const [what, [condition, other]] of Object.entries(CONDITIONS)) {
  test(`a policy lets through only ${what} that it names`, async () => {
    const CiphertextBlob = await encrypted(await keyUnder(condition))
    const decrypt = (Recipient?: RecipientInfo) => kms.send(new DecryptCommand({ CiphertextBlob, Recipient }))
    assert.equal(opened(await decrypt(recipient())).length, 15)
    for (const refused of [undefined, recipient(other), recipient(TPM)]) {
      assert.equal((await failureOf(decrypt(refused))).name, 'AccessDeniedException')
    }
  })
}

test('a policy lets through only the register of a NitroTPM that it names', async () => {
  const condition = { StringEquals: { 'kms:RecipientAttestation:NitroTPMPCR4': '04'.repeat(48) } }
  const CiphertextBlob = await encrypted(await keyUnder(condition))
  const decrypt = (Recipient?: RecipientInfo) => kms.send(new DecryptCommand({ CiphertextBlob, Recipient }))
  assert.equal(opened(await decrypt(recipient(TPM))).length, 15)
  // An enclave with the same value in the register of the same number is not a NitroTPM.
  for (const refused of [undefined, recipient({ pcrs: new Map([[4, register(4)]]) })]) {
    assert.equal((await failureOf(decrypt(refused))).name, 'AccessDeniedException')
  }
})

const FOREIGN = makeChain()

/** Documents that are refused, each with the reason that the caller is told. */
const REFUSED: Readonly<Record<string, readonly [() => Uint8Array, string]>> = {
  'that is too old': [
    () => makeDocument(chain, spki, { timestamp: Date.now() - 301_000 }),
    'it is older than 5 minutes',
  ],
  'of another root': [
    () => makeDocument(FOREIGN, spki),
    'its cabundle does not begin with a root certificate that is trusted here',
  ],
  'without a key': [() => makeDocument(chain, spki, { public_key: undefined }), 'it has no public_key'],
  'that is changed': [
    () => makeDocument(chain, spki).map((byte, at, all) => (at === all.length - 1 ? byte ^ 1 : byte)),
    'its signature is not by the key of its certificate',
  ],
  'that is none': [() => new TextEncoder().encode('a document'), 'it is not well-formed CBOR'],
}

for (const [what, [document, why]] of Object.entries(REFUSED)) {
  test(`a document ${what} is refused with ValidationException, by every operation and in a dry run`, async () => {
    const KeyId = await createKey()
    const CiphertextBlob = await encrypted(KeyId)
    const Recipient: RecipientInfo = { ...recipient(), AttestationDocument: document() }
    const message = `The attestation document is refused: ${why}.`
    const pair = { KeyId, KeyPairSpec: 'ECC_NIST_P256' } as const
    for (const send of [
      () => kms.send(new DecryptCommand({ CiphertextBlob, Recipient })),
      () => kms.send(new DecryptCommand({ CiphertextBlob, Recipient, DryRun: true })),
      () => kms.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_128', Recipient })),
      () => kms.send(new GenerateDataKeyPairCommand({ ...pair, Recipient })),
      () => kms.send(new GenerateRandomCommand({ NumberOfBytes: 8, Recipient })),
    ]) {
      const failure = await failureOf(send())
      assert.deepEqual([failure.name, failure.message], ['ValidationException', message])
    }
  })
}

test('a recipient without a document or an algorithm is refused', async () => {
  const { AttestationDocument, KeyEncryptionAlgorithm } = recipient()
  for (const Recipient of [{}, { AttestationDocument }, { KeyEncryptionAlgorithm }]) {
    const failure = await failureOf(kms.send(new GenerateRandomCommand({ NumberOfBytes: 8, Recipient })))
    assert.equal(failure.name, 'ValidationException')
    assert.equal(failure.message, 'Recipient must have an AttestationDocument and a KeyEncryptionAlgorithm.')
  }
})

test('an algorithm that is not known, and a document over the limit, are refused by the model', async () => {
  const AttestationDocument = base64('x')
  const other = { AttestationDocument, KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_1' }
  const unknown = await call(server, 'GenerateRandom', { NumberOfBytes: 8, Recipient: other })
  assertError(unknown, 'ValidationException', /recipient\.keyEncryptionAlgorithm/)
  const large = { AttestationDocument: Buffer.alloc(262_145).toString('base64') }
  const over = await call(server, 'GenerateRandom', { NumberOfBytes: 8, Recipient: large })
  assertError(over, 'ValidationException', /recipient\.attestationDocument/)
})

test('a dry run for a recipient that would succeed says so, and one that is denied does not', async () => {
  const condition = { StringEquals: { 'kms:RecipientAttestation:PCR0': 'a0'.repeat(48) } }
  const CiphertextBlob = await encrypted(await keyUnder(condition))
  const decrypt = (Recipient?: RecipientInfo) =>
    failureOf(kms.send(new DecryptCommand({ CiphertextBlob, Recipient, DryRun: true })))
  assert.equal((await decrypt(recipient())).name, 'DryRunOperationException')
  assert.equal(
    (await decrypt(recipient({ pcrs: new Map([[0, register(1)]]) }))).name,
    'AccessDeniedException',
  )
})

test('the event of an attested call says whom it was for, and nothing of the document', async () => {
  const CiphertextBlob = await encrypted(await createKey())
  const answer = await kms.send(new DecryptCommand({ CiphertextBlob, Recipient: recipient() }))
  const { requestParameters, additionalEventData } = await eventOf(server, answer.$metadata.requestId)
  assert.deepEqual(requestParameters, { encryptionAlgorithm: 'SYMMETRIC_DEFAULT' })
  const value = (byte: number): string => Buffer.from(register(byte)).toString('base64')
  assert.deepEqual(additionalEventData?.['recipient'], {
    attestationDocumentModuleId: MODULE_ID,
    attestationDocumentEnclaveImageDigest: value(0xa0),
    attestationDocumentEnclavePCR1: value(0xa1),
    attestationDocumentEnclavePCR2: value(0xa2),
    attestationDocumentEnclavePCR8: value(0xa8),
  })
  assert.match(String(additionalEventData?.['keyMaterialId']), /^[0-9a-f]{64}$/)
})

test('the event of a call from a NitroTPM has its registers', async () => {
  const answer = await kms.send(new GenerateRandomCommand({ NumberOfBytes: 8, Recipient: recipient(TPM) }))
  const { additionalEventData } = await eventOf(server, answer.$metadata.requestId)
  assert.deepEqual(additionalEventData, {
    recipient: {
      attestationDocumentModuleId: MODULE_ID,
      attestationDocumentNitroTPMPCR4: Buffer.from(register(4)).toString('base64'),
    },
  })
})

test('the event of a refused document has no recipient', async () => {
  const document = base64('x')
  const Recipient = { AttestationDocument: document, KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_256' }
  const answer = await call(server, 'GenerateRandom', { NumberOfBytes: 8, Recipient })
  const event = await eventOf(server, answer.requestId)
  assert.equal(event.errorCode, 'ValidationException')
  assert.equal(event.additionalEventData, undefined)
  assert.ok(!JSON.stringify(event).includes(document))
})

test('calls without a recipient are answered in the clear as before', async () => {
  const keyId = await newKey(server)
  const blob = await encryptText(server, keyId, 'x')
  const { json } = await call(server, 'Decrypt', { CiphertextBlob: blob })
  assert.equal(json['Plaintext'], base64('x'))
  assert.ok(!('CiphertextForRecipient' in json))
})

test('the private key of a pair for a recipient fits its public key', async () => {
  const KeyId = await createKey()
  const input = { KeyId, KeyPairSpec: 'RSA_2048', Recipient: recipient() } as const
  const answer = await kms.send(new GenerateDataKeyPairCommand(input))
  const made = createPrivateKey({ key: Buffer.from(opened(answer)), format: 'der', type: 'pkcs8' })
  const publicKey = createPublicKey(made.export({ format: 'pem', type: 'pkcs8' }))
  assert.deepEqual(new Uint8Array(publicKey.export({ format: 'der', type: 'spki' })), answer.PublicKey)
})
