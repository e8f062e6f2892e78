/** Uploads by forms of pages (POST Object) to the S3 gateway. */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { DeleteAccessKeyCommand } from '@aws-sdk/client-iam'
import { CreateKeyCommand } from '@aws-sdk/client-kms'
import { hmacSha256Hex } from '../../src/crypto/hmac.ts'
import { deriveSigningKey } from '../../src/sigv4/signing-key.ts'
import { readEvents } from '../support/audit.ts'
import { allow, iamClient, newUser, policyText, type TestCredentials } from '../support/iam.ts'
import { kmsClient, REGION } from '../support/kms.ts'
import { type S3Reply, s3, s3Succeeds, startGateway, type TestGateway } from '../support/s3-gateway.ts'
import { startServer, type TestServer } from '../support/server.ts'

const BOUNDARY = '----WebKitFormBoundary7MA4YWxkTrZu0gW'
const BUCKET = 'forms'

let server: TestServer
let gateway: TestGateway
let keyArn: string

before(async () => {
  server = await startServer()
  gateway = await startGateway(server)
  const { KeyMetadata } = await kmsClient(server).send(new CreateKeyCommand({}))
  keyArn = KeyMetadata?.Arn ?? ''
  await s3Succeeds(gateway, { method: 'PUT', target: `/${BUCKET}` })
})

after(async () => {
  await gateway[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

type Fields = Readonly<Record<string, string>>

type Form = {
  readonly fields?: Fields
  /** Conditions beside those for each field. */
  readonly conditions?: readonly unknown[]
  readonly file?: Buffer | string
  readonly expiration?: string
  readonly credentials?: TestCredentials
  /** Fields that change after the policy was signed; nothing for one that is left out. */
  readonly changed?: Readonly<Record<string, string | undefined>>
  readonly region?: string
  readonly date?: Date
  readonly bucket?: string
}

/** The fields of a form, with its signed policy. */
function signedFields(form: Form): Record<string, string> {
  const credentials: TestCredentials = form.credentials ?? gateway.credentials
  const amzDate = (form.date ?? new Date()).toISOString().replace(/[-:]|\.\d{3}/g, '')
  const scope = { date: amzDate.slice(0, 8), region: form.region ?? REGION, service: 's3' }
  const fields: Record<string, string> = {
    ...form.fields,
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${credentials.accessKeyId}/${scope.date}/${scope.region}/s3/aws4_request`,
    'X-Amz-Date': amzDate,
  }
  const { key, ...exact } = fields
  const conditions = [
    { bucket: BUCKET },
    ...(key === undefined ? [] : [['starts-with', '$key', 'user/']]),
    ...Object.entries(exact).map(([name, value]) => ({ [name]: value })),
    ...(form.conditions ?? []),
  ]
  const expiration = form.expiration ?? new Date(Date.now() + 600_000).toISOString()
  const policy = Buffer.from(JSON.stringify({ expiration, conditions })).toString('base64')
  fields['policy'] = policy
  fields['x-amz-signature'] = hmacSha256Hex(deriveSigningKey(credentials.secretAccessKey, scope), policy)
  for (const [name, value] of Object.entries(form.changed ?? {})) {
    if (value === undefined) delete fields[name]
    else fields[name] = value
  }
  return fields
}

async function post(form: Form): Promise<S3Reply> {
  const parts = Object.entries(signedFields(form)).map(
    ([name, value]) => `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  )
  const head = `${parts.join('')}--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a b.txt"\r\nContent-Type: text/plain\r\n\r\n`
  const body = Buffer.concat([
    Buffer.from(head),
    Buffer.from(form.file ?? 'content'),
    Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
  ])
  return s3(gateway, {
    method: 'POST',
    target: `/${form.bucket ?? BUCKET}`,
    headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` },
    body,
    tamper: (sent) => void sent.splice(sent.indexOf('authorization'), 2),
  })
}

const get = (key: string): Promise<S3Reply> => s3(gateway, { method: 'GET', target: `/${BUCKET}/${key}` })

test('a form stores its file as its fields say, and the answer and the event say what happened', async () => {
  const file = randomBytes(300_000)
  const reply = await post({
    file,
    fields: {
      key: `user/$\{filename}`,
      'Content-Type': 'image/png',
      'x-amz-meta-Kind': 'photo',
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': keyArn,
      tagging: '<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>',
      success_action_status: '201',
    },
  })
  assert.equal(reply.status, 201, reply.body.toString())
  assert.match(reply.body.toString(), /<Bucket>forms<\/Bucket><Key>user\/a b\.txt<\/Key><ETag>/)
  assert.equal(reply.headers['x-amz-server-side-encryption-aws-kms-key-id'], keyArn)
  const stored = await get('user/a%20b.txt')
  assert.ok(stored.body.equals(file))
  assert.deepEqual(
    ['content-type', 'x-amz-meta-kind', 'x-amz-tagging-count', 'etag'].map((name) => stored.headers[name]),
    ['image/png', 'photo', '1', reply.headers['etag']],
  )
  const events = await readEvents(server.data)
  const event = events.find(({ requestID }) => requestID === reply.headers['x-amz-request-id'])
  assert.deepEqual(
    [event?.['eventName'], event?.['requestParameters'], event?.['errorCode']],
    ['PostObject', { bucketName: BUCKET, key: 'user/a b.txt' }, undefined],
  )
})

test('the browser is sent where the form says', async () => {
  const sent = async (fields: Fields): Promise<readonly unknown[]> => {
    const { status, headers } = await post({ fields: { key: 'user/x', ...fields } })
    return [status, headers.location?.replace(/%22[0-9a-f]{32}%22/, 'ETAG')]
  }
  const said = 'bucket=forms&key=user%2Fx&etag=ETAG'
  assert.deepEqual(await sent({}), [204, '/forms/user/x'])
  assert.deepEqual(await sent({ success_action_status: '200' }), [200, '/forms/user/x'])
  assert.deepEqual(await sent({ success_action_status: '302' }), [204, '/forms/user/x'])
  const target = 'https://app.example/done'
  assert.deepEqual(await sent({ success_action_redirect: target }), [303, `${target}?${said}`])
  assert.deepEqual(await sent({ redirect: `${target}?a=b` }), [303, `${target}?a=b&${said}`])
  assert.deepEqual(await sent({ success_action_redirect: 'javascript:alert(1)' }), [204, '/forms/user/x'])
  assert.deepEqual(await sent({ success_action_redirect: '/done' }), [204, '/forms/user/x'])
})

const KEY: Fields = { key: 'user/refused' }
const REFUSED: Readonly<Record<string, readonly [code: string, form: Form]>> = {
  'a policy that has expired': ['AccessDenied', { fields: KEY, expiration: '2026-01-01T00:00:00Z' }],
  'a key that the policy does not allow': ['AccessDenied', { fields: { key: 'other/refused' } }],
  'a field without a condition': ['AccessDenied', { fields: KEY, changed: { 'x-amz-meta-a': 'b' } }],
  'a field of another value': [
    'AccessDenied',
    { fields: { ...KEY, acl: 'private' }, changed: { acl: 'public-read' } },
  ],
  'another bucket': ['AccessDenied', { fields: KEY, bucket: 'forms-other' }],
  'a bucket that does not exist': ['NoSuchBucket', { fields: KEY, bucket: 'nowhere' }],
  'another bucket in a field': ['InvalidArgument', { fields: KEY, changed: { bucket: 'forms-other' } }],
  'a changed policy': [
    'SignatureDoesNotMatch',
    {
      fields: KEY,
      changed: {
        policy: Buffer.from('{"expiration":"2099-01-01T00:00:00Z","conditions":[]}').toString('base64'),
      },
    },
  ],
  'no policy': ['AccessDenied', { fields: KEY, changed: { policy: undefined } }],
  'no signature': ['InvalidArgument', { fields: KEY, changed: { 'x-amz-signature': undefined } }],
  'another region': ['AuthorizationHeaderMalformed', { fields: KEY, region: 'eu-west-9' }],
  'a signature of last week': [
    'RequestTimeTooSkewed',
    { fields: KEY, date: new Date(Date.now() - 8 * 86_400_000) },
  ],
  'an old signature': ['InvalidRequest', { fields: KEY, changed: { AWSAccessKeyId: 'AKIDEXAMPLE' } }],
  'no key': ['InvalidArgument', {}],
  'too long a key': ['KeyTooLongError', { fields: { key: `user/${'a'.repeat(1_100)}` } }],
  'a file that is too large': [
    'EntityTooLarge',
    { fields: KEY, conditions: [['content-length-range', 0, 10]], file: randomBytes(1_000_000) },
  ],
  'a file that is too small': [
    'EntityTooSmall',
    { fields: KEY, conditions: [['content-length-range', 10, 20]], file: 'a' },
  ],
  'a public ACL': ['NotImplemented', { fields: { ...KEY, acl: 'public-read' } }],
  'a header with a line end': ['InvalidArgument', { fields: { ...KEY, 'x-amz-meta-a': 'b\r\nc' } }],
  'a wrong checksum': ['BadDigest', { fields: { ...KEY, 'x-amz-checksum-crc32': 'AAAAAA==' } }],
  'an unknown KMS key': [
    'KMS.NotFoundException',
    {
      fields: {
        ...KEY,
        'x-amz-server-side-encryption': 'aws:kms',
        'x-amz-server-side-encryption-aws-kms-key-id': 'nothing',
      },
    },
  ],
}

test('what a form may not do is refused, and leaves nothing', async () => {
  await s3Succeeds(gateway, { method: 'PUT', target: '/forms-other' })
  for (const [what, [code, form]] of Object.entries(REFUSED)) {
    const reply = await post(form)
    assert.equal(reply.code, code, `${what}: ${reply.body}`)
  }
  assert.equal((await get('user/refused')).code, 'NoSuchKey')
  assert.deepEqual(await readdir(join(gateway.folder, 'incoming')), [])
})

test('a form does what the signer of its policy may do at the time', async () => {
  const signer = await newUser(iamClient(server), 'form-signer', policyText({ ...allow('s3:PutObject') }))
  const form: Form = { fields: { key: 'user/signed' }, credentials: signer }
  assert.equal((await post(form)).status, 204)
  const tagged = {
    ...KEY,
    tagging: '<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>',
  }
  assert.equal((await post({ ...form, fields: tagged })).code, 'AccessDenied')
  await iamClient(server).send(
    new DeleteAccessKeyCommand({ UserName: 'form-signer', AccessKeyId: signer.accessKeyId }),
  )
  assert.equal((await post(form)).code, 'InvalidAccessKeyId')
})

test('a POST to a bucket that is no form is refused', async () => {
  const reply = await s3(gateway, { method: 'POST', target: `/${BUCKET}`, body: 'text' })
  assert.deepEqual([reply.status, reply.code], [405, 'MethodNotAllowed'])
  const unsigned = await s3(gateway, {
    method: 'POST',
    target: `/${BUCKET}`,
    body: 'text',
    tamper: (sent) => void sent.splice(sent.indexOf('authorization'), 2),
  })
  assert.deepEqual([unsigned.status, unsigned.code], [412, 'PreconditionFailed'])
})
