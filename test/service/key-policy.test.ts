/** Key policies: what is accepted, and how they decide. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { eventOf } from '../support/audit.ts'
import { type Answer, assertError, base64, call, encryptText, newKey, succeed } from '../support/calls.ts'
import { REGION } from '../support/kms.ts'
import { allowAll } from '../support/samples.ts'
import { startServer, type TestServer } from '../support/server.ts'

const ACCOUNT = '000000000000'
const ROOT = `arn:aws:iam::${ACCOUNT}:root`
const LOCKED_OUT = 'The new key policy will not allow you to update the key policy in the future.'
const NO_PRINCIPAL = 'Policy contains a statement with no principal.'
const INVALID_PRINCIPALS = 'Policy contains a statement with one or more invalid principals.'

let server: TestServer

before(async () => {
  server = await startServer()
})

after(async () => {
  await server[Symbol.asyncDispose]()
})

const arnOf = (keyId: string): string => `arn:aws:kms:${REGION}:${ACCOUNT}:key/${keyId}`
const all = { Effect: 'Allow', Principal: { AWS: ROOT }, Action: 'kms:*', Resource: '*' }
const document = (...statements: readonly object[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements })
const denying = (more: object): string => document(all, { ...all, Effect: 'Deny', ...more })

function put(keyId: string, Policy: string, bypass?: boolean): Promise<Answer> {
  return call(server, 'PutKeyPolicy', { KeyId: keyId, Policy, BypassPolicyLockoutSafetyCheck: bypass })
}

function encrypt(keyId: string, context?: Record<string, string>): Promise<Answer> {
  return call(server, 'Encrypt', { KeyId: keyId, Plaintext: base64('a'), EncryptionContext: context })
}

function assertDenied(answer: Answer, action: string, keyId: string, reason: string): void {
  const message = `User: ${ROOT} is not authorized to perform: kms:${action} on resource: ${arnOf(keyId)} ${reason}`
  assertError(answer, 'AccessDeniedException', message)
}

const EXPLICIT = 'with an explicit deny in a resource-based policy'

test('CreateKey without a policy gives the default one, as AWS writes it', async () => {
  const { Policy } = await succeed(server, 'GetKeyPolicy', { KeyId: await newKey(server) })
  assert.deepEqual(JSON.parse(String(Policy)), {
    Version: '2012-10-17',
    Id: 'key-default-1',
    Statement: [{ Sid: 'Enable IAM User Permissions', ...all }],
  })
  assert.match(String(Policy), /^\{\n {2}"Version" : "2012-10-17",\n/)
})

test('GetKeyPolicy gives a policy as it was put', async () => {
  const text = `\t${allowAll(ACCOUNT)}\r\n `
  const keyId = await newKey(server, { Policy: text })
  assert.equal((await succeed(server, 'GetKeyPolicy', { KeyId: keyId }))['Policy'], text)
})

test('GetKeyPolicy and PutKeyPolicy know no other name than default', async () => {
  const keyId = await newKey(server)
  for (const [operation, more] of [
    ['GetKeyPolicy', {}],
    ['PutKeyPolicy', { Policy: allowAll(ACCOUNT) }],
  ] as const) {
    const answer = await call(server, operation, { KeyId: keyId, PolicyName: 'other', ...more })
    assertError(answer, 'NotFoundException', 'No such policy exists')
  }
})

for (const [what, policy] of [
  ['nobody', document({ ...all, Principal: { AWS: ROOT }, Action: 'kms:Encrypt' })],
  ['the caller, and then denies it', denying({ Action: 'kms:PutKeyPolicy' })],
  [
    'the caller on another key',
    document({ ...all, Resource: arnOf('12345678-1234-4234-8234-123456789012') }),
  ],
  [
    'the caller under a condition that does not hold',
    document({ ...all, Condition: { Bool: { 'aws:SecureTransport': 'true' } } }),
  ],
] as const) {
  test(`a policy that lets ${what} change it is refused unless the check is bypassed`, async () => {
    const keyId = await newKey(server)
    assertError(await put(keyId, policy), 'MalformedPolicyDocumentException', LOCKED_OUT)
    assertError(
      await call(server, 'CreateKey', { Policy: policy }),
      'MalformedPolicyDocumentException',
      LOCKED_OUT,
    )
    assertError(await put(keyId, policy, false), 'MalformedPolicyDocumentException', LOCKED_OUT)
    assert.equal((await put(keyId, policy, true)).status, 200)
    const created = await call(server, 'CreateKey', { Policy: policy, BypassPolicyLockoutSafetyCheck: true })
    assert.equal(created.status, 200)
  })
}

test('PutKeyPolicy with an ExpectedPolicy puts nothing over another policy than that', async () => {
  const keyId = await newKey(server)
  const Policy = async (): Promise<string> =>
    String((await succeed(server, 'GetKeyPolicy', { KeyId: keyId }))['Policy'])
  const ExpectedPolicy = await Policy()
  const [mine, theirs] = [document({ ...all, Sid: 'Mine' }), document({ ...all, Sid: 'Theirs' })]
  await succeed(server, 'PutKeyPolicy', { KeyId: keyId, Policy: theirs, ExpectedPolicy })
  const late = await call(server, 'PutKeyPolicy', { KeyId: keyId, Policy: mine, ExpectedPolicy })
  assertError(late, 'ConflictException', 'The key policy is not the expected one.')
  assert.equal(await Policy(), theirs)
  const event = await eventOf(server, late.requestId)
  assert.deepEqual(event['requestParameters'], { keyId, policy: mine })
  const answers = await Promise.all(
    [mine, mine.replace('Mine', 'Other')].map((text) =>
      call(server, 'PutKeyPolicy', { KeyId: keyId, Policy: text, ExpectedPolicy: theirs }),
    ),
  )
  const statuses = answers.map(({ status }) => status).sort()
  assert.deepEqual(statuses, [200, 400], 'of two at once, one puts its policy')
})

test('a policy that names the key by its own ARN passes the lockout check', async () => {
  const keyId = await newKey(server)
  assert.equal((await put(keyId, document({ ...all, Resource: arnOf(keyId) }))).status, 200)
  assert.equal((await encrypt(keyId)).status, 200)
})

test('a policy that delegates nothing locks the root user out', async () => {
  const keyId = await newKey(server)
  const nobody = document({ ...all, Effect: 'Deny', Action: 'kms:Nothing' })
  assert.equal((await put(keyId, nobody, true)).status, 200)
  const reason = (action: string): string =>
    `because no resource-based policy allows the kms:${action} action`
  assertDenied(await encrypt(keyId), 'Encrypt', keyId, reason('Encrypt'))
  assertDenied(await put(keyId, allowAll(ACCOUNT)), 'PutKeyPolicy', keyId, reason('PutKeyPolicy'))
  assertDenied(
    await call(server, 'DescribeKey', { KeyId: keyId }),
    'DescribeKey',
    keyId,
    reason('DescribeKey'),
  )
})

for (const [what, policy, message] of [
  ['that is no JSON', 'no policy', /./],
  ['without a statement', JSON.stringify({ Version: '2012-10-17' }), /./],
  ['with an unknown member', document({ ...all, Effekt: 'Allow' }), /./],
  ['with an unknown effect', document({ ...all, Effect: 'Maybe' }), /./],
  ['with an unknown operator', document({ ...all, Condition: { Equals: { 'kms:ViaService': 'a' } } }), /./],
  ['without a principal', document(all, { ...all, Principal: undefined }), NO_PRINCIPAL],
  ['with an empty principal', document(all, { ...all, Principal: {} }), NO_PRINCIPAL],
  ['with an empty list of principals', document(all, { ...all, Principal: { AWS: [] } }), NO_PRINCIPAL],
  [
    'with two empty lists of principals',
    document(all, { ...all, Principal: { AWS: [], Service: [] } }),
    NO_PRINCIPAL,
  ],
  [
    'with an empty list that excepts nobody',
    document(all, { ...all, Effect: 'Deny', Principal: undefined, NotPrincipal: { AWS: [] } }),
    NO_PRINCIPAL,
  ],
  ['with an empty name', document(all, { ...all, Principal: { AWS: '' } }), INVALID_PRINCIPALS],
  [
    'with an account that does not exist',
    document(all, { ...all, Principal: { AWS: '111122223333' } }),
    INVALID_PRINCIPALS,
  ],
  [
    'with a user that does not exist',
    document(all, { ...all, Principal: { AWS: `arn:aws:iam::${ACCOUNT}:user/nobody` } }),
    INVALID_PRINCIPALS,
  ],
  [
    'with a group',
    document(all, { ...all, Principal: { AWS: `arn:aws:iam::${ACCOUNT}:group/g` } }),
    INVALID_PRINCIPALS,
  ],
  [
    'with ForAllValues on an encryption context',
    document(all, { ...all, Condition: { 'ForAllValues:StringEquals': { 'kms:EncryptionContext:a': 'b' } } }),
    /^OverlyPermissiveCondition: Using the ForAllValues set operator with a single-valued condition key matches requests without the specified encryption context/,
  ],
] as const) {
  test(`a policy ${what} is refused with MalformedPolicyDocumentException`, async () => {
    const keyId = await newKey(server)
    assertError(await put(keyId, policy, true), 'MalformedPolicyDocumentException', message)
    const { Policy } = await succeed(server, 'GetKeyPolicy', { KeyId: keyId })
    assert.notEqual(Policy, policy)
  })
}

test('a policy of 32,768 bytes is taken, of 32,769 bytes is LimitExceeded, of 131,073 invalid', async () => {
  const keyId = await newKey(server)
  const sized = (size: number): string => allowAll(ACCOUNT).padEnd(size)
  assert.equal((await put(keyId, sized(32_768))).status, 200)
  assertError(
    await put(keyId, sized(32_769)),
    'LimitExceededException',
    'The key policy is too long: at most 32768 bytes, got 32769.',
  )
  assertError(await put(keyId, sized(131_072)), 'LimitExceededException', /got 131072\.$/)
  assertError(
    await put(keyId, sized(131_073)),
    'ValidationException',
    /Member must have length less than or equal to 131072$/,
  )
  assertError(
    await put(keyId, allowAll(ACCOUNT).replace('all', '✓')),
    'ValidationException',
    /Member must satisfy regular expression pattern: /,
  )
})

test('a deny on an encryption context decides by its value', async () => {
  const keyId = await newKey(server)
  await put(keyId, denying({ Condition: { StringEquals: { 'kms:EncryptionContext:Tenant': 'evil' } } }))
  assertDenied(await encrypt(keyId, { Tenant: 'evil' }), 'Encrypt', keyId, EXPLICIT)
  assertDenied(await encrypt(keyId, { tenant: 'evil' }), 'Encrypt', keyId, EXPLICIT)
  assert.equal((await encrypt(keyId, { Tenant: 'good' })).status, 200)
  assert.equal((await encrypt(keyId)).status, 200)
})

test('a deny without any encryption context decides by whether there is one', async () => {
  const keyId = await newKey(server)
  await put(
    keyId,
    denying({ Action: 'kms:Encrypt', Condition: { Null: { 'kms:EncryptionContextKeys': 'true' } } }),
  )
  assertDenied(await encrypt(keyId), 'Encrypt', keyId, EXPLICIT)
  assertDenied(await encrypt(keyId, {}), 'Encrypt', keyId, EXPLICIT)
  assert.equal((await encrypt(keyId, { a: 'b' })).status, 200)
})

test('a deny on the alias of the request decides by how the key is named', async () => {
  const keyId = await newKey(server)
  await succeed(server, 'CreateAlias', { AliasName: 'alias/forbidden', TargetKeyId: keyId })
  await put(keyId, denying({ Condition: { StringEquals: { 'kms:RequestAlias': 'alias/forbidden' } } }))
  const arn = `arn:aws:kms:${REGION}:${ACCOUNT}:alias/forbidden`
  for (const name of ['alias/forbidden', arn]) {
    assertDenied(await encrypt(name), 'Encrypt', keyId, EXPLICIT)
  }
  assert.equal((await encrypt(keyId)).status, 200)
})

test('a deny on tags decides by the tags that the key has now', async () => {
  const keyId = await newKey(server)
  await put(
    keyId,
    denying({ Action: 'kms:Encrypt', Condition: { StringEquals: { 'aws:ResourceTag/state': 'frozen' } } }),
  )
  assert.equal((await encrypt(keyId)).status, 200)
  await succeed(server, 'TagResource', { KeyId: keyId, Tags: [{ TagKey: 'state', TagValue: 'frozen' }] })
  assertDenied(await encrypt(keyId), 'Encrypt', keyId, EXPLICIT)
  await succeed(server, 'UntagResource', { KeyId: keyId, TagKeys: ['state'] })
  assert.equal((await encrypt(keyId)).status, 200)
})

test('ReEncrypt needs its permission on both keys, with the context of each', async () => {
  const source = await newKey(server)
  const destination = await newKey(server)
  const blob = await encryptText(server, source, 'a', { side: 'source' })
  const move = (): Promise<Answer> =>
    call(server, 'ReEncrypt', {
      CiphertextBlob: blob,
      SourceEncryptionContext: { side: 'source' },
      DestinationKeyId: destination,
      DestinationEncryptionContext: { side: 'destination' },
    })
  assert.equal((await move()).status, 200)
  const when = (value: string): object => ({ StringEquals: { 'kms:EncryptionContext:side': value } })
  await put(destination, denying({ Action: 'kms:ReEncryptTo', Condition: when('destination') }))
  assertDenied(await move(), 'ReEncryptTo', destination, EXPLICIT)
  await put(destination, denying({ Action: 'kms:ReEncryptTo', Condition: when('source') }))
  await put(source, denying({ Action: 'kms:ReEncryptFrom', Condition: when('source') }))
  assertDenied(await move(), 'ReEncryptFrom', source, EXPLICIT)
})

test('a deny with kms:BypassPolicyLockoutSafetyCheck decides by the parameter', async () => {
  const keyId = await newKey(server)
  const policy = denying({ Condition: { Bool: { 'kms:BypassPolicyLockoutSafetyCheck': 'true' } } })
  assert.equal((await put(keyId, policy)).status, 200)
  assertDenied(await put(keyId, policy, true), 'PutKeyPolicy', keyId, EXPLICIT)
  assert.equal((await put(keyId, policy, false)).status, 200)
})
