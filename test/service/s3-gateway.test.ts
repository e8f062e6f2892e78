/** The S3 gateway beside a server on one data folder: permissions, keys, audit events, hostile requests. */

import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { crc32 } from 'node:zlib'
import { CreateKeyCommand, DisableKeyCommand, EnableKeyCommand } from '@aws-sdk/client-kms'
import { type Event, readEvents } from '../support/audit.ts'
import { allow, iamClient, newUser, policyText, type TestCredentials } from '../support/iam.ts'
import { kmsClient } from '../support/kms.ts'
import {
  type S3Ask,
  type S3Reply,
  s3,
  s3Succeeds,
  startGateway,
  type TestGateway,
} from '../support/s3-gateway.ts'
import { startServer, type TestServer } from '../support/server.ts'

const ACCOUNT = '000000000000'
/** The stated bound on how long a bucket key serves a requester, and some time for the calls. */
const REVOKED_WITHIN_MS = 5_500

let server: TestServer
let gateway: TestGateway
let keyArn: string

before(async () => {
  server = await startServer()
  gateway = await startGateway(server)
  const { KeyMetadata } = await kmsClient(server).send(new CreateKeyCommand({}))
  keyArn = KeyMetadata?.Arn ?? ''
  await s3Succeeds(gateway, { method: 'PUT', target: '/photos' })
})

after(async () => {
  await gateway[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

const NO_TAGS = '<Tagging><TagSet></TagSet></Tagging>'
const KMS = { 'x-amz-server-side-encryption': 'aws:kms' }

function underKey(bucketKey = false): Readonly<Record<string, string>> {
  return {
    ...KMS,
    'x-amz-server-side-encryption-aws-kms-key-id': keyArn,
    ...(bucketKey && { 'x-amz-server-side-encryption-bucket-key-enabled': 'true' }),
  }
}

function put(key: string, body: Buffer | string, headers = {}, more: Partial<S3Ask> = {}): Promise<S3Reply> {
  return s3(gateway, { method: 'PUT', target: `/photos/${key}`, headers, body, ...more })
}

function get(key: string, more: Partial<S3Ask> = {}): Promise<S3Reply> {
  return s3(gateway, { method: 'GET', target: `/photos/${key}`, ...more })
}

/** Events of a reply's request, in the log of the gateway. */
async function eventsOf({ headers }: S3Reply): Promise<readonly Event[]> {
  return (await readEvents(server.data)).filter(({ requestID }) => requestID === headers['x-amz-request-id'])
}

async function storedFiles(): Promise<readonly string[]> {
  const names = await readdir(gateway.folder, { recursive: true })
  return names.filter((name) => /[0-9a-f]{32}$/.test(name))
}

test('an object under a KMS key comes back as it was, and shows its key', async () => {
  const body = randomBytes(200_000)
  const stored = await put('one', body, underKey())
  assert.equal(stored.status, 200)
  assert.equal(stored.headers['x-amz-server-side-encryption-aws-kms-key-id'], keyArn)
  const md5 = createHash('md5').update(body).digest('hex')
  assert.match(stored.headers.etag ?? '', /^"[0-9a-f]{32}"$/)
  assert.notEqual(stored.headers.etag, `"${md5}"`)
  const found = await get('one')
  assert.ok(found.body.equals(body))
  assert.equal(found.headers['x-amz-server-side-encryption'], 'aws:kms')
  const managed = await put('two', body)
  assert.equal(managed.headers['x-amz-server-side-encryption'], 'AES256')
  assert.equal(managed.headers.etag, `"${md5}"`)
})

test('KMS is called as the caller, by way of S3, with the ARN of the object as context', async () => {
  const key = 'with%20space/\u00e9%2B'.replace('\u00e9', '%C3%A9')
  assert.equal((await put(key, 'x', underKey())).status, 200)
  assert.equal((await get(key)).body.toString(), 'x')
  const events = (await readEvents(server.data)).filter(
    ({ eventName, requestParameters }) =>
      (eventName === 'GenerateDataKey' || eventName === 'Decrypt') &&
      JSON.stringify(requestParameters?.['encryptionContext']).includes('arn:aws:s3:::photos/with space/é+'),
  )
  assert.deepEqual(
    events.map(({ eventName }) => eventName),
    ['GenerateDataKey', 'Decrypt'],
  )
  for (const event of events) {
    assert.equal(event['sourceIPAddress'], 's3.amazonaws.com')
    assert.equal(JSON.parse(JSON.stringify(event.userIdentity)).invokedBy, 's3.amazonaws.com')
    assert.equal(event.userIdentity.arn, `arn:aws:iam::${ACCOUNT}:root`)
  }
})

test('a call on an object is a data event of S3, and a refused one too', async () => {
  const [event, ...others] = await eventsOf(await put('audited', 'x'))
  assert.deepEqual(others, [])
  assert.equal(event?.['eventSource'], 's3.amazonaws.com')
  assert.equal(event?.['eventCategory'], 'Data')
  assert.equal(event?.['managementEvent'], false)
  assert.equal(event?.readOnly, false)
  assert.deepEqual(event?.requestParameters, { bucketName: 'photos', key: 'audited' })
  assert.deepEqual(event?.resources?.map(({ ARN }) => ARN).sort(), [
    'arn:aws:s3:::photos',
    'arn:aws:s3:::photos/audited',
  ])
  const [created] = (await readEvents(server.data)).filter(({ eventName }) => eventName === 'CreateBucket')
  assert.equal(created?.['eventCategory'], 'Management')
  const refused = await get('audited', { credentials: await someone('nobody') })
  assert.equal(refused.code, 'AccessDenied')
  const [denied] = await eventsOf(refused)
  assert.equal(denied?.errorCode, 'AccessDenied')
  assert.match(denied?.errorMessage ?? '', /is not authorized to perform: s3:GetObject on resource/)
  const unsigned = await s3(gateway, {
    method: 'GET',
    target: '/photos/audited',
    tamper: (headers) => void headers.splice(headers.indexOf('authorization'), 2),
  })
  assert.equal(unsigned.code, 'AccessDenied')
  assert.equal((await eventsOf(unsigned))[0]?.errorCode, 'AccessDenied')
})

let users = 0

function someone(name: string, ...statements: readonly object[]): Promise<TestCredentials> {
  users += 1
  return newUser(
    iamClient(server),
    `${name}-${users}`,
    statements.length === 0 ? undefined : policyText(...statements),
  )
}

test('without a permission of KMS nothing is stored, and nothing is read', async () => {
  const credentials = await someone('no-kms', allow('s3:*'))
  const before = await storedFiles()
  const refused = await put('no-kms', randomBytes(100_000), underKey(), { credentials })
  assert.equal(refused.code, 'AccessDenied')
  assert.match(refused.body.toString(), /is not authorized to perform: kms:GenerateDataKey on resource/)
  assert.deepEqual(await storedFiles(), before)
  await put('for-root', 'x', underKey())
  const read = await get('for-root', { credentials })
  assert.equal(read.status, 403)
  assert.match(read.body.toString(), /kms:Decrypt/)
  // The AWS managed key admits everybody of the account who comes by way of S3.
  assert.equal((await put('managed', 'x', KMS, { credentials })).status, 200)
  assert.equal((await get('managed', { credentials })).status, 200)
})

test('each operation asks for its own permission', async () => {
  const expected: readonly (readonly [S3Ask, string])[] = [
    [{ method: 'GET', target: '/' }, 's3:ListAllMyBuckets'],
    [{ method: 'PUT', target: '/another' }, 's3:CreateBucket'],
    [{ method: 'DELETE', target: '/photos' }, 's3:DeleteBucket'],
    [{ method: 'GET', target: '/photos?location' }, 's3:GetBucketLocation'],
    [{ method: 'GET', target: '/photos?versioning' }, 's3:GetBucketVersioning'],
    [{ method: 'GET', target: '/photos?encryption' }, 's3:GetEncryptionConfiguration'],
    [{ method: 'PUT', target: '/photos?encryption' }, 's3:PutEncryptionConfiguration'],
    [{ method: 'DELETE', target: '/photos?encryption' }, 's3:PutEncryptionConfiguration'],
    [{ method: 'PUT', target: '/photos?versioning' }, 's3:PutBucketVersioning'],
    [{ method: 'GET', target: '/photos?versions' }, 's3:ListBucketVersions'],
    [{ method: 'GET', target: '/photos?tagging' }, 's3:GetBucketTagging'],
    [{ method: 'PUT', target: '/photos?tagging' }, 's3:PutBucketTagging'],
    [{ method: 'DELETE', target: '/photos?tagging' }, 's3:PutBucketTagging'],
    [{ method: 'GET', target: '/photos/one?versionId=null' }, 's3:GetObjectVersion'],
    [{ method: 'DELETE', target: '/photos/one?versionId=null' }, 's3:DeleteObjectVersion'],
    [{ method: 'GET', target: '/photos/one?tagging' }, 's3:GetObjectTagging'],
    [{ method: 'GET', target: '/photos/one?tagging&versionId=null' }, 's3:GetObjectVersionTagging'],
    [{ method: 'PUT', target: '/photos/one?tagging', body: NO_TAGS }, 's3:PutObjectTagging'],
    [
      { method: 'PUT', target: '/photos/one?tagging&versionId=null', body: NO_TAGS },
      's3:PutObjectVersionTagging',
    ],
    [{ method: 'DELETE', target: '/photos/one?tagging' }, 's3:DeleteObjectTagging'],
    [{ method: 'DELETE', target: '/photos/one?tagging&versionId=null' }, 's3:DeleteObjectVersionTagging'],
    [{ method: 'GET', target: '/photos?cors' }, 's3:GetBucketCORS'],
    [{ method: 'PUT', target: '/photos?cors' }, 's3:PutBucketCORS'],
    [{ method: 'DELETE', target: '/photos?cors' }, 's3:PutBucketCORS'],
    [{ method: 'GET', target: '/photos?policy' }, 's3:GetBucketPolicy'],
    [{ method: 'PUT', target: '/photos?policy' }, 's3:PutBucketPolicy'],
    [{ method: 'DELETE', target: '/photos?policy' }, 's3:DeleteBucketPolicy'],
    [{ method: 'GET', target: '/photos?policyStatus' }, 's3:GetBucketPolicyStatus'],
    [{ method: 'GET', target: '/photos?publicAccessBlock' }, 's3:GetBucketPublicAccessBlock'],
    [{ method: 'PUT', target: '/photos?publicAccessBlock' }, 's3:PutBucketPublicAccessBlock'],
    [{ method: 'GET', target: '/photos?uploads' }, 's3:ListBucketMultipartUploads'],
    [{ method: 'GET', target: '/photos' }, 's3:ListBucket'],
    [{ method: 'GET', target: '/photos?list-type=2' }, 's3:ListBucket'],
    [{ method: 'GET', target: '/photos/one' }, 's3:GetObject'],
    [{ method: 'PUT', target: '/photos/one' }, 's3:PutObject'],
    [{ method: 'DELETE', target: '/photos/one' }, 's3:DeleteObject'],
    [{ method: 'POST', target: '/photos/one?uploads' }, 's3:PutObject'],
    [{ method: 'PUT', target: '/photos/one?partNumber=1&uploadId=x' }, 's3:PutObject'],
    [{ method: 'POST', target: '/photos/one?uploadId=x' }, 's3:PutObject'],
    [{ method: 'GET', target: '/photos/one?uploadId=x' }, 's3:ListMultipartUploadParts'],
    [{ method: 'DELETE', target: '/photos/one?uploadId=x' }, 's3:AbortMultipartUpload'],
    [
      { method: 'PUT', target: '/photos/two', headers: { 'x-amz-copy-source': '/photos/one' } },
      's3:PutObject',
    ],
  ]
  const credentials = await someone('powerless', allow('iam:*'))
  for (const [ask, action] of expected) {
    const reply = await s3(gateway, { ...ask, credentials })
    assert.equal(reply.code, 'AccessDenied', `${ask.method} ${ask.target}`)
    assert.match(
      reply.body.toString(),
      new RegExp(`perform: ${action} on resource`),
      `${ask.method} ${ask.target}`,
    )
  }
  const body = '<Delete><Object><Key>one</Key></Object></Delete>'
  const many = await s3(gateway, { method: 'POST', target: '/photos?delete', body, credentials })
  assert.match(many.body.toString(), /<Error><Key>one<\/Key><Code>AccessDenied/)
  const writer = await someone('writer', allow('s3:PutObject'))
  const headers = { 'x-amz-copy-source': '/photos/one' }
  const copied = await s3(gateway, { method: 'PUT', target: '/photos/c', headers, credentials: writer })
  assert.match(copied.body.toString(), /s3:GetObject/)
  // Who may not list does not learn which keys there are.
  const reader = await someone('reader', allow('s3:GetObject'))
  assert.equal((await get('absent', { credentials: reader })).code, 'AccessDenied')
  assert.equal((await get('absent')).code, 'NoSuchKey')
})

test('conditions of policies see how an object is encrypted', async () => {
  const credentials = await someone('encrypts', allow('kms:*'), {
    Effect: 'Allow',
    Action: 's3:PutObject',
    Resource: 'arn:aws:s3:::photos/*',
    Condition: { StringEquals: { 's3:x-amz-server-side-encryption': 'aws:kms' } },
  })
  assert.equal((await put('plain', 'x', {}, { credentials })).code, 'AccessDenied')
  assert.equal((await put('keyed', 'x', underKey(), { credentials })).status, 200)
})

test('a disabled key stops reads and writes: at once, and with a bucket key within 5 seconds', async () => {
  const kms = kmsClient(server)
  await put('direct', 'x', underKey())
  await put('bucket-key', 'x', underKey(true))
  assert.equal((await get('bucket-key')).headers['x-amz-server-side-encryption-bucket-key-enabled'], 'true')
  await kms.send(new DisableKeyCommand({ KeyId: keyArn }))
  try {
    const refused = await get('direct')
    assert.equal(refused.code, 'KMS.DisabledException')
    assert.match(refused.body.toString(), /is disabled\./)
    assert.equal((await put('direct', 'y', underKey())).code, 'KMS.DisabledException')
    const began = performance.now()
    while ((await get('bucket-key')).status === 200) {
      assert.ok(performance.now() - began < REVOKED_WITHIN_MS, 'reads go on')
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
    assert.equal((await get('bucket-key')).code, 'KMS.DisabledException')
    assert.equal((await put('bucket-key', 'y', underKey(true))).code, 'KMS.DisabledException')
  } finally {
    await kms.send(new EnableKeyCommand({ KeyId: keyArn }))
  }
  assert.equal((await get('direct')).body.toString(), 'x')
})

test('a bucket key of one requester does not serve another', async () => {
  await put('shared', 'x', underKey(true))
  assert.equal((await get('shared')).status, 200)
  const credentials = await someone('no-decrypt', allow('s3:GetObject'))
  assert.match((await get('shared', { credentials })).body.toString(), /kms:Decrypt/)
})

test('errors of keys have the codes of S3', async () => {
  const id = 'x-amz-server-side-encryption-aws-kms-key-id'
  const absent = keyArn.replace(/[^/]+$/, '00000000-0000-4000-8000-000000000000')
  assert.equal((await put('e', 'x', { ...KMS, [id]: absent })).code, 'KMS.NotFoundException')
  assert.equal((await put('e', 'x', { ...KMS, [id]: 'alias/absent' })).code, 'KMS.NotFoundException')
  assert.equal((await put('e', 'x', { [id]: keyArn })).code, 'InvalidArgument')
  const context = 'x-amz-server-side-encryption-context'
  assert.equal((await put('e', 'x', { ...underKey(), [context]: 'bm8=' })).code, 'InvalidArgument')
  const given = Buffer.from('{"team":"a"}').toString('base64')
  assert.equal((await put('e', 'x', { ...underKey(), [context]: given })).status, 200)
  assert.equal((await get('e')).body.toString(), 'x')
  assert.equal((await get('e', { headers: KMS })).code, 'InvalidArgument')
})

test('what is not offered is refused and not ignored', async () => {
  const asks: readonly S3Ask[] = [
    { method: 'GET', target: '/photos?acl' },
    { method: 'PUT', target: '/photos/one?versionId=1' },
    { method: 'GET', target: '/photos/one?versionId=1&uploadId=x' },
    { method: 'GET', target: '/photos/one?partNumber=1' },
    { method: 'PUT', target: '/photos/x', headers: { 'x-amz-acl': 'public-read' } },
    { method: 'PUT', target: '/photos/x', headers: { 'x-amz-storage-class': 'GLACIER' } },
    { method: 'PUT', target: '/photos/x', headers: { 'x-amz-object-lock-mode': 'COMPLIANCE' } },
    { method: 'PUT', target: '/photos/x', payload: 'STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD' },
  ]
  for (const ask of asks) {
    const reply = await s3(gateway, ask)
    assert.deepEqual([reply.status, reply.code], [501, 'NotImplemented'], `${ask.method} ${ask.target}`)
  }
  assert.equal((await get('x')).code, 'NoSuchKey')
})

test('a body that is not what was announced is not stored', async () => {
  const body = 'hello'
  const right = { md5: createHash('md5').update(body).digest('base64'), crc32: Buffer.alloc(4) }
  right.crc32.writeUInt32BE(crc32(body))
  const checksum = right.crc32.toString('base64')
  assert.equal(
    (await put('sum', body, { 'content-md5': right.md5, 'x-amz-checksum-crc32': checksum })).status,
    200,
  )
  const head = { 'x-amz-checksum-mode': 'ENABLED' }
  assert.equal((await get('sum', { headers: head })).headers['x-amz-checksum-crc32'], checksum)
  const wrong: readonly (readonly [Readonly<Record<string, string>>, Partial<S3Ask>, string])[] = [
    [{ 'content-md5': createHash('md5').update('other').digest('base64') }, {}, 'BadDigest'],
    [{ 'content-md5': 'xyz' }, {}, 'InvalidDigest'],
    [{ 'x-amz-checksum-crc32': 'AAAAAA==' }, {}, 'BadDigest'],
    [{ 'x-amz-checksum-crc32': checksum, 'x-amz-checksum-sha1': 'x' }, {}, 'InvalidRequest'],
    [{}, { payload: createHash('sha256').update('other').digest('hex') }, 'XAmzContentSHA256Mismatch'],
    [{}, { payload: 'nothing' }, 'InvalidArgument'],
  ]
  const before = await storedFiles()
  for (const [headers, more, code] of wrong) {
    assert.equal((await put('unsound', body, headers, more)).code, code, JSON.stringify(headers))
  }
  assert.equal((await get('unsound')).code, 'NoSuchKey')
  assert.deepEqual(await storedFiles(), before)
})

test('a chunked body with a trailer is stored without its framing', async () => {
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32('hello world'))
  const trailer = `x-amz-checksum-crc32:${sum.toString('base64')}`
  const chunked = (last: string): string => `5\r\nhello\r\n6\r\n world\r\n0\r\n${last}\r\n\r\n`
  const more = { payload: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' }
  const headers = (length: number) => ({
    'content-encoding': 'aws-chunked,gzip',
    'x-amz-decoded-content-length': String(length),
    'x-amz-trailer': 'x-amz-checksum-crc32',
  })
  assert.equal((await put('chunked', chunked(trailer), headers(11), more)).status, 200)
  const found = await get('chunked')
  assert.equal(found.body.toString(), 'hello world')
  assert.equal(found.headers['content-encoding'], 'gzip')
  const wrong = `x-amz-checksum-crc32:${Buffer.alloc(4).toString('base64')}`
  assert.equal((await put('chunked2', chunked(wrong), headers(11), more)).code, 'BadDigest')
  assert.equal((await put('chunked2', chunked(trailer), headers(10), more)).code, 'IncompleteBody')
  assert.equal((await put('chunked2', chunked(trailer), headers(12), more)).code, 'IncompleteBody')
  assert.equal((await put('chunked2', '5\r\nhello\r\n0\r\n\r\n', headers(5), more)).code, 'InvalidRequest')
  assert.equal((await get('chunked2')).code, 'NoSuchKey')
})

test('keys that look like paths are keys and no paths', async () => {
  const keys = [
    '..%2F..%2Fetc%2Fpasswd',
    '../up',
    './here',
    'a//b',
    '%2e%2e/%2e%2e',
    'e%CC%81',
    '%C3%A9',
    'a/',
    '%7F',
    '%20',
  ]
  for (const [index, key] of keys.entries()) {
    assert.equal((await put(key, `body ${index}`)).status, 200, key)
  }
  for (const [index, key] of keys.entries())
    assert.equal((await get(key)).body.toString(), `body ${index}`, key)
  const listed = await s3Succeeds(gateway, { method: 'GET', target: '/photos?list-type=2&encoding-type=url' })
  assert.match(listed.body.toString(), /<Key>\.\.\/\.\.\/etc\/passwd<\/Key>/)
  const names = await readdir(join(gateway.folder, 'objects'), { recursive: true })
  assert.ok(names.every((name) => /^[0-9a-f]{2}(?:\/[0-9a-f]{32})?$/.test(name)))
  assert.equal((await put('%ff', 'x')).code, 'InvalidURI')
  assert.equal((await put('a%00b', 'x')).code, 'InvalidURI')
  assert.equal((await put('k'.repeat(1024), 'x')).status, 200)
  assert.equal((await put('k'.repeat(1025), 'x')).code, 'KeyTooLongError')
})

test('headers that are repeated, not signed, or too large are refused', async () => {
  const repeated = await put(
    'r',
    'x',
    {},
    { tamper: (headers) => void headers.push('Content-Type', 'a', 'Content-Type', 'b') },
  )
  assert.equal(repeated.code, 'InvalidRequest')
  const unsigned = await put('r', 'x', {}, { tamper: (headers) => void headers.push('x-amz-meta-a', 'b') })
  assert.equal(unsigned.code, 'SignatureDoesNotMatch')
  assert.equal((await put('r', 'x', { 'x-amz-meta-a': 'v'.repeat(3000) })).code, 'MetadataTooLarge')
  assert.equal((await s3(gateway, { method: 'GET', target: '/photos/one?a=1&a=2' })).code, 'InvalidArgument')
  const other = await get('one', { region: 'us-east-1' })
  assert.equal(other.code, 'AuthorizationHeaderMalformed')
  assert.equal(other.headers['x-amz-bucket-region'], 'eu-west-1')
  const kept = await put('meta', 'x', { 'x-amz-meta-Name': 'Value ', 'content-type': 'text/plain' })
  assert.equal(kept.status, 200)
  const found = await get('meta')
  assert.equal(found.headers['x-amz-meta-name'], 'Value')
  assert.equal(found.headers['content-type'], 'text/plain')
})

test('writes with conditions, ranges and conditional reads', async () => {
  assert.equal((await put('c', 'first', { 'if-none-match': '*' })).status, 200)
  assert.equal((await put('c', 'second', { 'if-none-match': '*' })).code, 'PreconditionFailed')
  const etag = (await get('c')).headers.etag ?? ''
  assert.equal((await put('c', 'third', { 'if-match': '"other"' })).code, 'PreconditionFailed')
  assert.equal((await put('c', 'third', { 'if-match': etag })).status, 200)
  const now = await get('c')
  assert.equal((await get('c', { headers: { 'if-none-match': now.headers.etag ?? '' } })).status, 304)
  assert.equal((await get('c', { headers: { 'if-match': etag } })).status, 412)
  const range = await get('c', { headers: { range: 'bytes=1-2' } })
  assert.deepEqual(
    [range.status, range.body.toString(), range.headers['content-range']],
    [206, 'hi', 'bytes 1-2/5'],
  )
  assert.equal((await get('c', { headers: { range: 'bytes=-2' } })).body.toString(), 'rd')
  assert.equal((await get('c', { headers: { range: 'bytes=9-' } })).code, 'InvalidRange')
  const all = await Promise.all(
    Array.from({ length: 8 }, (_, index) => put('race', `writer ${index}`, { 'if-none-match': '*' })),
  )
  assert.equal(all.filter(({ status }) => status === 200).length, 1)
})

test('lists have pages, prefixes and delimiters', async () => {
  await s3Succeeds(gateway, { method: 'PUT', target: '/lists' })
  const keys = ['a', 'b/1', 'b/2', 'b0', 'c/d/1', 'c/d/2', 'e']
  for (const key of keys) await s3Succeeds(gateway, { method: 'PUT', target: `/lists/${key}`, body: 'x' })
  const pages = async (query: string): Promise<readonly string[]> => {
    const found: string[] = []
    let token = ''
    do {
      const target = `/lists?list-type=2&${query}${token === '' ? '' : `&continuation-token=${token}`}`
      const text = (await s3Succeeds(gateway, { method: 'GET', target })).body.toString()
      found.push(
        [...text.matchAll(/<(?:Key|Prefix)>([^<]+)<\/(?:Key|Prefix)>/g)].map(([, name]) => name).join(' '),
      )
      token = /<NextContinuationToken>([^<]+)</.exec(text)?.[1] ?? ''
    } while (token !== '')
    return found
  }
  assert.deepEqual(await pages('max-keys=3'), ['a b/1 b/2', 'b0 c/d/1 c/d/2', 'e'])
  assert.deepEqual(await pages('delimiter=/&max-keys=2'), ['a b/', 'b0 c/', 'e'])
  assert.deepEqual(await pages('delimiter=/&prefix=c/'), ['c/ c/d/'])
  assert.deepEqual(await pages('start-after=c/d/1'), ['c/d/2 e'])
  const first = await s3Succeeds(gateway, { method: 'GET', target: '/lists?max-keys=2&delimiter=/' })
  const marker = /<NextMarker>([^<]+)</.exec(first.body.toString())?.[1]
  assert.equal(marker, 'b/')
  const second = await s3Succeeds(gateway, { method: 'GET', target: `/lists?delimiter=/&marker=${marker}` })
  assert.deepEqual(
    [...second.body.toString().matchAll(/<Key>([^<]+)</g)].map(([, key]) => key),
    ['b0', 'e'],
  )
  assert.equal((await s3(gateway, { method: 'DELETE', target: '/lists' })).code, 'BucketNotEmpty')
  const body = `<Delete>${keys.map((key) => `<Object><Key>${key}</Key></Object>`).join('')}</Delete>`
  await s3Succeeds(gateway, { method: 'POST', target: '/lists?delete', body })
  await s3Succeeds(gateway, { method: 'DELETE', target: '/lists' })
  assert.equal((await s3(gateway, { method: 'GET', target: '/lists' })).code, 'NoSuchBucket')
})

test('a multipart upload becomes an object of its parts, and leaves nothing of the others', async () => {
  const target = '/photos/multi'
  const begun = await s3Succeeds(gateway, {
    method: 'POST',
    target: `${target}?uploads`,
    headers: underKey(),
  })
  const id = /<UploadId>([^<]+)</.exec(begun.body.toString())?.[1] ?? ''
  const bytes = [randomBytes(5_242_880), randomBytes(70_000), randomBytes(10)]
  const etags = new Map<number, string>()
  for (const [index, body] of bytes.entries()) {
    const part = `${target}?partNumber=${index + 1}&uploadId=${id}`
    etags.set(
      index + 1,
      (await s3Succeeds(gateway, { method: 'PUT', target: part, body })).headers.etag ?? '',
    )
  }
  const complete = (parts: readonly number[], change = ''): Promise<S3Reply> =>
    s3(gateway, {
      method: 'POST',
      target: `${target}?uploadId=${id}`,
      body: `<CompleteMultipartUpload>${parts
        .map(
          (part) => `<Part><PartNumber>${part}</PartNumber><ETag>${etags.get(part)}${change}</ETag></Part>`,
        )
        .join('')}</CompleteMultipartUpload>`,
    })
  assert.equal((await complete([2, 1])).code, 'InvalidPartOrder')
  assert.equal((await complete([1], 'x')).code, 'InvalidPart')
  assert.equal((await complete([2, 3])).code, 'EntityTooSmall')
  const listed = await s3Succeeds(gateway, { method: 'GET', target: `${target}?uploadId=${id}&max-parts=2` })
  assert.match(listed.body.toString(), /<IsTruncated>true<\/IsTruncated>.*<PartNumber>2</s)
  const done = await complete([1, 2])
  assert.match(done.body.toString(), /<ETag>&quot;[0-9a-f]{32}-2&quot;<\/ETag>/)
  const found = await get('multi', { headers: { range: 'bytes=5242870-5242890' } })
  assert.ok(found.body.equals(Buffer.concat(bytes.slice(0, 2)).subarray(5_242_870, 5_242_891)))
  assert.ok((await get('multi')).body.equals(Buffer.concat(bytes.slice(0, 2))))
  assert.equal((await complete([1, 2])).code, 'NoSuchUpload')
  const uploads = await s3Succeeds(gateway, { method: 'GET', target: '/photos?uploads' })
  assert.doesNotMatch(uploads.body.toString(), /<Upload>/)
})

test('an object is copied to another key, and onto itself only to change something', async () => {
  await put('source', 'copied', { 'x-amz-meta-a': 'b' })
  const copy = (key: string, headers: Readonly<Record<string, string>>): Promise<S3Reply> =>
    s3(gateway, {
      method: 'PUT',
      target: `/photos/${key}`,
      headers: { 'x-amz-copy-source': 'photos/source', ...headers },
    })
  assert.equal((await copy('source', {})).code, 'InvalidRequest')
  assert.equal((await copy('source', underKey())).status, 200)
  const changed = await get('source')
  assert.equal(changed.headers['x-amz-server-side-encryption-aws-kms-key-id'], keyArn)
  assert.equal(changed.headers['x-amz-meta-a'], 'b')
  assert.equal((await copy('target', {})).status, 200)
  const target = await get('target')
  assert.equal(target.body.toString(), 'copied')
  // The encryption of the source is not inherited.
  assert.equal(target.headers['x-amz-server-side-encryption'], 'AES256')
})

test('objects survive a stop and a kill, and a folder is served by one process', async () => {
  await put('kept', 'still here', underKey())
  await assert.rejects(startGateway(server), /is served by another process/)
  await gateway.kill()
  gateway = await startGateway(server)
  assert.equal((await get('kept')).body.toString(), 'still here')
  assert.deepEqual(await readdir(join(gateway.folder, 'incoming')), [])
  assert.equal(await gateway.stop(), 0)
  gateway = await startGateway(server)
  assert.equal((await get('kept')).body.toString(), 'still here')
})
