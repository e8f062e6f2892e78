/** The audit log: what it says of each call, field by field, and what it never says. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Output } from '../../src/api/json.ts'
import { type Event, eventOf } from '../support/audit.ts'
import { type Answer, base64, call, callRaw, encryptText, newKey, succeed } from '../support/calls.ts'
import { REGION } from '../support/kms.ts'
import { allowAll, policy } from '../support/samples.ts'
import { startServer, type TestServer } from '../support/server.ts'

const ACCOUNT = '000000000000'
const ROOT = `arn:aws:iam::${ACCOUNT}:root`
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/
const TEXT_DATE = /^[A-Z][a-z]{2} \d{1,2}, \d{4}, \d{1,2}:\d\d:\d\d [AP]M$/

let server: TestServer
let keyId: string
let arn: string
let materialId: string
let ciphertext: string

before(async () => {
  server = await startServer()
  const { KeyMetadata } = await succeed(server, 'CreateKey', {})
  const metadata = KeyMetadata as { KeyId: string; Arn: string; CurrentKeyMaterialId: string }
  keyId = metadata.KeyId
  arn = metadata.Arn
  materialId = metadata.CurrentKeyMaterialId
  ciphertext = await encryptText(server, keyId, 'x', { a: 'b' })
})

after(async () => {
  await server[Symbol.asyncDispose]()
})

const arnOf = (resource: string): string => `arn:aws:kms:${REGION}:${ACCOUNT}:${resource}`
const resource = (ARN: string): object => ({ accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN })

async function eventAfter(answer: Answer, status = 200): Promise<Event> {
  assert.equal(answer.status, status, answer.text)
  return eventOf(server, answer.requestId)
}

test('an event has every field of a CloudTrail record', async () => {
  const earliest = Math.floor(Date.now() / 1000) * 1000
  const answer = await call(server, 'DescribeKey', { KeyId: keyId }, { more: ['user-agent', 'a-client/1.0'] })
  const event = await eventAfter(answer)
  const { eventTime, eventID, userAgent, ...rest } = event
  assert.deepEqual(rest, {
    eventVersion: '1.11',
    userIdentity: {
      type: 'Root',
      principalId: ACCOUNT,
      arn: ROOT,
      accountId: ACCOUNT,
      accessKeyId: server.credentials.accessKeyId,
    },
    eventSource: 'kms.amazonaws.com',
    eventName: 'DescribeKey',
    awsRegion: REGION,
    sourceIPAddress: '127.0.0.1',
    requestParameters: { keyId },
    responseElements: null,
    requestID: answer.requestId,
    readOnly: true,
    resources: [resource(arn)],
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: ACCOUNT,
    eventCategory: 'Management',
  })
  assert.match(eventID, UUID)
  assert.equal(userAgent, 'a-client/1.0')
  assert.match(String(eventTime), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  assert.ok(Date.parse(String(eventTime)) >= earliest)
})

type Expected = {
  readonly name: string
  readonly input: () => Output | Promise<Output>
  readonly readOnly: boolean
  readonly parameters: (input: Output) => unknown
  readonly response?: () => unknown
  readonly additional?: () => unknown
  readonly resources?: () => readonly unknown[]
}

const onKey = () => [resource(arn)]
const keyResponse = () => ({ keyId: arn })
const ALGORITHM = 'SYMMETRIC_DEFAULT'
const materials = () => ({ keyMaterialId: materialId })

const EXPECTED: readonly Expected[] = [
  {
    name: 'Encrypt',
    input: () => ({ KeyId: arn, Plaintext: base64('x'), EncryptionContext: { a: 'b' } }),
    readOnly: true,
    parameters: () => ({ keyId: arn, encryptionContext: { a: 'b' }, encryptionAlgorithm: ALGORITHM }),
    additional: materials,
    resources: onKey,
  },
  {
    name: 'Decrypt',
    input: () => ({ CiphertextBlob: ciphertext, EncryptionContext: { a: 'b' } }),
    readOnly: true,
    parameters: () => ({ encryptionContext: { a: 'b' }, encryptionAlgorithm: ALGORITHM }),
    additional: materials,
    resources: onKey,
  },
  {
    name: 'ReEncrypt',
    input: () => ({
      CiphertextBlob: ciphertext,
      SourceEncryptionContext: { a: 'b' },
      DestinationKeyId: keyId,
    }),
    readOnly: true,
    parameters: () => ({
      sourceEncryptionContext: { a: 'b' },
      sourceEncryptionAlgorithm: ALGORITHM,
      destinationKeyId: keyId,
      destinationEncryptionAlgorithm: ALGORITHM,
    }),
    additional: () => ({ sourceKeyMaterialId: materialId, destinationKeyMaterialId: materialId }),
    resources: onKey,
  },
  {
    name: 'GenerateDataKey',
    input: () => ({ KeyId: keyId, KeySpec: 'AES_256', EncryptionContext: { a: 'b' } }),
    readOnly: true,
    parameters: () => ({ keyId, keySpec: 'AES_256', encryptionContext: { a: 'b' } }),
    additional: materials,
    resources: onKey,
  },
  {
    name: 'GenerateDataKeyWithoutPlaintext',
    input: () => ({ KeyId: keyId, NumberOfBytes: 64 }),
    readOnly: true,
    parameters: () => ({ keyId, numberOfBytes: 64 }),
    additional: materials,
    resources: onKey,
  },
  {
    name: 'GenerateRandom',
    input: () => ({ NumberOfBytes: 16 }),
    readOnly: true,
    parameters: () => ({ numberOfBytes: 16 }),
  },
  {
    name: 'CreateAlias',
    input: () => ({ AliasName: 'alias/audited', TargetKeyId: keyId }),
    readOnly: false,
    parameters: () => ({ aliasName: 'alias/audited', targetKeyId: keyId }),
    resources: () => [resource(arn), resource(arnOf('alias/audited'))],
  },
  {
    name: 'UpdateAlias',
    input: () => ({ AliasName: 'alias/audited', TargetKeyId: arn }),
    readOnly: false,
    parameters: () => ({ aliasName: 'alias/audited', targetKeyId: arn }),
    resources: () => [resource(arnOf('alias/audited')), resource(arn)],
  },
  {
    name: 'DescribeKey',
    input: () => ({ KeyId: 'alias/audited' }),
    readOnly: true,
    parameters: () => ({ keyId: 'alias/audited' }),
    resources: onKey,
  },
  {
    name: 'ListAliases',
    input: () => ({ KeyId: keyId, Limit: 5 }),
    readOnly: true,
    parameters: () => ({ keyId, limit: 5 }),
    resources: onKey,
  },
  {
    name: 'DeleteAlias',
    input: () => ({ AliasName: 'alias/audited' }),
    readOnly: false,
    parameters: () => ({ aliasName: 'alias/audited' }),
    resources: () => [resource(arnOf('alias/audited')), resource(arn)],
  },
  {
    name: 'TagResource',
    input: () => ({ KeyId: keyId, Tags: [{ TagKey: 'team', TagValue: 'a' }] }),
    readOnly: false,
    parameters: () => ({ keyId, tags: [{ tagKey: 'team', tagValue: 'a' }] }),
    response: keyResponse,
    resources: onKey,
  },
  {
    name: 'UntagResource',
    input: () => ({ KeyId: keyId, TagKeys: ['team'] }),
    readOnly: false,
    parameters: () => ({ keyId, tagKeys: ['team'] }),
    response: keyResponse,
    resources: onKey,
  },
  {
    name: 'PutKeyPolicy',
    input: () => ({ KeyId: keyId, PolicyName: 'default', Policy: allowAll(ACCOUNT) }),
    readOnly: false,
    parameters: () => ({ keyId, policyName: 'default', policy: allowAll(ACCOUNT) }),
    response: keyResponse,
    resources: onKey,
  },
  {
    name: 'UpdateKeyDescription',
    input: () => ({ KeyId: keyId, Description: 'audited' }),
    readOnly: false,
    parameters: () => ({ keyId, description: 'audited' }),
    response: keyResponse,
    resources: onKey,
  },
  ...(['GetKeyPolicy', 'ListKeyPolicies', 'ListResourceTags'] as const).map((name) => ({
    name,
    input: () => ({ KeyId: keyId }),
    readOnly: true,
    parameters: () => ({ keyId }),
    resources: onKey,
  })),
  { name: 'ListKeys', input: () => ({}), readOnly: true, parameters: () => null },
  ...(['DisableKey', 'EnableKey'] as const).map((name) => ({
    name,
    input: () => ({ KeyId: keyId }),
    readOnly: false,
    parameters: () => ({ keyId }),
    response: keyResponse,
    resources: onKey,
  })),
]

for (const { name, input, readOnly, parameters, response, additional, resources } of EXPECTED) {
  test(`the event of ${name} shows its parameters, resources and result`, async () => {
    const given = await input()
    const event = await eventAfter(await call(server, name, given))
    assert.equal(event.eventName, name)
    assert.equal(event.readOnly, readOnly)
    assert.deepEqual(event.requestParameters, parameters(given))
    assert.deepEqual(event.responseElements, response?.() ?? null)
    assert.deepEqual(event.additionalEventData, additional?.())
    assert.deepEqual(event.resources, resources?.())
    assert.equal(event.errorCode, undefined)
  })
}

test('the event of CreateKey shows the key that was made', async () => {
  const Tags = [{ TagKey: 'a', TagValue: 'b' }]
  const answer = await call(server, 'CreateKey', { Description: 'made', Policy: allowAll(ACCOUNT), Tags })
  const event = await eventAfter(answer)
  const made = answer.json['KeyMetadata'] as { KeyId: string; Arn: string; CurrentKeyMaterialId: string }
  assert.deepEqual(event.requestParameters, {
    policy: allowAll(ACCOUNT),
    description: 'made',
    keyUsage: 'ENCRYPT_DECRYPT',
    customerMasterKeySpec: ALGORITHM,
    keySpec: ALGORITHM,
    origin: 'AWS_KMS',
    bypassPolicyLockoutSafetyCheck: false,
    tags: [{ tagKey: 'a', tagValue: 'b' }],
    multiRegion: false,
  })
  const { keyMetadata } = event.responseElements ?? {}
  const { creationDate, ...metadata } = keyMetadata as { creationDate: string }
  assert.match(creationDate, TEXT_DATE)
  assert.deepEqual(metadata, {
    aWSAccountId: ACCOUNT,
    arn: made.Arn,
    currentKeyMaterialId: made.CurrentKeyMaterialId,
    customerMasterKeySpec: ALGORITHM,
    description: 'made',
    enabled: true,
    encryptionAlgorithms: [ALGORITHM],
    keyId: made.KeyId,
    keyManager: 'CUSTOMER',
    keySpec: ALGORITHM,
    keyState: 'Enabled',
    keyUsage: 'ENCRYPT_DECRYPT',
    multiRegion: false,
    origin: 'AWS_KMS',
  })
  assert.deepEqual(event.resources, [resource(made.Arn)])
})

test('the events of ScheduleKeyDeletion and CancelKeyDeletion show what was decided', async () => {
  const id = await newKey(server)
  const scheduled = await eventAfter(await call(server, 'ScheduleKeyDeletion', { KeyId: id }))
  assert.deepEqual(scheduled.requestParameters, { keyId: id, pendingWindowInDays: 30 })
  const { deletionDate, ...response } = scheduled.responseElements ?? {}
  assert.match(String(deletionDate), TEXT_DATE)
  assert.deepEqual(response, {
    keyId: arnOf(`key/${id}`),
    keyState: 'PendingDeletion',
    pendingWindowInDays: 30,
  })
  const cancelled = await eventAfter(await call(server, 'CancelKeyDeletion', { KeyId: id }))
  assert.deepEqual(cancelled.responseElements, { keyId: arnOf(`key/${id}`) })
})

test('the event of a failed call says why, and names the key', async () => {
  const closed = await newKey(server, { Policy: policy(ACCOUNT, ['kms:Encrypt']) })
  const denied = await call(server, 'Encrypt', { KeyId: closed, Plaintext: base64('x') })
  const event = await eventAfter(denied, 400)
  assert.equal(event.errorCode, 'AccessDenied')
  assert.equal(event.errorMessage, denied.message)
  assert.deepEqual(event.resources, [resource(arnOf(`key/${closed}`))])
  assert.deepEqual(event.requestParameters, { keyId: closed, encryptionAlgorithm: ALGORITHM })
  assert.deepEqual(event.additionalEventData, {
    reason: 'Denied by statement 2 ("but") of the resource-based policy.',
  })
  const unknown = await call(server, 'DescribeKey', { KeyId: 'fake' })
  const missing = await eventAfter(unknown, 400)
  assert.equal(missing.errorCode, 'NotFoundException')
  assert.equal(missing.errorMessage, "Invalid keyId 'fake'")
  assert.deepEqual(missing.requestParameters, { keyId: 'fake' })
  assert.equal(missing.resources, undefined)
  const invalid = await eventAfter(await call(server, 'DescribeKey', {}), 400)
  assert.equal(invalid.errorCode, 'ValidationException')
  assert.equal(invalid.requestParameters, null)
  assert.equal(invalid.responseElements, null)
})

test('the event of a call with an enormous context is cut, and there', async () => {
  const EncryptionContext = { a: 'v'.repeat(250_000) }
  const answer = await call(server, 'Encrypt', { KeyId: keyId, Plaintext: base64('x'), EncryptionContext })
  const event = await eventAfter(answer, 400)
  assert.equal(event.errorCode, 'ValidationException')
  assert.ok(JSON.stringify(event).length < 8_192)
})

test('names of an encryption context that objects have anyway are shown like any other', async () => {
  const context = '{"__proto__":"a","constructor":"b"}'
  const body = `{"KeyId":"${keyId}","Plaintext":"${base64('x')}","EncryptionContext":${context}}`
  const event = await eventAfter(await callRaw(server, 'TrentService.Encrypt', body))
  assert.equal(JSON.stringify(event.requestParameters?.['encryptionContext']), context)
})
