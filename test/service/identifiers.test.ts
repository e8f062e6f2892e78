/** How requests name keys, and what they are told when they name none. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { assertError, base64, call, encryptText, newKey, succeed } from '../support/calls.ts'
import { REGION } from '../support/kms.ts'
import { startServer, type TestServer } from '../support/server.ts'

const ACCOUNT = '000000000000'
const FOREIGN = '111122223333'
const UNKNOWN_KEY = '12345678-1234-4234-8234-123456789012'
const MRK = 'mrk-1234abcd12ab34cd56ef1234567890ab'

let server: TestServer
let keyId: string

before(async () => {
  server = await startServer()
  keyId = await newKey(server)
  await succeed(server, 'CreateAlias', { AliasName: 'alias/Known', TargetKeyId: keyId })
})

after(async () => {
  await server[Symbol.asyncDispose]()
})

const arnOf = (resource: string, region = REGION, account = ACCOUNT): string =>
  `arn:aws:kms:${region}:${account}:${resource}`

type Case = readonly [text: string, code: string, message: string]

const invalidArn = (text: string): Case => [
  text,
  'InvalidArnException',
  `'${text}' is not a valid key or alias ARN.`,
]
const invalidId = (text: string, named = text): Case => [
  text,
  'NotFoundException',
  `Invalid keyId '${named}'`,
]
const noKey = (text: string, named: string): Case => [
  text,
  'NotFoundException',
  `Key '${arnOf(`key/${named}`)}' does not exist`,
]
const noAlias = (text: string, name: string): Case => [
  text,
  'NotFoundException',
  `Alias ${arnOf(name)} is not found.`,
]

const CASES: readonly Case[] = [
  invalidId('fake-key-id'),
  invalidId('mrk-fake-key-id'),
  invalidId(UNKNOWN_KEY.replaceAll('-', '')),
  invalidId(UNKNOWN_KEY.toUpperCase().replace('1', 'A')),
  invalidId('__proto__'),
  invalidId('constructor'),
  invalidId('a'.repeat(2048)),
  invalidId(' '),
  invalidId(`${UNKNOWN_KEY}\n`),
  invalidId(arnOf('key/fake'), 'fake'),
  noKey(UNKNOWN_KEY, UNKNOWN_KEY),
  noKey(arnOf(`key/${UNKNOWN_KEY}`), UNKNOWN_KEY),
  noKey(MRK, MRK),
  noAlias('alias/x', 'alias/x'),
  noAlias(arnOf('alias/x'), 'alias/x'),
  noAlias('alias/known', 'alias/known'),
  noAlias('alias/', 'alias/'),
  noAlias('alias/aws/none', 'alias/aws/none'),
  [arnOf(`key/${UNKNOWN_KEY}`, 'us-west-2'), 'NotFoundException', 'Invalid arn us-west-2'],
  [arnOf('alias/Known', 'us-west-2'), 'NotFoundException', 'Invalid arn us-west-2'],
  invalidArn('arn:aws:s3:::bucket'),
  invalidArn('arn:'),
  invalidArn(`arn:aws-cn:kms:${REGION}:${ACCOUNT}:key/${UNKNOWN_KEY}`),
  invalidArn(`arn:aws:kms:${REGION}:123:key/${UNKNOWN_KEY}`),
  invalidArn(`arn:aws:kms:${REGION}:${ACCOUNT}:${UNKNOWN_KEY}`),
]

for (const [text, code, message] of CASES) {
  test(`DescribeKey answers ${code} to the KeyId ${JSON.stringify(text).slice(0, 80)}`, async () => {
    assertError(await call(server, 'DescribeKey', { KeyId: text }), code, message)
  })
}

test('DescribeKey refuses a KeyId of 2,049 characters', async () => {
  const text = 'a'.repeat(2049)
  assertError(
    await call(server, 'DescribeKey', { KeyId: text }),
    'ValidationException',
    `1 validation error detected: Value '${text}' at 'keyId' failed to satisfy constraint: Member must have length less than or equal to 2048`,
  )
})

test('a caller cannot tell a key of another account from one that does not exist', async () => {
  const hidden = (action: string, what = 'this resource'): string =>
    `User: arn:aws:iam::${ACCOUNT}:root is not authorized to perform: kms:${action} on ${what} because the resource ` +
    'does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access'
  for (const resource of [`key/${UNKNOWN_KEY}`, `key/${keyId}`, 'alias/x', 'alias/Known']) {
    const foreign = arnOf(resource, REGION, FOREIGN)
    assertError(
      await call(server, 'Encrypt', { KeyId: foreign, Plaintext: base64('a') }),
      'AccessDeniedException',
      hidden('Encrypt'),
    )
  }
  const ciphertext = await encryptText(server, keyId, 'a')
  const foreign = arnOf(`key/${keyId}`, REGION, FOREIGN)
  assertError(
    await call(server, 'Decrypt', { KeyId: foreign, CiphertextBlob: ciphertext }),
    'AccessDeniedException',
    hidden('Decrypt', 'the resource associated with this ciphertext'),
  )
})

test('an AccessDeniedException says Message with a capital M', async () => {
  const foreign = arnOf(`key/${UNKNOWN_KEY}`, REGION, FOREIGN)
  const { json } = await call(server, 'DescribeKey', { KeyId: foreign })
  assert.deepEqual(Object.keys(json), ['__type', 'Message'])
})
