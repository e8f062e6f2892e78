import assert from 'node:assert/strict'
import { test } from 'node:test'
import { declaredErrors } from '../../../test/support/declared-errors.ts'
import { FAKE_CLUSTER, FAKE_PIN, type FakeTokens, fakeTokens } from '../../../test/support/fake-tokens.ts'
import { REGION } from '../../../test/support/kms.ts'
import { type KmsBed, openKmsBed } from '../../../test/support/kms-bed.ts'
import { ACCOUNT, ROOT } from '../../../test/support/policies.ts'
import { KmsError } from '../../api/errors.ts'
import type { Output } from '../../api/json.ts'
import { tokenDisposalJob } from '../../jobs/connection.ts'
import { TOKEN_REASONS } from '../../pkcs11/failure.ts'
import { planDeletion } from '../lifecycle/deletion.ts'
import { DUE } from '../lifecycle/due.ts'
import { CONNECTING, CONNECTING_PARTITION, STORE_KEY, TOKEN_KEY_DISPOSAL } from './custom-key-store.ts'
import { settleConnection } from './store-connection.ts'

const PLAINTEXT = Buffer.from('hello').toString('base64')
const WINDOW_MS = 7 * 86_400_000

/** Some certificate: no trust anchor is configured. */
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBODCB66ADAgECAhRnSbDIWGwiWT+cXVq3Re0JG1ZeNTAFBgMrZXAwETEPMA0G
A1UEAwwGYW5jaG9yMCAXDTI2MTIwMTAwNDE1OVoYDzIxMjYxMTA3MDA0MTU5WjAR
MQ8wDQYDVQQDDAZhbmNob3IwKjAFBgMrZXADIQAOecTCTYQhvcLJF7e0SuktKVxt
0tT9JZp5AFA2qJzGeqNTMFEwHQYDVR0OBBYEFDutjTeNGwRtA3dYSWV6llNKf9SC
MB8GA1UdIwQYMBaAFDutjTeNGwRtA3dYSWV6llNKf9SCMA8GA1UdEwEB/wQFMAMB
Af8wBQYDK2VwA0EAzFkLjD3QD/7Fi8RIiRLWPhlQi25K22EskHgvdNysPC+BIJ85
082vcT6nrnTRFtTp+w1GwiicHh93XCbsLrVZBw==
-----END CERTIFICATE-----
`

type Bed = AsyncDisposable & { readonly bed: KmsBed; readonly token: FakeTokens; readonly storeId: string }

async function openBed(): Promise<Bed> {
  const token = fakeTokens(ACCOUNT)
  const bed = await openKmsBed([], token.tokens)
  const { CustomKeyStoreId } = await bed.call(ROOT, 'CreateCustomKeyStore', {
    CustomKeyStoreName: 'hsm',
    CloudHsmClusterId: FAKE_CLUSTER,
    KeyStorePassword: FAKE_PIN,
    TrustAnchorCertificate: CERTIFICATE,
  })
  return {
    bed,
    token,
    storeId: String(CustomKeyStoreId),
    [Symbol.asyncDispose]: () => bed[Symbol.asyncDispose](),
  }
}

/** Connects a store as the job does. Returns its state, and its error code. */
async function connect({ bed, storeId }: Bed): Promise<string> {
  await bed.call(ROOT, 'ConnectCustomKeyStore', { CustomKeyStoreId: storeId })
  return settle(bed, storeId)
}

async function settle(bed: KmsBed, storeId: string): Promise<string> {
  const { records } = bed.dependencies
  const { records: notes } = await records.list(CONNECTING, { partition: CONNECTING_PARTITION, limit: 10 })
  for (const note of notes) await records.commit((await settleConnection(bed.dependencies, note)).changes)
  const { CustomKeyStores } = await bed.call(ROOT, 'DescribeCustomKeyStores', { CustomKeyStoreId: storeId })
  const [entry] = CustomKeyStores as readonly Output[]
  return [entry?.['ConnectionState'], entry?.['ConnectionErrorCode']]
    .filter((one) => one !== undefined)
    .join(' ')
}

async function newKey({ bed, storeId }: Bed): Promise<string> {
  const input = { Origin: 'AWS_CLOUDHSM', CustomKeyStoreId: storeId }
  const { KeyMetadata } = await bed.call(ROOT, 'CreateKey', input)
  return String((KeyMetadata as Output)['KeyId'])
}

async function encrypted(bed: KmsBed, KeyId: string): Promise<string> {
  const { CiphertextBlob } = await bed.call(ROOT, 'Encrypt', { KeyId, Plaintext: PLAINTEXT })
  assert.ok(CiphertextBlob instanceof Uint8Array)
  return Buffer.from(CiphertextBlob).toString('base64')
}

async function codeOf(outcome: Promise<unknown>): Promise<string> {
  try {
    await outcome
    return 'succeeded'
  } catch (error) {
    if (error instanceof KmsError) return error.code
    throw error
  }
}

test('a key is made in the token, and both the token and the records are needed to decrypt', async () => {
  await using all = await openBed()
  const { bed, token } = all
  assert.equal(await connect(all), 'CONNECTED')
  const KeyId = await newKey(all)
  assert.deepEqual([...token.keys.keys()], [KeyId])
  const CiphertextBlob = await encrypted(bed, KeyId)
  const { Plaintext } = await bed.call(ROOT, 'Decrypt', { CiphertextBlob })
  assert.ok(Plaintext instanceof Uint8Array)
  assert.equal(Buffer.from(Plaintext).toString('base64'), PLAINTEXT)
  const other = await newKey(all)
  const key = token.keys.get(KeyId) ?? new Uint8Array()
  token.keys.set(KeyId, token.keys.get(other) ?? new Uint8Array())
  assert.equal(await codeOf(bed.call(ROOT, 'Decrypt', { CiphertextBlob })), 'InvalidCiphertextException')
  token.keys.delete(KeyId)
  assert.equal(await codeOf(bed.call(ROOT, 'Decrypt', { CiphertextBlob })), 'KMSInvalidStateException')
  token.keys.set(KeyId, key)
  assert.equal(await codeOf(bed.call(ROOT, 'Decrypt', { CiphertextBlob })), 'succeeded')
})

test('every failure of a token is an error that the operation declares, and leaves nothing behind', async () => {
  await using all = await openBed()
  const { bed, token, storeId } = all
  await connect(all)
  const KeyId = await newKey(all)
  const CiphertextBlob = await encrypted(bed, KeyId)
  const calls: readonly (readonly [string, Output])[] = [
    ['Encrypt', { KeyId, Plaintext: PLAINTEXT }],
    ['Decrypt', { CiphertextBlob }],
    ['ReEncrypt', { CiphertextBlob, DestinationKeyId: KeyId }],
    ['GenerateDataKey', { KeyId, KeySpec: 'AES_256' }],
    ['GenerateDataKeyWithoutPlaintext', { KeyId, KeySpec: 'AES_256' }],
    ['GenerateRandom', { NumberOfBytes: 8, CustomKeyStoreId: storeId }],
    ['CreateKey', { Origin: 'AWS_CLOUDHSM', CustomKeyStoreId: storeId }],
  ]
  for (const reason of TOKEN_REASONS) {
    token.fail(reason)
    for (const [name, input] of calls) {
      const code = await codeOf(bed.call(ROOT, name, input))
      const mayFail = declaredErrors(name)?.has(code) === true
      // Only a decryption can find a ciphertext invalid.
      assert.ok(mayFail || reason === 'CiphertextInvalid', `${name} ${reason}: ${code}`)
    }
  }
  token.fail(undefined)
  const partition = `${ACCOUNT}/${REGION}/${storeId}`
  const { records: keys } = await bed.dependencies.records.list(STORE_KEY, { partition, limit: 10 })
  assert.deepEqual(
    keys.map(({ name }) => name),
    [KeyId],
  )
})

test('a store whose token fails has an error code, and is connected when it works again', async () => {
  await using all = await openBed()
  const { bed, token, storeId } = all
  const expected = {
    TokenAbsent: 'INSUFFICIENT_CLOUDHSM_HSMS',
    PinRefused: 'INVALID_CREDENTIALS',
    PinUnreadable: 'INVALID_CREDENTIALS',
    PasswordWrong: 'INVALID_CREDENTIALS',
    PinLocked: 'USER_LOCKED_OUT',
    PinMissing: 'USER_NOT_FOUND',
    TimedOut: 'NETWORK_ERRORS',
    Crashed: 'NETWORK_ERRORS',
    ModuleFailed: 'NETWORK_ERRORS',
    ClusterGone: 'CLUSTER_NOT_FOUND',
    TokenUnfit: 'INTERNAL_ERROR',
  } as const
  for (const reason of TOKEN_REASONS) {
    const code = Object.entries(expected).find(([name]) => name === reason)?.[1]
    if (code === undefined) continue
    await bed.call(ROOT, 'ConnectCustomKeyStore', { CustomKeyStoreId: storeId })
    token.fail(reason)
    assert.equal(await settle(bed, storeId), `FAILED ${code}`)
    token.fail(undefined)
    await bed.call(ROOT, 'DisconnectCustomKeyStore', { CustomKeyStoreId: storeId })
  }
  assert.equal(await connect(all), 'CONNECTED')
})

test('a token that cannot be reached is said at once by the operations on stores', async () => {
  await using all = await openBed()
  const { bed, token, storeId } = all
  for (const [reason, code] of [
    ['TokenAbsent', 'CloudHsmClusterNotActiveException'],
    ['TokenUnfit', 'CloudHsmClusterInvalidConfigurationException'],
  ] as const) {
    token.fail(reason)
    assert.equal(await codeOf(bed.call(ROOT, 'ConnectCustomKeyStore', { CustomKeyStoreId: storeId })), code)
  }
})

test('the key of a deleted KMS key is destroyed in the token, however long the token was away', async () => {
  await using all = await openBed()
  const { bed, token } = all
  const { records } = bed.dependencies
  await connect(all)
  const KeyId = await newKey(all)
  const other = await newKey(all)
  await bed.call(ROOT, 'ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 })
  const { records: dues } = await records.list(DUE, { partition: '1970-01-08', limit: 10 })
  const [due] = dues
  assert.ok(due !== undefined)
  const plan = await planDeletion(bed.dependencies, due, WINDOW_MS)
  await records.commit(plan?.changes ?? [])
  const warnings: string[] = []
  const log = { info: () => {}, warn: (message: string) => warnings.push(message), error: () => {} }
  const job = tokenDisposalJob({ ...bed.dependencies, log })
  token.fail('TokenAbsent')
  await job.run()
  assert.deepEqual([...token.keys.keys()], [KeyId, other])
  assert.deepEqual(warnings, ['the key of a deleted KMS key is still in its token'])
  token.fail(undefined)
  await job.run()
  assert.deepEqual([...token.keys.keys()], [other])
  const list = { partition: CONNECTING_PARTITION, limit: 10 }
  assert.deepEqual((await records.list(TOKEN_KEY_DISPOSAL, list)).records, [])
  await job.run()
})
