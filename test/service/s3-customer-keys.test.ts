/** Keys of customers (SSE-C) and two layers of encryption (DSSE-KMS) of the S3 gateway. */

import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { CreateKeyCommand, DisableKeyCommand, EnableKeyCommand } from '@aws-sdk/client-kms'
import { readEvents } from '../support/audit.ts'
import { allow, iamClient, newUser, policyText } from '../support/iam.ts'
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

let server: TestServer
let gateway: TestGateway
let keyArn: string

before(async () => {
  server = await startServer()
  gateway = await startGateway(server)
  const { KeyMetadata } = await kmsClient(server).send(new CreateKeyCommand({}))
  keyArn = KeyMetadata?.Arn ?? ''
  await s3Succeeds(gateway, { method: 'PUT', target: '/customers' })
})

after(async () => {
  await gateway[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

type Headers = Readonly<Record<string, string>>

const CUSTOMER = 'x-amz-server-side-encryption-customer-'
const SOURCE = 'x-amz-copy-source-server-side-encryption-customer-'
const KEY = randomBytes(32)
const OTHER = randomBytes(32)

function withKey(key: Buffer, prefix = CUSTOMER): Headers {
  const md5 = createHash('md5').update(key).digest('base64')
  return {
    [`${prefix}algorithm`]: 'AES256',
    [`${prefix}key`]: key.toString('base64'),
    [`${prefix}key-md5`]: md5,
  }
}

const ask = (
  method: string,
  key: string,
  headers: Headers = {},
  more: Partial<S3Ask> = {},
): Promise<S3Reply> => s3(gateway, { method, target: `/customers/${key}`, headers, ...more })

test('an object under a key of the customer is read with that key alone', async () => {
  const body = randomBytes(100_000)
  const put = await ask('PUT', 'own', withKey(KEY), { body })
  assert.equal(put.status, 200, put.body.toString())
  const { [`${CUSTOMER}key-md5`]: md5 } = withKey(KEY)
  assert.equal(put.headers[`${CUSTOMER}algorithm`], 'AES256')
  assert.equal(put.headers[`${CUSTOMER}key-md5`], md5)
  assert.equal(put.headers['x-amz-server-side-encryption'], undefined)
  assert.notEqual(put.headers.etag, `"${createHash('md5').update(body).digest('hex')}"`)
  const found = await ask('GET', 'own', { ...withKey(KEY), range: 'bytes=65530-65540' })
  assert.ok(found.body.equals(body.subarray(65_530, 65_541)))
  assert.equal(found.headers[`${CUSTOMER}key-md5`], md5)
  assert.equal((await ask('HEAD', 'own', withKey(KEY))).status, 200)
  const without = await ask('GET', 'own')
  assert.deepEqual([without.status, without.code], [400, 'InvalidRequest'])
  assert.match(without.body.toString(), /The object was stored using a form of Server Side Encryption/)
  assert.equal((await ask('HEAD', 'own')).status, 400)
  assert.equal((await ask('HEAD', 'own', { 'if-none-match': put.headers.etag ?? '' })).status, 400)
  const wrong = await ask('GET', 'own', withKey(OTHER))
  assert.deepEqual([wrong.status, wrong.code], [403, 'AccessDenied'])
  assert.match(wrong.body.toString(), /must provide the correct secret key/)
  assert.equal((await ask('HEAD', 'own', withKey(OTHER))).status, 403)
  // Nobody needs a key to delete or to list it.
  assert.match((await ask('GET', '')).body.toString(), /<Key>own</)
  await ask('PUT', 'plain', {}, { body: 'x' })
  const needless = await ask('GET', 'plain', withKey(KEY))
  assert.deepEqual([needless.status, needless.code], [400, 'InvalidRequest'])
})

const BAD: readonly (readonly [string, Headers, string, RegExp])[] = [
  ['another algorithm', { [`${CUSTOMER}algorithm`]: 'aws:kms' }, 'InvalidEncryptionAlgorithmError', /AES256/],
  ['no algorithm', { [`${CUSTOMER}algorithm`]: '' }, 'InvalidEncryptionAlgorithmError', /AES256/],
  ['a short key', { [`${CUSTOMER}key`]: 'AAAA' }, 'InvalidArgument', /an appropriate secret key/],
  [
    'the MD5 of another key',
    { [`${CUSTOMER}key-md5`]: 'AAAA' },
    'InvalidArgument',
    /calculated MD5 hash of the key/,
  ],
  ['SSE-S3 as well', { 'x-amz-server-side-encryption': 'AES256' }, 'InvalidArgument', /incompatible/],
]

for (const [what, change, code, text] of BAD) {
  test(`a key of the customer is refused: ${what}`, async () => {
    for (const target of ['bad', 'bad?uploads']) {
      const method = target === 'bad' ? 'PUT' : 'POST'
      const refused = await ask(method, target, { ...withKey(KEY), ...change })
      assert.deepEqual([refused.status, refused.code], [400, code])
      assert.match(refused.body.toString(), text)
      assert.ok(!refused.body.toString().includes(KEY.toString('base64')))
    }
  })
}

test('each of the three headers of a customer key is needed', async () => {
  const names = Object.keys(withKey(KEY))
  for (const name of names) {
    const { [name]: _, ...others } = withKey(KEY)
    assert.equal((await ask('PUT', 'bad', others)).code, 'InvalidArgument', name)
  }
})

test('parts and copies need the keys that protect them', async () => {
  const begun = await ask('POST', 'parts?uploads', withKey(KEY))
  const id = /<UploadId>([^<]+)</.exec(begun.body.toString())?.[1] ?? ''
  const part = `parts?partNumber=1&uploadId=${id}`
  const without = await ask('PUT', part, {}, { body: 'part' })
  assert.deepEqual([without.status, without.code], [400, 'InvalidRequest'])
  assert.match(without.body.toString(), /Subsequent part requests must include/)
  assert.equal((await ask('PUT', part, withKey(OTHER), { body: 'part' })).code, 'AccessDenied')
  const { headers } = await ask('PUT', part, withKey(KEY), { body: 'part' })
  const body = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${headers.etag}</ETag></Part></CompleteMultipartUpload>`
  assert.equal((await ask('POST', `parts?uploadId=${id}`, {}, { body })).status, 200)
  assert.equal((await ask('GET', 'parts', withKey(KEY))).body.toString(), 'part')
  const from = { 'x-amz-copy-source': '/customers/parts' }
  assert.equal((await ask('PUT', 'copy', from)).code, 'InvalidRequest')
  assert.equal((await ask('PUT', 'copy', { ...from, ...withKey(OTHER, SOURCE) })).code, 'AccessDenied')
  assert.equal((await ask('PUT', 'copy', { ...from, ...withKey(KEY, SOURCE) })).status, 200)
  assert.equal((await ask('GET', 'copy')).body.toString(), 'part')
  // A copy onto itself changes the key.
  const self = { ...from, ...withKey(KEY, SOURCE), ...withKey(OTHER) }
  assert.equal((await ask('PUT', 'parts', self)).status, 200)
  assert.equal((await ask('GET', 'parts', withKey(OTHER))).body.toString(), 'part')
})

test('a customer key is nowhere in the folder, the audit log or the output', async () => {
  const forms = [KEY.toString('base64'), KEY.toString('hex'), KEY.toString('latin1')]
  const log = JSON.stringify(await readEvents(server.data))
  const catalogue = (
    await Promise.all(
      ['catalogue.db', 'catalogue.db-wal'].map((name) =>
        readFile(join(gateway.folder, name)).catch(() => ''),
      ),
    )
  ).join('')
  for (const form of forms) {
    assert.ok(!log.includes(form))
    assert.ok(!gateway.errors().includes(form))
    assert.ok(!catalogue.includes(form))
  }
})

test('conditions of policies see that a customer key is used', async () => {
  const credentials = await newUser(
    iamClient(server),
    'customer',
    policyText(allow('s3:*'), {
      Effect: 'Deny',
      Action: 's3:PutObject',
      Resource: '*',
      Condition: { Null: { 's3:x-amz-server-side-encryption-customer-algorithm': 'false' } },
    }),
  )
  assert.equal((await ask('PUT', 'denied', withKey(KEY), { credentials })).code, 'AccessDenied')
  assert.equal((await ask('PUT', 'denied', {}, { credentials })).status, 200)
})

const DSSE = 'aws:kms:dsse'

test('an object of two layers needs its KMS key, and says what it is', async () => {
  const headers = {
    'x-amz-server-side-encryption': DSSE,
    'x-amz-server-side-encryption-aws-kms-key-id': keyArn,
  }
  const body = randomBytes(150_000)
  const put = await ask('PUT', 'double', headers, { body })
  assert.equal(put.status, 200, put.body.toString())
  const found = await ask('GET', 'double')
  assert.ok(found.body.equals(body))
  for (const reply of [put, found]) {
    assert.equal(reply.headers['x-amz-server-side-encryption'], DSSE)
    assert.equal(reply.headers['x-amz-server-side-encryption-aws-kms-key-id'], keyArn)
    assert.equal(reply.headers['x-amz-server-side-encryption-bucket-key-enabled'], undefined)
  }
  const part = await ask('GET', 'double', { range: 'bytes=131070-131080' })
  assert.ok(part.body.equals(body.subarray(131_070, 131_081)))
  const kms = kmsClient(server)
  await kms.send(new DisableKeyCommand({ KeyId: keyArn }))
  assert.equal((await ask('GET', 'double')).code, 'KMS.DisabledException')
  await kms.send(new EnableKeyCommand({ KeyId: keyArn }))
  const bucketKey = { ...headers, 'x-amz-server-side-encryption-bucket-key-enabled': 'true' }
  assert.equal((await ask('PUT', 'double', bucketKey)).code, 'InvalidArgument')
})

test('two layers can be the default of a bucket', async () => {
  const rule = `<ApplyServerSideEncryptionByDefault><SSEAlgorithm>${DSSE}</SSEAlgorithm><KMSMasterKeyID>${keyArn}</KMSMasterKeyID></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>true</BucketKeyEnabled>`
  const body = `<ServerSideEncryptionConfiguration><Rule>${rule}</Rule></ServerSideEncryptionConfiguration>`
  await s3Succeeds(gateway, { method: 'PUT', target: '/customers?encryption', body })
  const put = await ask('PUT', 'by-default', {}, { body: 'x' })
  assert.equal(put.headers['x-amz-server-side-encryption'], DSSE)
  assert.equal(put.headers['x-amz-server-side-encryption-bucket-key-enabled'], undefined)
  assert.equal((await ask('GET', 'by-default')).body.toString(), 'x')
  const shown = await s3Succeeds(gateway, { method: 'GET', target: '/customers?encryption' })
  assert.match(shown.body.toString(), /<SSEAlgorithm>aws:kms:dsse</)
})
