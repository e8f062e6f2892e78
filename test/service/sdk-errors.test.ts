/** The SDK turns every error into its own class, with the status and the words that AWS uses. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import * as sdk from '@aws-sdk/client-kms'
import { failureOf, kmsClient, REGION } from '../support/kms.ts'
import { policy } from '../support/samples.ts'
import { startServer, type TestServer } from '../support/server.ts'

const ACCOUNT = '000000000000'
const UNKNOWN_KEY = '12345678-1234-4234-8234-123456789012'
const ALIAS = 'alias/errors'
const PLAINTEXT = Buffer.from('text')

let server: TestServer
let kms: sdk.KMSClient
let KeyId: string
let otherKey: string
let disabledKey: string
let pendingKey: string
let CiphertextBlob: Uint8Array

const arnOf = (keyId: string): string => `arn:aws:kms:${REGION}:${ACCOUNT}:key/${keyId}`

before(async () => {
  server = await startServer()
  kms = kmsClient(server)
  const create = async (): Promise<string> =>
    (await kms.send(new sdk.CreateKeyCommand({}))).KeyMetadata?.KeyId ?? ''
  ;[KeyId, otherKey, disabledKey, pendingKey] = [
    await create(),
    await create(),
    await create(),
    await create(),
  ]
  await kms.send(new sdk.CreateAliasCommand({ AliasName: ALIAS, TargetKeyId: KeyId }))
  await kms.send(new sdk.DisableKeyCommand({ KeyId: disabledKey }))
  await kms.send(new sdk.ScheduleKeyDeletionCommand({ KeyId: pendingKey }))
  const encrypted = await kms.send(new sdk.EncryptCommand({ KeyId, Plaintext: PLAINTEXT }))
  CiphertextBlob = encrypted.CiphertextBlob ?? new Uint8Array(0)
})

after(async () => {
  kms.destroy()
  await server[Symbol.asyncDispose]()
})

type Case = readonly [
  what: string,
  call: () => Promise<unknown>,
  error: abstract new (...args: never) => sdk.KMSServiceException,
  message: () => string,
]

/** What the SDK says of an error that came without a message. */
const NO_MESSAGE = 'UnknownError'

const CASES: readonly Case[] = [
  [
    'an unknown key',
    () => kms.send(new sdk.EncryptCommand({ KeyId: UNKNOWN_KEY, Plaintext: PLAINTEXT })),
    sdk.NotFoundException,
    () => `Key '${arnOf(UNKNOWN_KEY)}' does not exist`,
  ],
  [
    'an unknown alias',
    () => kms.send(new sdk.DescribeKeyCommand({ KeyId: 'alias/x' })),
    sdk.NotFoundException,
    () => `Alias arn:aws:kms:${REGION}:${ACCOUNT}:alias/x is not found.`,
  ],
  [
    'an ARN that is none',
    () => kms.send(new sdk.DescribeKeyCommand({ KeyId: 'arn:aws:s3:::bucket' })),
    sdk.InvalidArnException,
    () => "'arn:aws:s3:::bucket' is not a valid key or alias ARN.",
  ],
  [
    'a disabled key',
    () => kms.send(new sdk.EncryptCommand({ KeyId: disabledKey, Plaintext: PLAINTEXT })),
    sdk.DisabledException,
    () => `${arnOf(disabledKey)} is disabled.`,
  ],
  [
    'a key that is pending deletion',
    () => kms.send(new sdk.GenerateDataKeyCommand({ KeyId: pendingKey, KeySpec: 'AES_256' })),
    sdk.KMSInvalidStateException,
    () => `${arnOf(pendingKey)} is pending deletion.`,
  ],
  [
    'a key that is scheduled twice',
    () => kms.send(new sdk.ScheduleKeyDeletionCommand({ KeyId: pendingKey })),
    sdk.KMSInvalidStateException,
    () => `${arnOf(pendingKey)} is pending deletion.`,
  ],
  [
    'a cancellation of nothing',
    () => kms.send(new sdk.CancelKeyDeletionCommand({ KeyId })),
    sdk.KMSInvalidStateException,
    () => `${arnOf(KeyId)} is not pending deletion.`,
  ],
  [
    'a ciphertext of none',
    () => kms.send(new sdk.DecryptCommand({ CiphertextBlob: Buffer.from('no ciphertext') })),
    sdk.InvalidCiphertextException,
    () => NO_MESSAGE,
  ],
  [
    'a ciphertext of another key',
    () => kms.send(new sdk.DecryptCommand({ CiphertextBlob, KeyId: otherKey })),
    sdk.IncorrectKeyException,
    () => 'The key ID in the request does not identify a CMK that can perform this operation.',
  ],
  [
    'an algorithm of other keys',
    () =>
      kms.send(
        new sdk.EncryptCommand({ KeyId, Plaintext: PLAINTEXT, EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' }),
      ),
    sdk.InvalidKeyUsageException,
    () => 'Algorithm RSAES_OAEP_SHA_256 is incompatible with key spec SYMMETRIC_DEFAULT.',
  ],
  [
    'a dry run',
    () => kms.send(new sdk.EncryptCommand({ KeyId, Plaintext: PLAINTEXT, DryRun: true })),
    sdk.DryRunOperationException,
    () => 'The request would have succeeded, but the DryRun option is set.',
  ],
  [
    'an alias that is there',
    () => kms.send(new sdk.CreateAliasCommand({ AliasName: ALIAS, TargetKeyId: KeyId })),
    sdk.AlreadyExistsException,
    () => `An alias with the name arn:aws:kms:${REGION}:${ACCOUNT}:${ALIAS} already exists`,
  ],
  [
    'an alias without a name',
    () => kms.send(new sdk.CreateAliasCommand({ AliasName: 'alias/', TargetKeyId: KeyId })),
    sdk.InvalidAliasNameException,
    () => 'The alias name is empty.',
  ],
  [
    'tags with one key twice',
    () =>
      kms.send(
        new sdk.TagResourceCommand({
          KeyId,
          Tags: [
            { TagKey: 'a', TagValue: '1' },
            { TagKey: 'a', TagValue: '2' },
          ],
        }),
      ),
    sdk.TagException,
    () => 'Duplicate tag keys',
  ],
  [
    'a marker of no page',
    () => kms.send(new sdk.ListKeysCommand({ Marker: 'nowhere' })),
    sdk.InvalidMarkerException,
    () => NO_MESSAGE,
  ],
  [
    'a grant token of no grant',
    () => kms.send(new sdk.EncryptCommand({ KeyId, Plaintext: PLAINTEXT, GrantTokens: ['AQ=='] })),
    sdk.InvalidGrantTokenException,
    () => NO_MESSAGE,
  ],
  [
    'a policy that locks out',
    () => kms.send(new sdk.PutKeyPolicyCommand({ KeyId, Policy: policy(ACCOUNT, ['kms:PutKeyPolicy']) })),
    sdk.MalformedPolicyDocumentException,
    () => 'The new key policy will not allow you to update the key policy in the future.',
  ],
  [
    'a policy that is too long',
    () => kms.send(new sdk.PutKeyPolicyCommand({ KeyId, Policy: policy(ACCOUNT, []) + ' '.repeat(32_768) })),
    sdk.LimitExceededException,
    () => `The key policy is too long: at most 32768 bytes, got ${policy(ACCOUNT, []).length + 32_768}.`,
  ],
]

for (const [what, call, type, message] of CASES) {
  test(`the SDK gets ${type.name} for ${what}`, async () => {
    const error = await failureOf(call())
    assert.ok(error instanceof type, `${error.name}: ${error.message}`)
    assert.ok(error instanceof sdk.KMSServiceException)
    assert.equal(error.$metadata.httpStatusCode, 400)
    assert.match(error.$metadata.requestId ?? '', /^[0-9a-f-]{36}$/)
    assert.equal(error.message, message())
  })
}

type Unmodelled = readonly [what: string, call: () => Promise<unknown>, name: string, message: string]

const validation = (value: string, path: string, constraint: string): string =>
  `1 validation error detected: Value${value} at '${path}' failed to satisfy constraint: ${constraint}`

const UNMODELLED: readonly Unmodelled[] = [
  [
    'no bytes to encrypt',
    () => kms.send(new sdk.EncryptCommand({ KeyId, Plaintext: new Uint8Array(0) })),
    'ValidationException',
    validation('', 'plaintext', 'Member must have length greater than or equal to 1'),
  ],
  [
    'a size that is missing',
    () => kms.send(new sdk.GenerateRandomCommand({})),
    'ValidationException',
    'NumberOfBytes is required.',
  ],
  [
    'a size of 1025',
    () => kms.send(new sdk.GenerateRandomCommand({ NumberOfBytes: 1025 })),
    'ValidationException',
    validation(" '1025'", 'numberOfBytes', 'Member must have value less than or equal to 1024'),
  ],
  [
    'a data key without a size',
    () => kms.send(new sdk.GenerateDataKeyCommand({ KeyId })),
    'ValidationException',
    'Please specify either number of bytes or key spec.',
  ],
  [
    'a data key with two sizes',
    () => kms.send(new sdk.GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_128', NumberOfBytes: 16 })),
    'ValidationException',
    'Please specify either number of bytes or key spec.',
  ],
  [
    'a key without a usage',
    () => kms.send(new sdk.CreateKeyCommand({ KeySpec: 'RSA_2048' })),
    'ValidationException',
    'You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.',
  ],
  [
    'a usage that does not go with the spec',
    () => kms.send(new sdk.CreateKeyCommand({ KeyUsage: 'SIGN_VERIFY' })),
    'ValidationException',
    'KeyUsage SIGN_VERIFY is not compatible with KeySpec SYMMETRIC_DEFAULT',
  ],
  [
    'both names of the spec',
    () =>
      kms.send(
        new sdk.CreateKeyCommand({
          KeySpec: 'SYMMETRIC_DEFAULT',
          CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT',
        }),
      ),
    'ValidationException',
    'You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated.',
  ],
  [
    'a tag value that is too long',
    () => kms.send(new sdk.TagResourceCommand({ KeyId, Tags: [{ TagKey: 'a', TagValue: 'v'.repeat(257) }] })),
    'ValidationException',
    validation(
      ` '${'v'.repeat(257)}'`,
      'tags.1.member.tagValue',
      'Member must have length less than or equal to 256',
    ),
  ],
  [
    'a window of 6 days',
    () => kms.send(new sdk.ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 6 })),
    'ValidationException',
    validation(" '6'", 'pendingWindowInDays', 'Member must have value greater than or equal to 7'),
  ],
]

for (const [what, call, name, message] of UNMODELLED) {
  test(`the SDK gets ${name} for ${what}`, async () => {
    const error = await failureOf(call())
    assert.equal(error.name, name)
    assert.equal(error.$metadata.httpStatusCode, 400)
    assert.equal(error.message, message)
  })
}

test('GenerateDataKey names every fault of an input at once', async () => {
  const call = kms.send(
    new sdk.GenerateDataKeyCommand({ KeyId: '', NumberOfBytes: 0, KeySpec: 'AES_1' as sdk.DataKeySpec }),
  )
  const { name, message } = await failureOf(call)
  assert.equal(name, 'ValidationException')
  assert.match(
    message,
    /^3 validation errors detected: Value '' at 'keyId' failed .*; Value 'AES_1' at 'keySpec' /,
  )
  assert.match(
    message,
    /; Value '0' at 'numberOfBytes' failed to satisfy constraint: Member must have value greater/,
  )
})
