/** Bucket policies of the S3 gateway: who they let in, also from other accounts, and which ones cannot be put. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { CreateKeyCommand } from '@aws-sdk/client-kms'
import { type Event, readEvents } from '../support/audit.ts'
import { allow, iamClient, newUser, policyText, type TestCredentials } from '../support/iam.ts'
import { kmsClient } from '../support/kms.ts'
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
const BUCKET = 'arn:aws:s3:::shared'
const OBJECTS = `${BUCKET}/*`

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
  await s3Succeeds(gateway, { method: 'PUT', target: '/shared' })
  await s3Succeeds(gateway, { method: 'PUT', target: '/shared/a', body: 'bytes' })
})

after(async () => {
  await gateway[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

const ask = (method: string, target: string, more: Partial<S3Ask> = {}): Promise<S3Reply> =>
  s3(gateway, { method, target, ...more })

function putPolicy(...statements: readonly object[]): Promise<S3Reply> {
  return ask('PUT', '/shared?policy', { body: policyText(...statements) })
}

async function withPolicy(...statements: readonly object[]): Promise<void> {
  const { status, body } = await putPolicy(...statements)
  assert.equal(status, 204, body.toString())
}

let users = 0

function someone(credentials: Credentials, ...statements: readonly object[]): Promise<TestCredentials> {
  users += 1
  const text = statements.length === 0 ? undefined : policyText(...statements)
  return newUser(iamClient({ ...server, credentials }), `user-${users}`, text)
}

const lastUser = (account = ACCOUNT): string => `arn:aws:iam::${account}:user/user-${users}`

async function eventsOf({ headers }: S3Reply): Promise<readonly Event[]> {
  return (await readEvents(server.data)).filter(({ requestID }) => requestID === headers['x-amz-request-id'])
}

test('a bucket policy is put, shown, and deleted', async () => {
  assert.equal((await ask('GET', '/shared?policy')).code, 'NoSuchBucketPolicy')
  assert.equal((await ask('GET', '/shared?policyStatus')).code, 'NoSuchBucketPolicy')
  const statement = {
    Sid: 'from the other',
    ...allow('s3:GetObject'),
    Principal: { AWS: OTHER },
    Resource: OBJECTS,
  }
  const put = await putPolicy(statement)
  assert.equal(put.status, 204)
  const [event] = await eventsOf(put)
  assert.equal(event?.eventName, 'PutBucketPolicy')
  assert.equal(event?.additionalEventData?.['bucketPolicy'], policyText(statement))
  const shown = await ask('GET', '/shared?policy')
  assert.equal(shown.headers['content-type'], 'application/json')
  assert.equal(shown.body.toString(), policyText(statement))
  assert.match((await ask('GET', '/shared?policyStatus')).body.toString(), /<IsPublic>FALSE</)
  assert.equal((await ask('DELETE', '/shared?policy')).status, 204)
  assert.equal((await ask('DELETE', '/shared?policy')).status, 204)
  assert.equal((await ask('GET', '/shared?policy')).code, 'NoSuchBucketPolicy')
})

test('in its own account, a bucket policy allows beside identity policies, and its denials hold', async () => {
  const credentials = await someone(server.credentials)
  const reads = { Principal: { AWS: lastUser() }, Action: 's3:GetObject', Resource: OBJECTS }
  assert.equal((await ask('GET', '/shared/a', { credentials })).code, 'AccessDenied')
  await withPolicy({ ...reads, Effect: 'Allow' })
  assert.equal((await ask('GET', '/shared/a', { credentials })).body.toString(), 'bytes')
  assert.equal((await ask('PUT', '/shared/a', { credentials })).code, 'AccessDenied')
  await withPolicy({ ...reads, Effect: 'Allow' }, { ...reads, Effect: 'Deny', Principal: '*' })
  const refused = await ask('GET', '/shared/a', { credentials })
  assert.match(refused.body.toString(), /with an explicit deny in a resource-based policy/)
  const [event] = await eventsOf(refused)
  assert.match(JSON.stringify(event?.additionalEventData), /resource/)
  assert.equal((await ask('GET', '/shared/a')).code, 'AccessDenied')
  await ask('DELETE', '/shared?policy')
})

test('the root user of the account cannot be locked out of the policy', async () => {
  await withPolicy({ Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: [BUCKET, OBJECTS] })
  assert.equal((await ask('GET', '/shared')).code, 'AccessDenied')
  const admin = await someone(server.credentials, allow('s3:*'))
  assert.equal((await ask('DELETE', '/shared?policy', { credentials: admin })).code, 'AccessDenied')
  assert.equal((await ask('GET', '/shared?policy')).status, 200)
  assert.equal((await ask('DELETE', '/shared?policy')).status, 204)
})

test('another account needs the policy of the bucket and its own, and the key policy too', async () => {
  const { KeyMetadata } = await kmsClient(server).send(
    new CreateKeyCommand({
      Policy: policyText(
        { Effect: 'Allow', Principal: { AWS: ACCOUNT }, Action: 'kms:*', Resource: '*' },
        {
          Effect: 'Allow',
          Principal: { AWS: OTHER },
          Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
          Resource: '*',
        },
      ),
    }),
  )
  const keyed = {
    'x-amz-server-side-encryption': 'aws:kms',
    'x-amz-server-side-encryption-aws-kms-key-id': KeyMetadata?.Arn ?? '',
  }
  await s3Succeeds(gateway, { method: 'PUT', target: '/shared/keyed', headers: keyed, body: 'secret' })
  assert.equal((await ask('GET', '/shared/keyed', { credentials: other })).code, 'AccessDenied')
  await withPolicy(
    {
      Effect: 'Allow',
      Principal: { AWS: OTHER },
      Action: ['s3:GetObject', 's3:PutObject'],
      Resource: OBJECTS,
    },
    { Effect: 'Allow', Principal: { AWS: OTHER }, Action: ['s3:ListBucket', 's3:*Policy'], Resource: BUCKET },
  )
  const read = await ask('GET', '/shared/keyed', { credentials: other })
  assert.equal(read.body.toString(), 'secret')
  const [own, copy] = await eventsOf(read)
  assert.deepEqual([own?.['recipientAccountId'], copy?.['recipientAccountId']].sort(), [ACCOUNT, OTHER])
  assert.equal(own?.['sharedEventID'], copy?.['sharedEventID'])
  const powerless = await someone(other)
  const refused = await ask('GET', '/shared/keyed', { credentials: powerless })
  assert.equal(refused.code, 'AccessDenied')
  const s3Only = await someone(other, allow('s3:*'))
  const withoutKey = await ask('GET', '/shared/keyed', { credentials: s3Only })
  assert.match(withoutKey.body.toString(), /kms:Decrypt/)
  const both = await someone(other, allow('s3:*', 'kms:*'))
  assert.equal((await ask('GET', '/shared/keyed', { credentials: both })).body.toString(), 'secret')
  assert.equal((await ask('PUT', '/shared/b', { credentials: both, headers: keyed, body: 'b' })).status, 200)
  assert.match((await ask('GET', '/shared', { credentials: both })).body.toString(), /<Key>b</)
  assert.equal((await ask('DELETE', '/shared/b', { credentials: both })).code, 'AccessDenied')
  // What is put belongs to the account of the bucket, and a policy is a matter of that account.
  assert.equal((await ask('GET', '/shared?policy', { credentials: both })).code, 'MethodNotAllowed')
  assert.equal((await ask('PUT', '/shared?policy', { credentials: other })).code, 'MethodNotAllowed')
  await ask('DELETE', '/shared?policy')
  assert.equal((await ask('GET', '/shared/keyed', { credentials: both })).code, 'AccessDenied')
})

test('conditions of a bucket policy see the request', async () => {
  const credentials = await someone(server.credentials, allow('kms:*'))
  const principal = { AWS: lastUser() }
  const denied = { Effect: 'Deny', Principal: '*', Action: 's3:PutObject', Resource: OBJECTS }
  await withPolicy(
    { Effect: 'Allow', Principal: principal, Action: 's3:PutObject', Resource: OBJECTS },
    { ...denied, Condition: { StringNotEquals: { 's3:x-amz-server-side-encryption': 'aws:kms' } } },
    {
      Effect: 'Allow',
      Principal: principal,
      Action: 's3:ListBucket',
      Resource: BUCKET,
      Condition: { StringEquals: { 's3:prefix': 'home/' }, NumericLessThanEquals: { 's3:max-keys': '10' } },
    },
  )
  const put = (headers: Readonly<Record<string, string>>) => ask('PUT', '/shared/c', { credentials, headers })
  assert.equal((await put({})).code, 'AccessDenied')
  assert.equal((await put({ 'x-amz-server-side-encryption': 'AES256' })).code, 'AccessDenied')
  assert.equal((await put({ 'x-amz-server-side-encryption': 'aws:kms' })).status, 200)
  assert.equal((await ask('GET', '/shared', { credentials })).code, 'AccessDenied')
  assert.equal((await ask('GET', '/shared?prefix=home/', { credentials })).code, 'AccessDenied')
  assert.equal((await ask('GET', '/shared?prefix=home/&max-keys=10', { credentials })).status, 200)
  assert.equal((await ask('GET', '/shared?prefix=home/&max-keys=11', { credentials })).code, 'AccessDenied')
  await withPolicy({ ...denied, Action: 's3:*', Condition: { Null: { 's3:TlsVersion': 'true' } } })
  assert.equal((await ask('GET', '/shared/a')).code, 'AccessDenied')
  await ask('DELETE', '/shared?policy')
})

test('a policy that grants access to the public cannot be put', async () => {
  const open = { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: OBJECTS }
  const refused = await putPolicy(open)
  assert.deepEqual([refused.status, refused.code], [403, 'AccessDenied'])
  assert.match(refused.body.toString(), /BlockPublicPolicy/)
  assert.equal((await eventsOf(refused))[0]?.errorCode, 'AccessDenied')
  const limited = { ...open, Condition: { IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } } }
  assert.equal((await putPolicy(limited)).status, 204)
  await ask('DELETE', '/shared?policy')
  const block = await ask('GET', '/shared?publicAccessBlock')
  assert.equal(block.body.toString().match(/>true</g)?.length, 4)
  const body = block.body.toString()
  assert.equal((await ask('PUT', '/shared?publicAccessBlock', { body })).status, 200)
  const less = body.replace('true', 'false')
  assert.equal((await ask('PUT', '/shared?publicAccessBlock', { body: less })).code, 'NotImplemented')
  assert.equal((await ask('DELETE', '/shared?publicAccessBlock')).code, 'NotImplemented')
})

const STATEMENT = { Effect: 'Allow', Principal: { AWS: OTHER }, Action: 's3:GetObject', Resource: OBJECTS }

const MALFORMED: readonly (readonly [string, object, RegExp])[] = [
  ['an action of another service', { Action: 'kms:Decrypt' }, /Policy has invalid action/],
  ['another bucket', { Resource: 'arn:aws:s3:::other/*' }, /Policy has invalid resource/],
  ['all resources', { Resource: '*' }, /Policy has invalid resource/],
  ['a bucket whose name begins with this one', { Resource: 'arn:aws:s3:::shared-too/*' }, /invalid resource/],
  [
    'a principal that does not exist',
    { Principal: { AWS: `arn:aws:iam::${ACCOUNT}:user/nobody` } },
    /Invalid principal/,
  ],
  ['an account that does not exist', { Principal: { AWS: '999999999999' } }, /Invalid principal/],
  ['no principal', { Principal: undefined }, /Missing required field Principal/],
  ['an unknown element', { Other: 'x' }, /unknown element/],
]

for (const [what, change, text] of MALFORMED) {
  test(`a malformed bucket policy is refused: ${what}`, async () => {
    const refused = await putPolicy({ ...STATEMENT, ...change })
    assert.deepEqual([refused.status, refused.code], [400, 'MalformedPolicy'])
    assert.match(refused.body.toString(), text)
  })
}

test('a bucket policy that is too large, or no JSON, is refused', async () => {
  const large = await putPolicy({ ...STATEMENT, Sid: 'x'.repeat(20_480) })
  assert.equal(large.code, 'PolicyTooLarge')
  assert.equal((await ask('PUT', '/shared?policy', { body: 'policy' })).code, 'MalformedPolicy')
})
