/**
 * The AWS Encryption SDK for JavaScript against the server that the environment names, as `holdfast env` does.
 *
 * Plain JavaScript, since what it imports is not installed when types are checked: see package.json beside it.
 */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import {
  AwsKmsMrkAwareSymmetricDiscoveryKeyringNode,
  AwsKmsMrkAwareSymmetricKeyringNode,
  buildAwsKmsMrkAwareStrictMultiKeyringNode,
  buildClient,
  CommitmentPolicy,
  getClient,
  getLocalCryptographicMaterialsCache,
  KMS,
  KmsKeyringNode,
  MultiKeyringNode,
  NodeCachingMaterialsManager,
  RawAesKeyringNode,
  RawAesWrappingSuiteIdentifier,
} from '@aws-crypto/client-node'

const ACCOUNT = '000000000000'
const REPLICA_REGION = 'eu-central-1'
const CONTEXT = { purpose: 'test', stage: 'round trip \u2713' }
const PLAINTEXT = Buffer.from('a text that is kept for years')

const kms = new KMS({})
const { encrypt, decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)

/** The ARN of a new key. */
async function newKey(input = {}) {
  const { KeyMetadata } = await kms.createKey(input)
  return KeyMetadata.Arn
}

/** The message that a keyring makes of the plaintext. */
async function seal(keyring, options = { encryptionContext: CONTEXT }) {
  const { result } = await encrypt(keyring, PLAINTEXT, options)
  return result
}

/** Fails unless a keyring opens a message and finds its context. */
async function assertOpens(keyring, message) {
  const { plaintext, messageHeader } = await decrypt(keyring, message)
  assert.deepEqual(plaintext, PLAINTEXT)
  for (const [name, value] of Object.entries(CONTEXT)) {
    assert.equal(messageHeader.encryptionContext[name], value)
  }
}

/** A supplier of clients, and the names of all commands that they have sent. */
function countingClients() {
  const commands = []
  const clientProvider = (region) => {
    const client = getClient(KMS)(region)
    client.middlewareStack.add(
      (next, { commandName }) =>
        (request) => {
          commands.push(commandName)
          return next(request)
        },
      { step: 'initialize' },
    )
    return client
  }
  return { commands, clientProvider }
}

const COMMITTING = [
  CommitmentPolicy.REQUIRE_ENCRYPT_ALLOW_DECRYPT,
  CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT,
]

test('what is encrypted by a commitment policy is decrypted by each that accepts it', async () => {
  const keyring = new KmsKeyringNode({ generatorKeyId: await newKey() })
  const options = { encryptionContext: CONTEXT }
  const bare = await buildClient(CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT).encrypt(
    keyring,
    PLAINTEXT,
    options,
  )
  const committed = []
  for (const policy of COMMITTING)
    committed.push(await buildClient(policy).encrypt(keyring, PLAINTEXT, options))
  for (const policy of Object.values(CommitmentPolicy)) {
    const client = buildClient(policy)
    for (const { result } of committed) {
      assert.deepEqual((await client.decrypt(keyring, result)).plaintext, PLAINTEXT)
    }
    const opening = client.decrypt(keyring, bare.result)
    if (policy === CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
      await assert.rejects(opening, /requiring only committed messages/)
    else assert.deepEqual((await opening).plaintext, PLAINTEXT)
  }
})

test('a message under two KMS keys is opened by either, and by no third', async () => {
  const [first, second, third] = [await newKey(), await newKey(), await newKey()]
  const { commands, clientProvider } = countingClients()
  const message = await seal(new KmsKeyringNode({ clientProvider, generatorKeyId: first, keyIds: [second] }))
  assert.deepEqual(commands, ['GenerateDataKeyCommand', 'EncryptCommand'])
  for (const key of [first, second]) await assertOpens(new KmsKeyringNode({ keyIds: [key] }), message)
  await kms.disableKey({ KeyId: first })
  await assertOpens(new KmsKeyringNode({ generatorKeyId: first, keyIds: [second] }), message)
  await assert.rejects(decrypt(new KmsKeyringNode({ keyIds: [first] }), message), /is disabled/)
  await assert.rejects(
    decrypt(new KmsKeyringNode({ keyIds: [third] }), message),
    /unencryptedDataKey has not been set/,
  )
})

test('a message under a KMS key and a raw AES key is opened by either', async () => {
  const raw = (key) =>
    new RawAesKeyringNode({
      keyNamespace: 'holdfast',
      keyName: 'offline',
      wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
      // The keyring clears what it is given.
      unencryptedMasterKey: Uint8Array.from(key),
    })
  const rawKey = randomBytes(32)
  const generator = new KmsKeyringNode({ generatorKeyId: await newKey() })
  const message = await seal(new MultiKeyringNode({ generator, children: [raw(rawKey)] }))
  await assertOpens(generator, message)
  await assertOpens(raw(rawKey), message)
  await assert.rejects(decrypt(raw(randomBytes(32)), message))
})

test('a message is refused when its context, its data key or its text has been changed', async () => {
  const keyring = new KmsKeyringNode({ generatorKeyId: await newKey() })
  const message = await seal(keyring)
  await assertOpens(keyring, message)
  const at = message.indexOf('round trip')
  assert.ok(at > 0)
  const others = Array.from({ length: 16 }, (_, part) => Math.floor((message.length * part) / 16))
  for (const place of [at, ...others, message.length - 1]) {
    const changed = Buffer.from(message)
    changed[place] ^= 1
    await assert.rejects(decrypt(keyring, changed), `byte ${place}`)
  }
})

test('a key policy on the context decides what may be encrypted and decrypted', async () => {
  const root = { AWS: `arn:aws:iam::${ACCOUNT}:root` }
  const Condition = { StringNotEquals: { 'kms:EncryptionContext:purpose': CONTEXT.purpose } }
  const use = ['kms:GenerateDataKey', 'kms:Decrypt']
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: root, Action: 'kms:*', Resource: '*' },
      { Effect: 'Deny', Principal: root, Action: use, Resource: '*', Condition },
    ],
  })
  const key = await newKey()
  const keyring = new KmsKeyringNode({ generatorKeyId: key })
  const other = await seal(keyring, { encryptionContext: { purpose: 'other' } })
  await kms.putKeyPolicy({ KeyId: key, Policy })
  await assertOpens(keyring, await seal(keyring))
  await assert.rejects(seal(keyring, { encryptionContext: { purpose: 'other' } }), /explicit deny/)
  await assert.rejects(decrypt(keyring, other), /explicit deny/)
})

test('a discovery keyring opens messages of the accounts in its filter, and encrypts nothing', async () => {
  const message = await seal(new KmsKeyringNode({ generatorKeyId: await newKey() }))
  await assertOpens(new KmsKeyringNode({ discovery: true }), message)
  const filterOf = (account) => ({ accountIDs: [account], partition: 'aws' })
  await assertOpens(new KmsKeyringNode({ discovery: true, discoveryFilter: filterOf(ACCOUNT) }), message)
  const { commands, clientProvider } = countingClients()
  const discoveryFilter = filterOf('111122223333')
  const foreign = new KmsKeyringNode({ clientProvider, discovery: true, discoveryFilter })
  await assert.rejects(decrypt(foreign, message), /unencryptedDataKey has not been set/)
  assert.deepEqual(commands, [])
  await assert.rejects(seal(new KmsKeyringNode({ discovery: true })))
})

test('a message under a multi-Region key is opened by its replica, and the other way round', async () => {
  const primary = await newKey({ MultiRegion: true })
  await kms.replicateKey({ KeyId: primary, ReplicaRegion: REPLICA_REGION })
  const replica = primary.replace(/^arn:aws:kms:[^:]+:/, `arn:aws:kms:${REPLICA_REGION}:`)
  const there = new KMS({ region: REPLICA_REGION })
  const atHome = new AwsKmsMrkAwareSymmetricKeyringNode({ keyId: primary, client: kms })
  const away = new AwsKmsMrkAwareSymmetricKeyringNode({ keyId: replica, client: there })
  const message = await seal(atHome)
  await assertOpens(away, message)
  await assertOpens(atHome, await seal(away))
  await assertOpens(buildAwsKmsMrkAwareStrictMultiKeyringNode({ keyIds: [replica] }), message)
  await assertOpens(new AwsKmsMrkAwareSymmetricDiscoveryKeyringNode({ client: there }), message)
  // A keyring that knows nothing of multi-Region keys sees another ARN.
  await assert.rejects(decrypt(new KmsKeyringNode({ keyIds: [replica] }), message))
  const single = await seal(new KmsKeyringNode({ generatorKeyId: await newKey() }))
  await assert.rejects(decrypt(new AwsKmsMrkAwareSymmetricDiscoveryKeyringNode({ client: there }), single))
})

test('a caching materials manager asks for one data key for several messages', async () => {
  const { commands, clientProvider } = countingClients()
  const keyring = new KmsKeyringNode({ clientProvider, generatorKeyId: await newKey() })
  const manager = new NodeCachingMaterialsManager({
    backingMaterials: keyring,
    cache: getLocalCryptographicMaterialsCache(10),
    maxAge: 600_000,
    maxMessagesEncrypted: 2,
  })
  const options = { encryptionContext: CONTEXT, plaintextLength: PLAINTEXT.length }
  const messages = []
  for (let count = 0; count < 3; count += 1) messages.push(await seal(manager, options))
  assert.deepEqual(commands, ['GenerateDataKeyCommand', 'GenerateDataKeyCommand'])
  for (const message of messages) await assertOpens(keyring, message)
})

test('messages from before a rotation open after it', async () => {
  const key = await newKey()
  const keyring = new KmsKeyringNode({ generatorKeyId: key })
  const before = await seal(keyring)
  await kms.rotateKeyOnDemand({ KeyId: key })
  await assertOpens(keyring, before)
  await assertOpens(keyring, await seal(keyring))
})
