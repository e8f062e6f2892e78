/** What a hostile client of the S3 gateway tries: buckets that change hands, headers that must count, audit events. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { DeleteAccessKeyCommand, DeleteUserPolicyCommand, PutUserPolicyCommand } from '@aws-sdk/client-iam'
import { type Event, readEvents } from '../support/audit.ts'
import { allow, iamClient, newUser, policyText, type TestCredentials } from '../support/iam.ts'
import { holdfast } from '../support/run.ts'
import {
  type S3Ask,
  type S3Reply,
  s3,
  s3Succeeds,
  startGateway,
  type TestGateway,
} from '../support/s3-gateway.ts'
import { type Credentials, readCredentials, startServer, type TestServer } from '../support/server.ts'

const ACCOUNT = '000000000000'
const OTHER = '111122223333'
/** For the gateway to reach the body of a request. */
const ARRIVAL_MS = 300

let server: TestServer
let gateway: TestGateway
let other: Credentials

before(async () => {
  server = await startServer()
  const made = await holdfast(['account', 'create', `--id=${OTHER}`], {
    environment: { HOLDFAST_DATA: server.data },
  })
  assert.equal(made.status, 0, made.err)
  other = await readCredentials(server.data, OTHER)
  gateway = await startGateway(server)
})

after(async () => {
  await gateway[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

const ask = (
  method: string,
  target: string,
  headers: Readonly<Record<string, string>> = {},
  more: Partial<S3Ask> = {},
): Promise<S3Reply> => s3(gateway, { method, target, headers, ...more })

async function eventOf({ headers }: Pick<S3Reply, 'headers'>): Promise<Event | undefined> {
  return (await eventsOf({ headers }))[0]
}

async function eventsOf({ headers }: Pick<S3Reply, 'headers'>): Promise<readonly Event[]> {
  const events = await readEvents(server.data)
  return events.filter(({ requestID }) => requestID === headers['x-amz-request-id'])
}

/** Deletes a bucket, and lets the other account create one of its name with an object. */
async function handOver(bucket: string): Promise<void> {
  await sleep(ARRIVAL_MS)
  await s3Succeeds(gateway, { method: 'DELETE', target: `/${bucket}` })
  await s3Succeeds(gateway, { method: 'PUT', target: `/${bucket}`, credentials: other })
  await s3Succeeds(gateway, {
    method: 'PUT',
    target: `/${bucket}/mine`,
    body: 'of the other account',
    credentials: other,
  })
}

const BODIES: readonly (readonly [name: string, method: string, target: string, body: string])[] = [
  ['put', 'PUT', '/mine', 'foreign bytes'],
  ['put-new', 'PUT', '/new', 'foreign bytes'],
  ['delete-many', 'POST', '?delete', '<Delete><Object><Key>mine</Key></Object></Delete>'],
  [
    'encryption',
    'PUT',
    '?encryption',
    '<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>',
  ],
]

for (const [name, method, target, body] of BODIES) {
  test(`a slow call does not work on a bucket that another account has created meanwhile: ${name}`, async () => {
    const bucket = `moved-${name}`
    await s3Succeeds(gateway, { method: 'PUT', target: `/${bucket}` })
    const late = await ask(method, `/${bucket}${target}`, {}, { body, halfway: () => handOver(bucket) })
    assert.deepEqual([late.status, late.code], [404, 'NoSuchBucket'])
    const mine = await ask('GET', `/${bucket}/mine`, {}, { credentials: other })
    assert.equal(mine.body.toString(), 'of the other account')
    const list = await ask('GET', `/${bucket}`, {}, { credentials: other })
    assert.equal(list.body.toString().match(/<Key>/g)?.length, 1)
    const encryption = await ask('GET', `/${bucket}?encryption`, {}, { credentials: other })
    assert.match(encryption.body.toString(), /AES256/)
  })
}

test('a slow upload leaves nothing in a bucket that was deleted meanwhile', async () => {
  await s3Succeeds(gateway, { method: 'PUT', target: '/gone' })
  const halfway = async (): Promise<void> => {
    await sleep(ARRIVAL_MS)
    await s3Succeeds(gateway, { method: 'DELETE', target: '/gone' })
  }
  const late = await ask('PUT', '/gone/late', {}, { body: 'late bytes', halfway })
  assert.deepEqual([late.status, late.code], [404, 'NoSuchBucket'])
  await s3Succeeds(gateway, { method: 'PUT', target: '/gone', credentials: other })
  const list = await ask('GET', '/gone', {}, { credentials: other })
  assert.doesNotMatch(list.body.toString(), /<Key>/)
})

test('a slow deletion is decided by the policy that the bucket has when its keys are known', async () => {
  await s3Succeeds(gateway, { method: 'PUT', target: '/slow' })
  await s3Succeeds(gateway, { method: 'PUT', target: '/slow/kept', body: 'bytes' })
  const body = '<Delete><Object><Key>kept</Key></Object></Delete>'
  const invited = await newUser(iamClient(server), 'slow-invited')
  const arn = `arn:aws:iam::${ACCOUNT}:user/slow-invited`
  const policy = policyText({
    ...allow('s3:DeleteObject'),
    Principal: { AWS: arn },
    Resource: 'arn:aws:s3:::slow/*',
  })
  await s3Succeeds(gateway, { method: 'PUT', target: '/slow?policy', body: policy })
  const halfway = async (): Promise<void> => {
    await sleep(ARRIVAL_MS)
    await s3Succeeds(gateway, { method: 'DELETE', target: '/slow?policy' })
  }
  const late = await ask('POST', '/slow?delete', {}, { body, credentials: invited, halfway })
  assert.match(late.body.toString(), /<Code>AccessDenied</)
  assert.equal((await ask('GET', '/slow/kept')).status, 200)
})

/** A user whose identity policy allows everything in S3. */
async function newAdministrator(name: string) {
  return newUser(iamClient(server), name, policyText({ ...allow('s3:*'), Resource: '*' }))
}

const DOCUMENTS: readonly (readonly [name: string, method: string, target: string, body: string])[] = [
  [
    'policy',
    'PUT',
    '?policy',
    policyText({
      ...allow('s3:GetObject'),
      Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
      Resource: 'arn:aws:s3:::revoked/*',
    }),
  ],
  [
    'versioning',
    'PUT',
    '?versioning',
    '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>',
  ],
  ['tagging', 'PUT', '/kept?tagging', '<Tagging><TagSet></TagSet></Tagging>'],
  ['delete', 'POST', '?delete', '<Delete><Object><Key>kept</Key></Object></Delete>'],
]

for (const [name, method, target, body] of DOCUMENTS) {
  test(`a slow document is decided by the identity policy and the access key of then: ${name}`, async () => {
    if ((await ask('GET', '/revoked/kept')).status !== 200) {
      await s3Succeeds(gateway, { method: 'PUT', target: '/revoked' })
      await s3Succeeds(gateway, { method: 'PUT', target: '/revoked/kept', body: 'bytes' })
    }
    const iam = iamClient(server)
    const UserName = `slow-${name}`
    const credentials = await newAdministrator(UserName)
    const withoutPolicy = async (): Promise<void> => {
      await sleep(ARRIVAL_MS)
      await iam.send(new DeleteUserPolicyCommand({ UserName, PolicyName: 'own' }))
    }
    const denied = await ask(method, `/revoked${target}`, {}, { body, credentials, halfway: withoutPolicy })
    assert.match(denied.body.toString(), /<Code>AccessDenied</)
    await iam.send(
      new PutUserPolicyCommand({
        UserName,
        PolicyName: 'own',
        PolicyDocument: policyText({ ...allow('s3:*'), Resource: '*' }),
      }),
    )
    const withoutKey = async (): Promise<void> => {
      await sleep(ARRIVAL_MS)
      await iam.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId: credentials.accessKeyId }))
    }
    const unknown = await ask(method, `/revoked${target}`, {}, { body, credentials, halfway: withoutKey })
    assert.deepEqual([unknown.status, unknown.code], [403, 'InvalidAccessKeyId'])
    assert.equal((await ask('GET', '/revoked/kept')).status, 200)
    assert.equal((await ask('GET', '/revoked?policy')).code, 'NoSuchBucketPolicy')
  })
}

const EXPECTED = 'x-amz-expected-bucket-owner'

test('a call that expects another owner of the bucket is refused', async () => {
  await s3Succeeds(gateway, { method: 'PUT', target: '/owned' })
  const right = { [EXPECTED]: ACCOUNT }
  assert.equal((await ask('PUT', '/owned/a', right, { body: 'x' })).status, 200)
  const wrong = { [EXPECTED]: OTHER }
  const calls: readonly (readonly [string, string])[] = [
    ['PUT', '/owned/b'],
    ['GET', '/owned/a'],
    ['DELETE', '/owned/a'],
    ['POST', '/owned/a?uploads'],
    ['GET', '/owned'],
    ['GET', '/owned?location'],
    ['GET', '/owned?encryption'],
    ['DELETE', '/owned'],
  ]
  for (const [method, target] of calls) {
    const refused = await ask(method, target, wrong)
    assert.deepEqual([refused.status, refused.code], [403, 'AccessDenied'], `${method} ${target}`)
    assert.equal((await eventOf(refused))?.errorCode, 'AccessDenied')
  }
  const from = { 'x-amz-copy-source': '/owned/a' }
  const source = 'x-amz-source-expected-bucket-owner'
  assert.equal((await ask('PUT', '/owned/c', { ...from, [source]: OTHER })).code, 'AccessDenied')
  assert.equal((await ask('PUT', '/owned/c', { ...from, [source]: ACCOUNT })).status, 200)
})

let users = 0

function someone(...statements: readonly object[]): Promise<TestCredentials> {
  users += 1
  return newUser(iamClient(server), `user-${users}`, policyText(allow('s3:*', 'kms:*'), ...statements))
}

test('a denial by what is known of a signature or connection counts for every call', async () => {
  await s3Succeeds(gateway, { method: 'PUT', target: '/denials' })
  const denials: readonly (readonly [string, object])[] = [
    ['age', { NumericGreaterThanEquals: { 's3:signatureAge': '0' } }],
    ['unsigned payload', { StringEquals: { 's3:x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } }],
    ['version', { StringEquals: { 's3:signatureversion': 'AWS4-HMAC-SHA256' } }],
    ['authentication', { StringEquals: { 's3:authType': 'REST-HEADER' } }],
    ['owner', { StringEquals: { 's3:ResourceAccount': ACCOUNT } }],
  ]
  const calls: readonly (readonly [string, string])[] = [
    ['PUT', '/denials/a'],
    ['GET', '/denials/a'],
    ['DELETE', '/denials/a'],
    ['GET', '/denials'],
  ]
  for (const [name, condition] of denials) {
    const credentials = await someone({ Effect: 'Deny', Action: 's3:*', Resource: '*', Condition: condition })
    for (const [method, target] of calls) {
      const refused = await ask(method, target, {}, { credentials, payload: 'UNSIGNED-PAYLOAD' })
      assert.equal(refused.code, 'AccessDenied', `${name} ${method} ${target}`)
    }
  }
})

test('an operation that is not offered is recorded with its caller', async () => {
  await s3Succeeds(gateway, { method: 'PUT', target: '/probed' })
  const credentials = await someone()
  for (const [method, target] of [
    ['GET', '/probed?acl'],
    ['PUT', '/probed/a?retention'],
    ['POST', '/probed'],
  ] as const) {
    const refused = await ask(method, target, {}, { credentials })
    assert.match(refused.code ?? '', /NotImplemented|MethodNotAllowed/)
    const event = await eventOf(refused)
    assert.equal(event?.userIdentity?.arn, `arn:aws:iam::${ACCOUNT}:user/user-${users}`)
    assert.equal(event?.errorCode, refused.code)
  }
})

test('a header with the name of a member of every object is a header like others', async () => {
  await s3Succeeds(gateway, { method: 'PUT', target: '/names' })
  for (const name of ['constructor', '__proto__', 'valueOf']) {
    const tamper = (headers: string[]): void => void headers.push(name, 'x')
    const stored = await ask('PUT', '/names/a', {}, { body: 'x', tamper })
    assert.deepEqual([stored.status, stored.code], [200, undefined], name)
    assert.equal((await ask('GET', '/names/a', {}, { tamper })).status, 200, name)
    assert.equal((await ask('DELETE', '/names/a', {}, { tamper })).status, 204, name)
  }
  const kept = 'x-amz-meta-__proto__'
  assert.equal((await ask('PUT', '/names/a', { [kept]: 'x' }, { body: 'x' })).status, 200)
  assert.equal((await ask('GET', '/names/a')).headers[kept], 'x')
})

test('a condition of a deletion, and what a new bucket must have, is not ignored', async () => {
  await s3Succeeds(gateway, { method: 'PUT', target: '/careful' })
  await ask('PUT', '/careful/a', {}, { body: 'x' })
  assert.equal((await ask('DELETE', '/careful/a', { 'if-match': '"other"' })).code, 'PreconditionFailed')
  const found = await ask('GET', '/careful/a')
  assert.equal(found.status, 200)
  assert.equal((await ask('DELETE', '/careful/a', { 'if-match': found.headers.etag ?? '' })).status, 204)
  assert.equal((await ask('DELETE', '/careful/a', { 'x-amz-if-match-size': '3' })).code, 'NotImplemented')
  const demands = [
    ['x-amz-bucket-object-lock-enabled', 'true'],
    ['x-amz-acl', 'public-read'],
    ['x-amz-grant-read', 'id=1'],
    ['x-amz-object-ownership', 'ObjectWriter'],
  ] as const
  for (const [name, value] of demands) {
    assert.equal((await ask('PUT', '/strict', { [name]: value })).code, 'NotImplemented', name)
  }
  const body =
    '<CreateBucketConfiguration><Bucket><Type>Directory</Type></Bucket></CreateBucketConfiguration>'
  assert.equal((await ask('PUT', '/strict', {}, { body })).code, 'NotImplemented')
  assert.equal((await ask('HEAD', '/strict')).status, 404)
})

test('who may not read an object does not learn its ETag by a condition of a write', async () => {
  await s3Succeeds(gateway, { method: 'PUT', target: '/guessed' })
  await ask('PUT', '/guessed/a', {}, { body: 'secret' })
  const credentials = await someone({ Effect: 'Deny', Action: 's3:GetObject', Resource: '*' })
  const guess = { 'if-match': '"5ebe2294ecd0e0f08eab7690d2a6ee69"' }
  assert.equal((await ask('PUT', '/guessed/a', guess, { credentials })).code, 'AccessDenied')
  assert.equal((await ask('DELETE', '/guessed/a', guess, { credentials })).code, 'AccessDenied')
  assert.equal((await ask('PUT', '/guessed/a', guess)).status, 200)
})

test('an upload that breaks off is the fault of the client, and is recorded', async () => {
  await s3Succeeds(gateway, { method: 'PUT', target: '/broken' })
  const halfway = async (): Promise<void> => {
    await sleep(ARRIVAL_MS)
    throw new Error('broken off')
  }
  await assert.rejects(ask('PUT', '/broken/half', {}, { body: 'half of it', halfway }), /broken off/)
  await sleep(ARRIVAL_MS)
  const events = await readEvents(server.data)
  const broken = events.filter(({ requestParameters }) => requestParameters?.['key'] === 'half')
  assert.deepEqual(
    broken.map(({ errorCode }) => errorCode),
    ['IncompleteBody'],
  )
  assert.doesNotMatch(gateway.errors(), /a call of S3 failed/)
})

test('the event of a refused copy names its source, and that of DeleteObjects the keys that were refused', async () => {
  await s3Succeeds(gateway, { method: 'PUT', target: '/traced' })
  await ask('PUT', '/traced/secret', {}, { body: 'x' })
  const credentials = await someone({
    Effect: 'Deny',
    Action: ['s3:GetObject', 's3:DeleteObject'],
    Resource: 'arn:aws:s3:::traced/secret',
  })
  const copied = await ask('PUT', '/traced/b', { 'x-amz-copy-source': '/traced/secret' }, { credentials })
  assert.equal(copied.code, 'AccessDenied')
  assert.equal((await eventOf(copied))?.requestParameters?.['x-amz-copy-source'], '/traced/secret')
  const body = '<Delete><Object><Key>secret</Key></Object><Object><Key>b</Key></Object></Delete>'
  const deleted = await ask('POST', '/traced?delete', {}, { credentials, body })
  const { additionalEventData } = (await eventOf(deleted)) ?? {}
  assert.deepEqual(additionalEventData?.['refused'], ['secret'])
})

test('a source that is replaced while it is copied raises no alarm', async () => {
  await s3Succeeds(gateway, { method: 'PUT', target: '/racing' })
  const keyed = { 'x-amz-server-side-encryption': 'aws:kms' }
  await ask('PUT', '/racing/source', {}, { body: 'bytes' })
  for (let round = 0; round < 20; round += 1) {
    const copies = ['a', 'b', 'c'].map((key) =>
      ask('PUT', `/racing/${key}`, { ...keyed, 'x-amz-copy-source': '/racing/source' }),
    )
    await ask('PUT', '/racing/source', {}, { body: 'bytes' })
    for (const { status } of await Promise.all(copies)) assert.equal(status, 200)
  }
  assert.doesNotMatch(gateway.errors(), /INTEGRITY ALARM/)
})

test('DeleteObjects takes keys of the length that objects have, and is recorded', async () => {
  await s3Succeeds(gateway, { method: 'PUT', target: '/long-keys' })
  const document = (length: number): string => {
    const keys = Array.from({ length: 1000 }, (_, at) => String(at).padStart(length, '"'))
    return `<Delete>${keys.map((key) => `<Object><Key>${key}</Key></Object>`).join('')}</Delete>`
  }
  const longer = await ask('POST', '/long-keys?delete', {}, { body: document(1025) })
  assert.equal(longer.code, 'KeyTooLongError')
  const credentials = await someone({ Effect: 'Deny', Action: 's3:DeleteObject', Resource: '*' })
  for (const caller of [gateway.credentials, credentials]) {
    const reply = await ask('POST', '/long-keys?delete', {}, { body: document(1024), credentials: caller })
    assert.equal(reply.status, 200)
    const events = await eventsOf(reply)
    assert.ok(events.length > 1)
    assert.ok(events.every(({ eventName }) => eventName === 'DeleteObjects'))
    assert.equal(new Set(events.map(({ eventID }) => eventID)).size, events.length)
    const named = (member: string) =>
      events.flatMap(({ additionalEventData }) => additionalEventData?.[member])
    assert.equal(new Set(named('keys')).size, 1000)
    assert.equal(new Set(named('refused')).size, caller === credentials ? 1000 : 0)
  }
})
